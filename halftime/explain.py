"""What a viewer was served, and why: told from the store alone."""

from __future__ import annotations

import json
from typing import Any

from domain.errors import InputError
from domain.units import date, seconds
from halftime.settings import Settings
from halftime.wiring import open_store, open_tokens
from ssai.breaks.record import Break
from ssai.channel.codec import decode_break, decode_version
from ssai.channel.version import ChannelVersion
from ssai.decide.codec import decode_pod
from ssai.sessions.seats import BLOCK, column16
from ssai.sessions.token import Session
from ssai.stitch.plan import start_mark
from ssai.store.port import Store


async def explain_session(settings: Settings, token: str) -> dict[str, Any]:
    """Seat, join and, break by break, the pod with its reasons. ``InputError`` for a token of no channel here."""
    async with open_store(settings.store) as store:
        for name, channel in settings.channels.items():
            event = channel.event or name
            session = (await open_tokens(store, event, channel)).read(token)
            if session is not None:
                return await _explain(store, name, event, session)
    raise InputError("session", "the token of a session of one of these channels", repr(token[:80]))


async def switch_insertion(settings: Settings, channel: str, on: bool) -> None:
    """Tell the leader of a channel whether ads may be inserted. ``InputError`` for an unknown channel."""
    if channel not in settings.channels:
        raise InputError("channel", f"one of {', '.join(settings.channels)}", repr(channel))
    async with open_store(settings.store) as store:
        await store.set_insertion(channel, on)


async def _explain(store: Store, name: str, event: str, session: Session) -> dict[str, Any]:
    body = await store.snapshot(name)
    version: ChannelVersion | None = None if body is None else decode_version(body)
    records = {key: decode_break(text) for key, text in (await store.breaks(name)).items()}
    records.update({record.key: record for record in (version.breaks if version is not None else ())})
    skew = 0 if version is None else next(iter(version.windows.values())).skew
    told = [
        await _told(store, event, session, record, skew)
        for record in sorted(records.values(), key=lambda record: record.signalled)
    ]
    traits = await store.traits(event, session.seat)
    return {
        "channel": name,
        "event": event,
        "seat": session.seat,
        "traits": json.loads(traits) if traits else {},
        "joined": date(session.join - skew),
        "breaks": told,
    }


async def _told(store: Store, event: str, session: Session, record: Break, skew: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "key": record.key,
        "start": None if record.start is None else date(record.start - skew),
        "planned": None if record.duration is None else seconds(record.duration),
        "lasted": None if record.end is None or record.start is None else seconds(record.end - record.start),
        "ended": None if record.reason is None else str(record.reason),
        "creatives": [],
    }
    start = start_mark(record, session.join)
    if record.dropped:
        told["served"] = f"the channel itself: {record.reason}"
    elif start is None:
        told["served"] = "the channel itself: the viewer joined after it"
    else:
        column = column16(await store.assignment(event, record.key, session.seat // BLOCK))
        number = int(column[session.seat % BLOCK])
        if not number:
            told["served"] = "the channel itself: no pod was asked for while the break was in the window"
        else:
            pinned = decode_pod((await store.pods(event, record.key))[number - 1])
            told["creatives"] = [creative.id for creative in pinned.pod.creatives]
            where = "its start" if start == 0 else f"{date(record.marks[start].at - skew)} (joined inside)"
            told["served"] = f"pod {number} from {where}" if told["creatives"] else "the channel itself: nothing fitted"
    return told


def narrate(told: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"seat {told['seat']} of {told['event']} on {told['channel']}, joined {told['joined']}"]
    lines += [f"    {name}: {value}" for name, value in told["traits"].items()]
    for entry in told["breaks"]:
        lasted = f"lasted {entry['lasted']} s" if entry["lasted"] is not None else "running"
        planned = f"planned {entry['planned']} s" if entry["planned"] is not None else "length unknown"
        lines.append(f"{entry['start'] or entry['key']}  {planned}, {lasted}, ended by {entry['ended'] or '-'}")
        lines.append(f"    {entry['served']}")
        if entry["creatives"]:
            lines.append(f"    {', '.join(entry['creatives'])}")
    return "\n".join(lines)
