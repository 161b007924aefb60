"""The origin simulator until somebody ends it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from domain.errors import InputError
from domain.units import MILLISECOND, Microseconds
from halftime.ports import naming_taken
from halftime.signals import interrupted
from replay.origin.clip import Clip
from replay.origin.dress import Dress, Encryption
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer, wall_clock

BACKUP_PREFIX: Final = "/backup"
BACKUP_NUMBERS: Final = 100_000
"""The backup's first media sequence number: above whatever the primary reaches in two days of 2 s segments."""
BACKUP_DELAY: Final = 700 * MILLISECOND
"""How much later the backup publishes: a packager of its own is never in step."""


async def simulate(
    folder: Path,
    host: str,
    ports: tuple[int, int | None],
    window: int,
    schedule: dict[str, Any],
    dress: dict[str, Any],
) -> None:
    """Serve the content of a catalogue as an endless live stream with breaks, and print its address.

    ``schedule`` has the fields of ``Schedule``, ``dress`` those of ``Dress``; the second of ``ports`` is the backup's,
    None for no backup. Raises ``InputError`` for what cannot be, a folder without content and a port that is taken.
    """
    try:
        encryption = None if dress["encryption"] is None else Encryption(dress["encryption"])
        dressed = Dress(**dress | {"encryption": encryption})
    except ValueError as error:
        raise InputError("options", "formats that go together", str(error)) from error
    clip = Clip.load(folder, None, dressed)
    try:
        breaks = Schedule(**schedule)
        primary = OriginServer(clip, breaks, host=host, port=ports[0], window=window)
    except ValueError as error:
        raise InputError("schedule", "breaks that fit their period, in a window", str(error)) from error
    servers = {"A live stream": primary}
    if ports[1] is not None:
        servers["Its backup"] = OriginServer(
            clip,
            breaks,
            host=host,
            port=ports[1],
            window=window,
            clock=lambda: Microseconds(wall_clock() - BACKUP_DELAY),
            start_us=primary.start_us,
            prefix=BACKUP_PREFIX,
            numbered_from=BACKUP_NUMBERS,
        )
    async with AsyncExitStack() as stack:
        for port, server in zip(ports, servers.values(), strict=False):
            with naming_taken(str(port)):
                await stack.enter_async_context(server)
        for name, server in servers.items():
            print(f"{name} plays at {server.index_url} (Ctrl-C ends it)", flush=True)
        await interrupted()
