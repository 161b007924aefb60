"""Settings become addresses."""

from pathlib import Path

import pytest

from halftime.settings import ChannelSettings, SettingsError
from halftime.wiring import content_address, open_origin


@pytest.mark.parametrize(
    ("prefix", "url", "seen"),
    [
        (None, "https://o/live/a/0.ts", "https://o/live/a/0.ts"),
        ("https://cdn/x", "https://o/live/a/0.ts", "https://cdn/x/a/0.ts"),
        ("https://cdn/x/", "https://o/live/a/0.ts", "https://cdn/x/a/0.ts"),
        ("https://cdn/x/", "https://other/live/a/0.ts", "https://other/live/a/0.ts"),
    ],
)
def test_a_prefix_stands_for_the_folder_of_the_origin(prefix: str | None, url: str, seen: str) -> None:
    settings = ChannelSettings(origin="https://o/live/index.m3u8", content_prefix=prefix)
    assert content_address(settings)(url) == seen


def test_a_prefix_stands_for_a_folder_of_snapshots(tmp_path: Path) -> None:
    settings = ChannelSettings(origin=f"folder:{tmp_path}", content_prefix="https://cdn/x/")
    assert content_address(settings)(f"{tmp_path.resolve().as_uri()}/360p/0.ts") == "https://cdn/x/360p/0.ts"


@pytest.mark.parametrize("origin", ["ftp://o/index.m3u8", "index.m3u8", "https:///index.m3u8", "folder:/no/such"])
def test_an_origin_that_cannot_be_is_refused(origin: str) -> None:
    with pytest.raises(SettingsError, match=r"channels\.final\.origin"):
        open_origin("final", ChannelSettings(origin=origin))
