"""A handful of viewers before a real edge and a real origin."""

from __future__ import annotations

import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain.units import SECOND, Microseconds
from halftime.serve import edge
from replay.origin.clip import Clip
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer, wall_clock
from replay.viewers import Crowd, Habits
from replay.viewers.crowd import SELDOM
from tests.ssai.edge.edge_kit import settings_of, write_supply

SOON = Schedule(
    first=Microseconds(7 * SECOND),
    period=Microseconds(7 * SECOND),
    shortest=Microseconds(3 * SECOND),
    longest=Microseconds(3 * SECOND),
    early_every=0,
)


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_supply(tmp_path_factory.mktemp("supply"))


@asynccontextmanager
async def running(supply: Path) -> AsyncIterator[str]:
    """An edge's address for opening sessions; the stream is five seconds old."""
    origin = OriginServer(Clip.load(supply), SOON, start_us=Microseconds(wall_clock() - 5 * SECOND))
    async with origin, edge(settings_of(origin.index_url, supply)) as started:
        yield f"{started.url}/live/demo/index.m3u8?viewer="


async def test_viewers_see_one_pod_a_break_and_nothing_wrong(supply):
    async with running(supply) as address:
        crowd = Crowd(
            lambda number: f"{address}{number}", 6, seed=3, joins=Microseconds(SECOND), habits=Habits(0.5, whole=True)
        )
        summary = await crowd.watch(Microseconds(9 * SECOND))
    data = summary.data()
    assert summary.findings == []
    assert (data["viewers"], data["opened"], data["excused"]) == (6, 6, 0)
    assert data["statuses"].keys() == {"2xx"}
    assert data["reloads"] > 6 * 2 * 5
    assert data["segments"].keys() == {"2xx"}
    assert data["bytes"] > 0
    assert all(tally.pods and tally.pods[0].creatives for tally in summary.tallies)
    assert len({tally.pods[0].creatives[0] for tally in summary.tallies}) > 1, "seats get different pods"
    assert json.loads(json.dumps(data)) == data


async def test_a_viewer_that_fails_ends_the_crowd(supply):
    thresholds = []

    def broken(url: str) -> str | None:
        thresholds.append(gc.get_threshold())
        raise LookupError(url)

    before = gc.get_threshold()

    async with running(supply) as address:
        crowd = Crowd(lambda number: f"{address}{number}", 2, seed=3, creative=broken)
        with pytest.raises(ExceptionGroup):
            await crowd.watch(Microseconds(5 * SECOND))
    assert thresholds[0][2] == SELDOM
    assert gc.get_threshold() == before
