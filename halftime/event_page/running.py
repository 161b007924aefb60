"""The breaks one by one: figures, whose seconds a viewer sees, and the pods that are seen most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from halftime.event_page.chart import box, drawing, label
from halftime.event_page.evening import state, timeline
from halftime.event_page.markup import Html, joined, name, tag
from halftime.event_page.tables import Cell, Column, note, table
from halftime.event_page.view import View, section
from halftime.event_page.words import count, finite, instant, length, percent, several, short
from planner.eventfile import EventBreakFile
from planner.planfile import PodFile

LISTED: Final = 120
"""Breaks to come in the list, and of those that are over."""
PODS: Final = 5
"""Of a break; ``--json`` has all."""
_UNLISTED: Final = 0.1
"""Part of a break's seats whose pods need not be known to say whose its seconds are."""
_WIDTH: Final = 280
_HEIGHT: Final = 17
_ROOM: Final = 12.0
"""Units that a letter needs."""

Portion = tuple[str, float]
"""A campaign and its part of what is drawn."""


def evening(view: View) -> Html:
    """The time axis, then the list; what is over is one folded table."""
    if not view.breaks:
        return section("evening", "The evening", note("The event has no breaks."))
    shown = view.coming[:LISTED]
    left = len(view.coming) - len(shown)
    items = [_entry(view, number, each) for number, each in shown]
    return section(
        "evening",
        "The evening",
        timeline(view),
        view.marks.key() if view.marks.letters else None,
        _over(view),
        tag("div", *items, class_="breaks"),
        note(f"{several(left, 'later break is', 'later breaks are')} not listed here; --json has all.")
        if left
        else None,
        class_="leaf",
    )


def _over(view: View) -> Html | None:
    over = [(number, each) for number, each in enumerate(view.breaks, 1) if each.over]
    if not over:
        return None
    told = several(len(over), "break is over", "breaks are over")
    columns = [Column("Break", figures=False), Column("Number"), Column("At"), Column("Length"), Column("Viewers")]
    rows = [
        [
            Cell(name(each.id)),
            Cell(str(number)),
            Cell(instant(each.at)),
            Cell(length(each.duration)),
            Cell(count(each.viewers.point)),
        ]
        for number, each in over[-LISTED:]
    ]
    return tag("details", tag("summary", told), table("Breaks that are over", columns, rows, class_="quiet"))


def _entry(view: View, number: int, each: EventBreakFile) -> Html:
    heading = tag("h3", tag("span", str(number), class_="no"), " ", name(each.id), " ", tag("small", _kind(each)))
    figures = (
        ("at", instant(each.at)),
        ("length", length(each.duration)),
        ("viewers", short(each.viewers.point)),
        ("filled", percent(each.fill, 0)),
        ("value", view.short_money(each.value.point)),
    )
    facts = tag("dl", *(tag("div", tag("dt", title), tag("dd", figure)) for title, figure in figures))
    return tag("article", heading, facts, *_contents(view, each), class_=f"break{state(each)}")


def _kind(each: EventBreakFile) -> str:
    words = "" if each.kind == "planned" and each.probability == 1 else each.kind
    if each.probability < 1:
        words += f", {percent(each.probability, 0)} likely"
    return words


def _contents(view: View, each: EventBreakFile) -> Iterator[Html]:
    told, portions = _mix(view, each)
    if portions:
        yield _strip(view, portions, told)
    if each.pods:
        yield _pods(view, each)


def _mix(view: View, each: EventBreakFile) -> tuple[str, list[Portion]]:
    """Whose the break is: by seconds where nearly all pods and the lengths of their ads are known, else by
    impressions.
    """
    parts: defaultdict[str, float] = defaultdict(float)
    timed = all(creative in view.spots for pod in each.pods for creative in pod.creatives)
    if each.pods and each.others <= _UNLISTED and timed and each.duration > 0:
        for pod in each.pods:
            for creative in pod.creatives:
                spot = view.spots[creative]
                parts[spot.campaign] += pod.share * finite(spot.seconds) / finite(each.duration)
        return "Seconds of a viewer's break by campaign", _ordered(view, parts)
    for allotment in each.allotments:
        parts[allotment.campaign] += max(finite(allotment.expected.point), 0.0)
    total = sum(parts.values())
    filled = each.fill / total if total else 0.0
    return "Impressions of the break by campaign", _ordered(view, {one: part * filled for one, part in parts.items()})


def _ordered(view: View, parts: dict[str, float]) -> list[Portion]:
    """Marked campaigns in the order of their letters, the others together behind them."""
    own = [(campaign, parts[campaign]) for campaign in view.marks.letters if parts.get(campaign, 0) > 0]
    rest = sum(part for campaign, part in parts.items() if not view.marks.letter(campaign))
    return [*own, ("", rest)] if rest > 0 else own


def _strip(view: View, portions: Sequence[Portion], told: str) -> Html:
    """A bar of the whole break; what no portion takes stays slate."""
    shapes = [box(0.5, 0.5, _WIDTH - 1, _HEIGHT - 1, "slate")]
    words = []
    at = 0.0
    for campaign, part in portions:
        width = min(part * _WIDTH, _WIDTH - at)
        said = f"{campaign or 'others'} {percent(part, 0)}"
        words.append(said)
        shapes.append(box(at, 0, width, _HEIGHT, view.marks.colour(campaign), said))
        if width > _ROOM and view.marks.letter(campaign):
            colour = f"on-{view.marks.letter(campaign).lower()}"
            shapes.append(label(at + width / 2, _HEIGHT / 2 + 4, view.marks.letter(campaign), colour, "middle"))
        at += width
    return drawing(_WIDTH, _HEIGHT, f"{told}: {', '.join(words)}", *shapes, class_="strip")


def _pods(view: View, each: EventBreakFile) -> Html:
    ranked = sorted(each.pods, key=lambda pod: -pod.share)
    shown, hidden = ranked[:PODS], ranked[PODS:]
    columns = [Column("Pod", figures=False), Column("Seats"), Column("Value")]
    rows = [[_pod(view, each, pod), Cell(percent(pod.share)), Cell(view.short_money(pod.value))] for pod in shown]
    unlisted = each.others + sum(pod.share for pod in hidden)
    if unlisted > 0.0005:
        rows.append([Cell("other pods"), Cell(percent(unlisted)), Cell("")])
    title = f"{several(len(shown), 'pod', 'pods')} most seen of break {each.id}"
    seen = percent(sum(pod.share for pod in shown), 0)
    told = f"{several(len(shown), 'pod is', 'pods are')} seen by {seen} of the viewers"
    return tag("details", tag("summary", told), table(title, columns, rows, class_="pods"))


def _pod(view: View, each: EventBreakFile, pod: PodFile) -> Cell:
    """The creatives in order, to scale where their lengths are known."""
    known = [view.spots.get(creative) for creative in pod.creatives]
    spots = [spot for spot in known if spot is not None]
    words = joined((name(creative) for creative in pod.creatives), " + ")
    if not spots or len(spots) < len(known) or each.duration <= 0:
        return Cell(words or "slate")
    portions = [(spot.campaign, finite(spot.seconds) / finite(each.duration)) for spot in spots]
    return Cell(joined((words, _strip(view, portions, "Seconds in order"))))
