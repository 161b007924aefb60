"""A tiny catalogue, read as a clip."""

from collections.abc import Callable
from pathlib import Path

import pytest

from replay.origin.clip import Clip
from tests.replay.origin.tiny import EVERY_FORMAT, write_catalogue


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="session")
def clip(catalogue: Path) -> Clip:
    return Clip.load(catalogue)


@pytest.fixture(scope="session")
def every_format(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue with a rendition in every format."""
    return write_catalogue(tmp_path_factory.mktemp("formats"), more=EVERY_FORMAT)


@pytest.fixture
def make_catalogue(tmp_path: Path) -> Callable[..., Path]:
    return lambda **options: write_catalogue(tmp_path / "catalogue", **options)
