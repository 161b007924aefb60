"""The demo's cast in one event loop: the live origin, the edge before it, and the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from halftime.demo.media import recipe
from halftime.demo.pages import page_server
from halftime.serve import RunningEdge, edge
from halftime.settings import Settings
from replay.origin.clip import Clip
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer
from ssai.creatives.catalogue import Catalogue

HOST: Final = "127.0.0.1"
CHANNEL: Final = "demo"
_SLATE_COLOUR: Final = "0x3a4757"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each listens; 0 takes a free port."""

    page: int = 0
    edge: int = 0
    origin: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """What is running. ``page`` is the address for a browser."""

    page: str
    edge: RunningEdge
    origin: OriginServer


@asynccontextmanager
async def stage(media: Path, schedule: Schedule, ports: Ports, *, redis: str, state: Path) -> AsyncIterator[Stage]:
    """Start origin, edge and page, in this order, and stop them in the other.

    ``media`` holds what ``halftime.demo.media.render`` made; ``redis`` and ``state`` are the edge's store and its
    folder. Raises ``OSError`` where a port is taken.
    """
    async with OriginServer(Clip.load(media / "content"), schedule, host=HOST, port=ports.origin) as origin:
        settings = Settings.of(
            {
                "server": {"host": HOST, "port": ports.edge},
                "store": {"redis": redis, "folder": state},
                "channels": {CHANNEL: {"origin": origin.index_url, "creatives": media / "ads"}},
            },
            "the demo's settings",
        )
        async with (
            edge(settings) as running,
            page_server(HOST, ports.page, _facts(running.url, Catalogue.load(media / "ads"))) as page,
        ):
            yield Stage(page, running, origin)


def _facts(edge_url: str, catalogue: Catalogue) -> dict[str, Any]:
    """What the page must know: where its channel is, and how each creative is called and coloured."""
    colours = {brand.id: brand.colour for brand in recipe().brands}
    return {
        "edge": edge_url,
        "channel": CHANNEL,
        "creatives": {
            entry.id: {
                "title": entry.title.partition(":")[0],
                "kind": entry.kind,
                "colour": "#" + colours.get(entry.advertiser, _SLATE_COLOUR).removeprefix("0x"),
            }
            for entry in catalogue.entries
        },
    }
