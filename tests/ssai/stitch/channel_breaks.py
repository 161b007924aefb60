"""Breaks for a random channel: planned, early, late, unknown, back to back, and how their signals are written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

from domain.units import date, decimal
from replay.reference import In, Out, Rules
from tests.ssai.stitch.channel_script import MS, SECOND, Draw, Script, splice

KINDS = (
    "planned",
    "early",
    "early",
    "late in",
    "unknown",
    "unknown open",
    "no return",
    "grace in",
    "stretched",
    "instant",
    "extended",
    "shortened",
    "moved",
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One break as it is meant: start, planned duration, instant of its IN (None: no IN), and when it ends."""

    kind: str
    start: int
    duration: int | None
    auto_return: bool
    returned: int | None
    end: int
    told: int | None = None
    """Another duration that is told later."""


def schedule(draw: Draw, script: Script, rules: Rules) -> None:
    """Write breaks into the channel's playlists until the event is over."""
    edges = [piece.start for piece in script.first]
    over = script.first[script.shown[script.carriers[0]][-1][1] - 1].end
    numbers = count(1)
    start = edges[draw.upto(1, min(12, len(edges) - 1))]
    read_after = 0
    while start < over:
        plan = _plan(draw, edges, start, rules)
        read_after = _announce(draw, script, plan, next(numbers), read_after)
        if plan.returned is None and draw.chance(0.2):
            inner = start + rules.target_duration // 2 + draw.upto(1, 500) * MS
            nested = _Plan("nested", inner, SECOND, True, None, inner + SECOND)
            script.write_when(
                max(script.natural(inner) or 0, read_after),
                _range(nested, number := next(numbers)),
                _out(nested, number),
            )
        gap = draw.of((6 * SECOND, 0, 0, 3 * SECOND, 12 * SECOND, 25 * SECOND))
        after = next((edge for edge in edges if edge >= plan.end + gap), over)
        if gap and draw.chance(0.08) and plan.end + rules.target_duration < after < over:
            script.write_at(after, "#EXT-X-CUE-IN", In(after))  # an orphan: nothing is open
        start = plan.end if gap == 0 and plan.end > start else after + draw.of((0, 0, 0, 700 * MS))
        if start <= plan.start + rules.target_duration // 2:
            start = next((edge for edge in edges if edge > plan.start + rules.target_duration), over)


def _plan(draw: Draw, edges: list[int], start: int, rules: Rules) -> _Plan:
    kind = draw.of(KINDS)
    off = draw.of((0, 0, draw.upto(1, 3000) * MS))
    duration: int | None = _on_grid(draw, edges, start, 4 * SECOND, 40 * SECOND) - start + off
    assert duration is not None
    if kind == "planned":
        returned = start + duration if draw.chance(0.3) else None
        return _Plan(kind, start, duration, True, returned, start + duration)
    if kind in {"early", "late in"}:
        returned = _on_grid(draw, edges, start, 0, duration - 200 * MS) + draw.of((0, 0, 400 * MS))
        return _Plan(kind, start, duration, True, returned, returned)
    if kind == "unknown":
        returned = _on_grid(draw, edges, start, 2 * SECOND, rules.longest)
        return _Plan(kind, start, None, True, returned, returned)
    if kind == "unknown open":
        return _Plan(kind, start, None, True, None, start + rules.longest)
    if kind == "no return":
        return _Plan(kind, start, duration, False, None, start + duration + rules.grace)
    if kind == "grace in":
        returned = _on_grid(draw, edges, start + duration - 4 * SECOND, 0, rules.grace + 4 * SECOND)
        returned = max(returned, start + SECOND)
        return _Plan(kind, start, duration, False, returned, returned)
    if kind == "stretched":
        returned = _on_grid(draw, edges, start + duration, SECOND, 12 * SECOND)
        return _Plan(kind, start, duration, True, returned, returned)
    if kind in {"extended", "shortened"}:
        more = draw.of((8 * SECOND, 20 * SECOND, SECOND, 400 * MS)) if kind == "extended" else -duration * 2 // 3
        told = _on_grid(draw, edges, start + duration + more, 0, 4 * SECOND) - start
        returned = start + told - draw.of((2 * SECOND, 0)) if kind == "extended" and draw.chance(0.2) else None
        return _Plan(kind, start, duration, draw.chance(0.8), returned, max(start + told, start + SECOND), told)
    if kind == "moved":
        return _Plan(kind, start, duration, True, None, start + duration)
    returned = next((edge for edge in edges if edge > start), start + SECOND) - draw.of((0, 300 * MS))
    returned = max(returned, start + MS)
    return _Plan("instant", start, duration, True, returned, returned)


def _on_grid(draw: Draw, edges: list[int], start: int, least: int, most: int) -> int:
    """A boundary from ``least`` to ``most`` after ``start``; past it if there is none."""
    fitting = [edge for edge in edges if start + least <= edge <= start + most and edge > start]
    return draw.of(fitting[:16]) if fitting else start + max(least, SECOND)


def _announce(draw: Draw, script: Script, plan: _Plan, number: int, read_after: int) -> int:
    """Write the break's signals; the refresh before which no signal of a later break may be read.

    A plain cue stands at its instant; what is off the grid, early, late or without auto return comes as a DATERANGE.
    """
    edges = {piece.start for piece in script.first}
    way = draw.of(("cue", "cue", "dated", "ahead", "ahead", "late"))
    natural = script.natural(plan.start)
    if natural is None:
        return read_after
    dated = {"late in", "stretched", "extended", "shortened", "moved"}
    plain = way == "cue" and natural >= read_after and plan.auto_return and plan.kind not in dated
    if plain and edges.issuperset({plan.start} | ({plan.returned} - {None})):
        value = "" if plan.duration is None else f":{decimal(plan.duration, 3)}"
        read = script.write_at(plan.start, f"#EXT-X-CUE-OUT{value}", _out(plan, None)) or 0
        if plan.returned is not None:
            # A rendition that is ahead, and has no boundary for the OUT, would tell the IN first.
            read = max(read, script.write_at(plan.returned, "#EXT-X-CUE-IN", In(plan.returned), since=read) or 0)
        return max(read, read_after)
    natural += {"ahead": -draw.upto(1, 5), "late": draw.upto(1, 4)}.get(way, 0)
    line = _range(plan, number)
    # What is told anew stands in one rendition: another that is behind would still say what was told before.
    carriers = 1 if plan.told is not None or plan.kind == "moved" else None
    first = script.write_when(max(natural, read_after, 0), line, _out(plan, number), carriers=carriers)
    if first is None:
        return read_after
    if plan.told is not None:
        again = replace(plan, duration=plan.told)
        for _ in range(draw.of((1, 1, 2))):
            when = first + draw.upto(0, 9)
            update = script.write_when(when, _range(again, number), _out(again, number), carriers=1)
            first = max(first, update or 0)
            again = replace(again, duration=again.duration + draw.of((0, 12 * SECOND)))
    elif plan.kind == "moved":
        return _moved(draw, script, plan, number, first)
    elif draw.chance(0.15):
        script.write_when(first + draw.upto(1, 3), line, _out(plan, number))  # encoders repeat what they said
    return max(first, _dated_return(draw, script, plan, number, first))


def _moved(draw: Draw, script: Script, plan: _Plan, number: int, first: int) -> int:
    """Tell another start under the same id, before the break opens or after that."""
    assert plan.duration is not None
    start = plan.start + draw.of((6 * SECOND, 3 * SECOND, -3 * SECOND))
    moved = replace(plan, start=start, duration=plan.duration - draw.of((0, SECOND)))
    when = first + draw.upto(1, 3)
    return script.write_when(when, _range(moved, number), _out(moved, number), carriers=1) or first


def _dated_return(draw: Draw, script: Script, plan: _Plan, number: int, out_read: int) -> int:
    """Write the IN of a DATERANGE, early, in time or late; when it is read."""
    if plan.returned is None:
        return 0
    natural = script.natural(plan.returned)
    if natural is None:
        return 0
    if plan.kind == "late in":
        natural += draw.upto(1, 4)
    else:
        natural -= draw.upto(2, 6) if plan.kind == "stretched" else draw.of((0, 0, 1, 3))
    line = (
        f'#EXT-X-DATERANGE:ID="b{number}",START-DATE="{date(plan.start)}",END-DATE="{date(plan.returned)}",'
        f"SCTE35-IN={splice(number, None, out=False, auto_return=False)}"
    )
    return script.write_when(max(natural, out_read), line, In(plan.returned, f"b{number}")) or 0


def _out(plan: _Plan, number: int | None) -> Out:
    """A plain cue has no number."""
    return Out(plan.start, plan.duration, plan.auto_return, None if number is None else f"b{number}")


def _range(plan: _Plan, number: int) -> str:
    planned = "" if plan.duration is None else f"PLANNED-DURATION={decimal(plan.duration, 3)},"
    command = splice(number, plan.duration, out=True, auto_return=plan.auto_return)
    return f'#EXT-X-DATERANGE:ID="b{number}",START-DATE="{date(plan.start)}",{planned}SCTE35-OUT={command}'
