"""``halftime demo``: render once, start everything, say where to look, end cleanly."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import uvloop

from domain.errors import InputError
from domain.units import SECOND, Microseconds
from halftime.demo.media import render
from halftime.demo.stage import HOST, Ports, stage
from halftime.logs import configure
from halftime.ports import naming_taken, refuse_taken
from halftime.progress import bar
from halftime.signals import interrupted, terminable
from replay.origin.schedule import Schedule
from ssai.channel.codec import FORMAT

SCHEDULE: Final = Schedule(
    first=Microseconds(24 * SECOND),
    period=Microseconds(90 * SECOND),
    shortest=Microseconds(30 * SECOND),
    longest=Microseconds(60 * SECOND),
    preroll=Microseconds(8 * SECOND),
)
"""Breaks of 30 to 60 s every 90 s, every other one cut short. A player stands some 12 s behind the edge and begins 12 s
after the origin's first frame: its first break comes half a minute after the page has opened."""
_LAST_PORT: Final = 65_535


def run_demo(port: int, folder: Path, *, media_only: bool) -> None:
    """Render the demo's media into ``folder`` unless it is there, then run origin, edge and page until a signal.

    The page listens on ``port``, edge and origin on the two after it; the edge's state lies beside ``folder``. Raises
    ``InputError`` for a port that cannot be had and for a folder that holds something else.
    """
    ports = Ports(port, port + 1, port + 2)
    if not 1 <= ports.page <= ports.origin <= _LAST_PORT:
        raise InputError("port", f"1 to {_LAST_PORT - 2}: the demo takes three in a row", str(port))
    configure("WARNING")
    if not media_only:
        # Before minutes of rendering, not after.
        refuse_taken(HOST, (ports.page, ports.edge, ports.origin))
    with terminable(), bar("Rendering the demo's media, once") as progress:
        render(folder, progress)
    if media_only:
        print(f"The demo's media is in {folder}")
        return
    with naming_taken(f"{ports.page}, {ports.edge} or {ports.origin}"):
        uvloop.run(_run(ports, folder))


async def _run(ports: Ports, folder: Path) -> None:
    # What another release kept of an event that is long over must not keep the demo from starting.
    state = folder.parent / f"state-{FORMAT}"
    async with stage(folder, SCHEDULE, ports, redis="embedded", state=state) as running:
        print(f"Halftime's demo plays at {running.page} (Ctrl-C ends it)", flush=True)
        await interrupted()
