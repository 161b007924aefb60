"""Each campaign's impressions over the breaks: small drawings of the most important, figures of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from halftime.event_page.chart import Scale, drawing, label, legend, line, ticks
from halftime.event_page.curves import Curve, curves
from halftime.event_page.markup import NOTHING, Html, name, tag
from halftime.event_page.tables import Cell, Column, note, table
from halftime.event_page.view import View, booking, section
from halftime.event_page.words import TAGS, clipped, count, extent, finite, percent, several, short, tick
from planner.eventfile import CampaignFile

CHARTS: Final = 24
ROWS: Final = 300
"""Of the table of the others."""
_WIDTH: Final = 300
_HEIGHT: Final = 150
_LEFT: Final = 40.0
_RIGHT: Final = 290.0
_TOP: Final = 14.0
_FLOOR: Final = 126.0
_TALL: Final = 1.6
"""A limit above this many times the curve is told, not drawn: else the curve would lie on the floor."""
_QUARTERS: Final = (0.25, 0.5, 0.75, 1.0)


def delivery(view: View) -> Html:
    """The section, empty where nobody books."""
    ranked = view.ranked
    if not ranked or not view.coming:
        return NOTHING
    made = curves(view.plan)
    earlier = curves(view.before) if view.before else {}
    charts = [_chart(view, each, made[each.campaign], earlier.get(each.campaign)) for each in ranked[:CHARTS]]
    entries = [
        ("mark mark-a", "expected, breaks to come counted with their probability"),
        ("band-key", "low to surge audience"),
        ("promise-key", "promised"),
        ("goal-key", "goal, at most"),
    ]
    entries += [("before-key", "before the change")] if view.before else []
    over = len(view.breaks) - len(view.coming)
    start = f" The curves begin with what {several(over, 'break', 'breaks')} before brought." if over else ""
    words = f"Cumulative impressions after each break; what needs attention comes first.{start}"
    return section(
        "delivery",
        "Delivery over the breaks",
        note(words),
        legend(*entries),
        tag("div", *charts, class_="charts"),
        _others(ranked[CHARTS:], made),
        class_="leaf",
    )


def _chart(view: View, each: CampaignFile, curve: Curve, earlier: Curve | None) -> Html:
    return tag(
        "figure",
        tag("figcaption", booking(each), _verdict(each)),
        drawing(_WIDTH, _HEIGHT, _told(each), *_shapes(view, each, curve, earlier)),
    )


def _verdict(each: CampaignFile) -> Html:
    """In a word how it stands."""
    why = f", {TAGS[each.reason]}" if TAGS[each.reason] else ""
    if each.short.point > 0:
        return tag("span", f"short {short(each.short.point)}{why}", class_="verdict bad")
    if each.short.low > 0:
        return tag("span", f"short {short(each.short.low)} if few come", class_="verdict risk")
    if each.guarantee:
        return tag("span", "promise kept", class_="verdict good")
    if each.goal:
        return tag("span", f"{percent(each.expected.point / each.goal, 0)} of goal", class_="verdict")
    return tag("span", short(each.expected.point), class_="verdict")


def _told(each: CampaignFile) -> str:
    told = f"{each.campaign}: {short(each.expected.point)} impressions expected, {extent(each.expected, short)}"
    told += f", {short(each.guarantee)} promised" if each.guarantee else ""
    return told + (f", goal {short(each.goal)}" if each.goal else "")


def _shapes(view: View, each: CampaignFile, curve: Curve, earlier: Curve | None) -> Iterator[Html]:
    top = max(curve.most, earlier.most if earlier else 0.0, finite(each.expected.point))
    limits = [(finite(limit), kind) for limit, kind in ((each.guarantee, "promise"), (each.goal, "goal")) if limit]
    drawn = [limit for limit, _ in limits if limit <= _TALL * top or top <= 0]
    rounds = ticks(max(top, *drawn, 0.0), 3)
    up, across = Scale(0.0, rounds[-1], _FLOOR, _TOP), Scale(0.0, len(curve.point) - 1.0, _LEFT, _RIGHT)
    for value in rounds:
        y = up(value)
        yield tag("path", d=f"M{_LEFT:.0f} {y:.1f}H{_RIGHT:.0f}", class_="grid" if value else "axis")
        yield label(_LEFT - 5, y + 4, tick(value), "", "end")
    xs = [across(index) for index in range(len(curve.point))]
    least, most = (
        [pick(*ends) for ends in zip(curve.point, curve.low, curve.surge, strict=True)] for pick in (min, max)
    )
    there = [(x, up(value)) for x, value in zip(xs, most, strict=True)]
    back = [(x, up(value)) for x, value in zip(xs, least, strict=True)]
    yield tag("path", d=f"{line([*there, *reversed(back)])}Z", class_="band")
    if earlier is not None and len(earlier.point) == len(xs):
        yield tag("path", d=line([(x, up(value)) for x, value in zip(xs, earlier.point, strict=True)]), class_="before")
    for limit, kind in limits:
        yield from _limit(limit, kind, up, drawn=limit in drawn)
    yield tag("path", d=line([(x, up(value)) for x, value in zip(xs, curve.point, strict=True)]), class_="curve")
    yield label(_LEFT, _HEIGHT - 7, f"break {view.coming[0][0]}")
    yield label(_RIGHT, _HEIGHT - 7, str(view.coming[-1][0]), "", "end")


def _limit(limit: float, kind: str, up: Scale, *, drawn: bool) -> Iterator[Html]:
    if drawn:
        yield tag("path", d=f"M{_LEFT:.0f} {up(limit):.1f}H{_RIGHT:.0f}", class_=kind)
    else:
        words = f"{'promised' if kind == 'promise' else 'goal'} {short(limit)}, above this drawing"
        yield label(_LEFT + 4, _TOP + (6 if kind == "promise" else 19), clipped(words, 40), f"{kind}-word")


def _others(rest: tuple[CampaignFile, ...], made: Mapping[str, Curve]) -> Html | None:
    if not rest:
        return None
    columns = [Column("Campaign", figures=False), Column("Promised"), Column("Goal")]
    columns += [Column(f"After {percent(part, 0)} of breaks") for part in _QUARTERS]
    columns += [Column("Low to surge"), Column("Course", figures=False)]
    rows = [_other(each, made[each.campaign]) for each in rest[:ROWS]]
    words = f"Expected impressions of {several(len(rows), 'other campaign', 'other campaigns')} over the breaks to come"
    left = len(rest) - len(rows)
    more = note(f"{several(left, 'campaign has', 'campaigns have')} no row here; --json has all.") if left else None
    folded = tag("summary", words)
    return tag("details", folded, table(words, columns, rows, sortable=True), more)


def _other(each: CampaignFile, curve: Curve) -> list[Cell]:
    limits = [Cell(short(limit) if limit else "", limit or 0) for limit in (each.guarantee, each.goal)]
    quarters = [Cell(short(curve.after(part)), curve.after(part)) for part in _QUARTERS]
    low, surge = curve.low[-1], curve.surge[-1]
    ends = Cell(f"{short(low)} to {short(surge)}", surge)
    return [Cell(name(each.campaign)), *limits, *quarters, ends, Cell(_spark(curve), curve.most)]


def _spark(curve: Curve) -> Html:
    """The curve in a line's height, each to its own scale."""
    up, across = Scale(0.0, curve.most or 1.0, 17.0, 2.0), Scale(0.0, len(curve.point) - 1.0, 1.0, 79.0)
    points = [(across(index), up(value)) for index, value in enumerate(curve.point)]
    return drawing(
        80, 18, f"ends at {count(curve.point[-1])}", tag("path", d=line(points), class_="curve"), class_="spark"
    )
