"""The origin simulator until somebody ends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from domain.errors import InputError
from halftime.ports import naming_taken
from halftime.signals import interrupted
from replay.origin.clip import Clip
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer


async def simulate(folder: Path, host: str, port: int, window: int, schedule: dict[str, Any]) -> None:
    """Serve the content of a catalogue as an endless live stream with breaks, and print its address.

    ``schedule`` has the fields of ``Schedule``. Raises ``InputError`` for a schedule that cannot be, a folder without
    content and a port that is taken.
    """
    try:
        server = OriginServer(Clip.load(folder), Schedule(**schedule), host=host, port=port, window=window)
    except ValueError as error:
        raise InputError("schedule", "breaks that fit their period, in a window", str(error)) from error
    with naming_taken(str(port)):
        await server.start()
    try:
        print(f"A live stream plays at {server.index_url} (Ctrl-C ends it)", flush=True)
        await interrupted()
    finally:
        await server.stop()
