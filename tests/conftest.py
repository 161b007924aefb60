"""What all tests share: the shared material, the browser, and how to say that a part is missing."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

Needs = Callable[[str, bool], None]
"""``needs("a browser", present)``: goes on if present; else skips aloud, or fails where ``CI=true``."""


@pytest.fixture(scope="session")
def needs() -> Needs:
    """Tell a missing part: a machine without it skips the test and says so, continuous integration fails."""

    def tell(part: str, present: bool) -> None:
        if present:
            return
        if os.environ.get("CI") == "true":
            pytest.fail(f"missing here, and CI=true: {part}", pytrace=False)
        pytest.skip(f"missing here: {part}")

    return tell


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def data(needs: Needs) -> Path:
    """Playlists, cues and audience curves of others, kept outside the repository: ``HALFTIME_DATA`` says where."""
    folder = Path(os.environ.get("HALFTIME_DATA") or ROOT.parent / "shared" / "data").resolve()
    needs(f"the shared material in {folder} (HALFTIME_DATA names another place)", folder.is_dir())
    return folder


@pytest.fixture(scope="session")
def chromium(needs: Needs) -> str:
    """Path of a Chromium that Playwright can drive."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    needs("Chromium on PATH", path is not None)
    assert path is not None
    return path
