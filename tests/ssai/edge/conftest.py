"""The dummy catalogue that all tests of the edge share."""

from pathlib import Path

import pytest

from tests.ssai.edge.edge_kit import write_supply


@pytest.fixture(scope="session")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_supply(tmp_path_factory.mktemp("supply"))
