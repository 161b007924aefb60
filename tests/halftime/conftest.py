"""The demo on a small scale: tiny media, short breaks, everything in the test's own event loop."""

from collections.abc import Callable
from pathlib import Path

import pytest

from halftime.demo.media import render


@pytest.fixture(scope="session")
def small_media(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``small_media("separate")`` or ``("muxed")``: the folder of the demo's small media, rendered once a session."""
    made: dict[str, Path] = {}

    def give(audio: str) -> Path:
        if audio not in made:
            made[audio] = tmp_path_factory.mktemp(f"demo-{audio}")
            render(made[audio], audio=audio, small=True)
        return made[audio]

    return give
