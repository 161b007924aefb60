"""Settings with backups become an origin that fails over."""

from pathlib import Path

import pytest

from domain.units import SECOND
from halftime.settings import ChannelSettings, Settings, SettingsError
from halftime.wiring import open_origin
from replay.origin.clip import Clip
from replay.origin.faults import Faults
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer
from ssai.breaks.book import BreakRules
from ssai.channel.advance import Reload, first_version
from ssai.channel.failover import FAILURES, FailoverOrigin
from ssai.channel.origin import HttpOrigin, OriginError
from ssai.hls.media import MediaReader
from tests.replay.origin.tiny import write_catalogue

PRIMARY = "https://o/live/index.m3u8"


def test_without_backups_the_origin_is_asked_itself() -> None:
    assert isinstance(open_origin("final", ChannelSettings(origin=PRIMARY)), HttpOrigin)
    assert isinstance(open_origin("final", ChannelSettings(origin=PRIMARY, backups=("http://b/x",))), FailoverOrigin)


@pytest.mark.parametrize("backup", ["ftp://o/index.m3u8", "index.m3u8", "folder:/no/such"])
def test_a_backup_that_cannot_be_is_refused_by_its_place(backup: str) -> None:
    with pytest.raises(SettingsError, match=r"channels\.final\.backups\.1"):
        open_origin("final", ChannelSettings(origin=PRIMARY, backups=(PRIMARY, backup)))


@pytest.mark.parametrize("wrong", [{"backups": ["http://b/x"] * 9}, {"stale": 0}, {"stale": 4000}, {"backups": [1]}])
def test_settings_out_of_bounds_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=r"channels\.final\.(backups|stale)"):
        Settings.of({"channels": {"final": {"origin": PRIMARY} | wrong}}, "test")


async def test_the_version_in_force_tells_the_addresses_that_are_asked_with(tmp_path: Path) -> None:
    clip = Clip.load(write_catalogue(tmp_path / "catalogue"))
    primary, backup = (OriginServer(clip, Schedule()) for _ in range(2))
    async with primary, backup:
        settings = ChannelSettings(origin=primary.index_url, backups=(backup.index_url,))
        asked = HttpOrigin(primary.index_url)
        index = await asked.multivariant()
        url = f"{primary.url}/live/360p.m3u8"
        media = await asked.media(url, fresh=True)
        await asked.close()
        assert media is not None
        reload = Reload(url, MediaReader().read(media.text), media.url)
        rules = BreakRules(target_duration=4 * SECOND, grace=60 * SECOND, longest=600 * SECOND)
        version = first_version(index.text, index.url, {"r0": reload}, rules)

        primary.faults = Faults(drop_share=1)
        origin = open_origin("final", settings, lambda: version)
        for _ in range(FAILURES):
            with pytest.raises(OriginError):
                await origin.media(url)
        found = await origin.media(url)
        assert found is not None
        assert (found.source, found.url) == (1, f"{backup.url}/live/360p.m3u8")
        await origin.close()
