"""An event's plan for people: first what goes wrong, then what is planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from halftime.event_changes import changes
from halftime.event_figures import LEAST, brief, clock, percent_up, point, proven, table
from halftime.printable import printable
from planner.decide.money import amount
from planner.eventfile import Band, CampaignFile, Ended, EventBreakFile, EventFile, Level

CAMPAIGNS: Final = 25
"""Rows of campaigns; the rest is one line."""
BREAKS: Final = 60
"""Rows of breaks: more than a night of sports has."""
NAMED: Final = 3
"""Campaigns named beside a break, and in a line about one audience."""
ROOMY: Final = 100
"""Columns of a terminal from which every column of the tables fits; below, the least needed ones stay away."""

_ENDED: Final = {
    Ended.INTERRUPTED: "Interrupted: the best plan so far; its distance from the best possible is proven all the same.",
    Ended.TIME_LIMIT: "The time limit ended it: with more time it may get closer to the best possible.",
}


def show(
    plan: EventFile, before: EventFile | None = None, *, wide: bool = False, console: Console | None = None
) -> None:
    """Print an event's plan on standard output, or on ``console``.

    With ``before``, the plan of the same event without what was changed, the differences stand in place of breaks
    and campaigns. ``wide`` leaves out nothing: every break, every campaign, also beside differences.
    """
    console = Console() if console is None else console
    roomy = console.width >= ROOMY
    parts = list(_headline(plan, roomy))
    parts += _short(plan, roomy, wide)
    if before is not None:
        parts += changes(plan, before, None if wide else CAMPAIGNS, roomy=roomy)
    if before is None or wide:
        parts += _breaks(plan, roomy, wide)
        parts += _campaigns(plan, roomy, wide)
        parts += _baselines(plan)
    parts.append("")
    parts.append(Text("best possible: no plan can exceed the upper bound, see docs/planning.md", "dim"))
    console.print(*parts, sep="\n")


def _headline(plan: EventFile, roomy: bool) -> Iterator[RenderableType]:
    unplanned = sum(entry.probability < 1.0 for entry in plan.breaks)
    breaks = _several(len(plan.breaks), "break") + (f" ({unplanned} unplanned)" if unplanned else "")
    yield Text(printable(f"{plan.event}: {breaks}, {_several(len(plan.campaigns), 'campaign')}"), "bold")
    level = point(plan)
    if level is not None:
        figures = f"value {_money(plan, level.value)}, upper bound {_money(plan, level.upper_bound)}"
        yield Text(f"{figures}: {proven(level.gap)}")
    for reason in sorted({level.ended for level in plan.levels} & _ENDED.keys()):
        yield Text(_ENDED[reason], "bold yellow")
    if plan.levels:
        yield ""
        yield _levels(plan, roomy)


def _levels(plan: EventFile, roomy: bool) -> Table:
    bound = ("upper bound",) if roomy else ()
    made = table("audience", "viewers of breaks", "impressions", "fill", "value", *bound, "gap")
    for level in plan.levels:
        people = (f"{level.viewers:,.0f}", f"{level.impressions:,.0f}", f"{level.fill:.1%}")
        bounds = (_money(plan, level.upper_bound),) if roomy else ()
        made.add_row(level.level.value, *people, _money(plan, level.value), *bounds, percent_up(level.gap))
    return made


def _short(plan: EventFile, roomy: bool, wide: bool) -> Iterator[RenderableType]:
    """Who gets less than promised from the audience that is forecast, and who only from another one."""
    short = sorted((each for each in plan.campaigns if each.short.point >= LEAST), key=lambda each: -each.short.point)
    if short:
        yield ""
        title = f"{len(short)} campaigns fall short" if len(short) > 1 else "1 campaign falls short"
        band = ("low - surge",) if roomy else ()
        made = table("campaign", "promised", "expected", "short", *band, title=title)
        made.add_column("why", ratio=1, overflow="fold")
        shown = short if wide else short[:CAMPAIGNS]
        for each in shown:
            promised = "its share" if each.guarantee is None else f"{each.guarantee:,}"
            numbers = (promised, f"{each.expected.point:,.0f}", f"{each.short.point:,.0f}")
            between = (_band(each.short),) if roomy else ()
            why = ": ".join(filter(None, (each.reason.value, each.detail)))
            made.add_row(_name(each.campaign), *numbers, *between, Text(printable(why)))
        yield made
        yield from _rest(len(short) - len(shown), "fall short")
    elif any(each.guarantee for each in plan.campaigns):
        yield Text("Every promise is kept with the audience that is forecast.")
    for level, audience in ((Level.LOW, "if fewer come (low)"), (Level.SURGE, "if many come (surge)")):
        yield from _short_only(plan.campaigns, level, audience)


def _short_only(campaigns: Sequence[CampaignFile], level: Level, audience: str) -> Iterator[RenderableType]:
    missing = [(_of(each.short, level), each.campaign) for each in campaigns if each.short.point < LEAST]
    also = sorted((pair for pair in missing if pair[0] >= LEAST), key=lambda pair: -pair[0])
    if also:
        named = ", ".join(f"{name} by {short:,.0f}" for short, name in also[:NAMED])
        more = f" and {len(also) - NAMED} more" if len(also) > NAMED else ""
        yield Text(printable(f"Short only {audience}: {named}{more}"))


def _breaks(plan: EventFile, roomy: bool, wide: bool) -> Iterator[RenderableType]:
    if not plan.breaks:
        return
    yield ""
    unplanned = any(entry.probability < 1.0 for entry in plan.breaks)
    chance = ("likely",) if unplanned else ()
    made = table("break", "at", "length", *chance, "viewers", "fill", _in("value", plan), title="Breaks")
    if roomy:
        made.add_column("most of it to", ratio=1)
    shown = plan.breaks if wide else plan.breaks[:BREAKS]
    for entry in shown:
        likely = (f"{entry.probability:.0%}" if entry.probability < 1.0 else "",) if unplanned else ()
        planned = ("over", "-") if entry.over else (f"{entry.fill:.1%}", _bare(entry.value.point))
        figures = (f"{entry.viewers.point:,.0f}", *planned)
        last = (_most(entry),) if roomy else ()
        made.add_row(
            _name(entry.id), clock(entry.at), f"{entry.duration.normalize():f} s", *likely, *figures, *last,
            style="dim" if entry.over else None,
        )  # fmt: skip
    yield made
    yield from _rest(len(plan.breaks) - len(shown), "breaks")


def _most(entry: EventBreakFile) -> Text:
    if entry.over:
        return Text("over")
    allotted = [each for each in entry.allotments if each.expected.point >= LEAST]
    allotted.sort(key=lambda each: -each.expected.point)
    more = f", {len(allotted) - NAMED} more" if len(allotted) > NAMED else ""
    # One line for a break: the cell is cut, and not the column, which would narrow the figures beside it.
    named = ", ".join(each.campaign for each in allotted[:NAMED]) + more
    return Text(printable(named), no_wrap=True, overflow="ellipsis")


def _campaigns(plan: EventFile, roomy: bool, wide: bool) -> Iterator[RenderableType]:
    """Those that spend most first."""
    if not plan.campaigns:
        return
    yield ""
    ordered = sorted(plan.campaigns, key=lambda each: (-each.reserved.point, -each.expected.point))
    shown = ordered if wide else ordered[:CAMPAIGNS]
    band = ("low - surge",) if roomy else ()
    made = table("campaign", "wanted", "expected", *band, _in("reserved", plan), "per 1000", title="Campaigns")
    if roomy:
        made.add_column("held by")
    for each in shown:
        more = (_band(each.expected),) if roomy else ()
        reason = (each.reason.value,) if roomy else ()
        money = (_bare(each.reserved.point), _bare(each.price * 1000.0))
        made.add_row(_name(each.campaign), _wanted(plan, each), f"{each.expected.point:,.0f}", *more, *money, *reason)
    yield made
    yield from _rest(len(ordered) - len(shown), "campaigns")


def _wanted(plan: EventFile, campaign: CampaignFile) -> Text:
    """Its limits and its promise, a line for each."""
    lines = []
    if campaign.goal is not None:
        lines.append(f"{campaign.goal:,}")
    if campaign.guarantee is not None and campaign.guarantee != campaign.goal:
        lines.append(f"min {campaign.guarantee:,}")
    if campaign.budget is not None:
        lines.append(_money(plan, campaign.budget))
    return Text("\n".join(lines) or "-", justify="right")


def _baselines(plan: EventFile) -> Iterator[RenderableType]:
    if not plan.baselines:
        return
    yield ""
    level = point(plan)
    figures = ("value", "the plan has", "fill", "impressions", "short")
    made = table("policy", *figures, title="What other policies would make of it")
    for each in plan.baselines:
        more = "-" if level is None or each.value <= 0 else f"{level.value / each.value - 1.0:+.1%}"
        counts = (f"{each.fill:.1%}", f"{each.impressions:,.0f}", f"{each.short:,.0f}")
        made.add_row(_name(each.policy), _money(plan, each.value), more, *counts)
    yield made


def _rest(count: int, what: str) -> Iterator[RenderableType]:
    if count > 0:
        yield Text(f"{count} more {what} (--json lists all)")


def _several(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _name(name: str) -> Text:
    return Text(printable(name))


def _money(plan: EventFile, micros: float) -> str:
    return printable(amount(micros, plan.currency))


def _in(name: str, plan: EventFile) -> str:
    """The name of a column of bare amounts; brackets are markup in a heading."""
    return f"{name}, {escape(printable(plan.currency))}"


def _bare(micros: float) -> str:
    return f"{micros / 1e6:,.2f}"


def _band(band: Band) -> str:
    return f"{brief(band.low)} - {brief(band.surge)}"


def _of(band: Band, level: Level) -> float:
    return {Level.POINT: band.point, Level.LOW: band.low, Level.SURGE: band.surge}[level]
