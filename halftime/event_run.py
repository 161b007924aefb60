"""``halftime plan`` on an event: planned, compared, asked why, written and shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.errors import InputError
from halftime.avails_tables import show_avails
from halftime.event import SHARES, EventPlanner, EventWish, Made
from halftime.event_csv import beside, write_csv
from halftime.event_files import refuse_unwritable, write_whole
from halftime.event_page.page import page
from halftime.event_page.view import Spot
from halftime.event_progress import watching
from halftime.event_tables import show
from halftime.interrupt import interruptible
from halftime.printable import printable
from planner.book.document import shown
from planner.book.read import Booked, read_book
from planner.decide.text import written
from planner.event.avails import Side, avails, promised, read_offer
from planner.event.policies import POLICIES, compare
from planner.event.stage import stage
from planner.event.why import why
from planner.eventfile import EventFile, Level

LEVELS = (Level.POINT, Level.LOW, Level.SURGE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of the event in ``book``, which is ``booked`` with its ``assignments``."""

    book: Path
    booked: Booked
    assignments: tuple[str, ...]
    wish: EventWish
    point_only: bool = False
    why: str | None = None
    brk: str | None = None
    policies: tuple[str, ...] = ()
    json: bool = False
    output: Path | None = None
    csv: Path | None = None
    html: Path | None = None


def run_event(asked: Asked) -> None:
    """Plan the event and tell what was asked. Raises ``InputError`` for all that can be seen to be wrong before."""
    refuse_unwritable([asked.output, asked.csv, asked.html])
    refuse_unwritable([None if asked.csv is None else beside(asked.csv)])
    _refuse_unknown("--compare", "policies", asked.policies, tuple(POLICIES))
    if asked.why is not None:
        _refuse_unknown("--why", "campaigns", (asked.why,), [each.id for each in asked.booked.book.campaigns])
        _refuse_unknown(
            "--break", "breaks", (asked.brk,) if asked.brk else (), [b.id for b in asked.booked.book.breaks]
        )
    levels = LEVELS[:1] if asked.point_only or asked.why is not None else LEVELS
    base = read_book(asked.book) if asked.assignments and asked.why is None else None
    parts = sum(SHARES[level] for level in levels) + (SHARES[Level.POINT] if base is not None else 0.0)
    with (
        interruptible() as interruption,
        watching(asked.booked.book.currency, json=asked.json) as heard,
    ):
        planner = EventPlanner(asked.wish, heard, interruption, parts=parts)
        before = None if base is None else planner.make(base, LEVELS[:1], "without the change").file()
        made = planner.make(asked.booked, levels)
        _warn(made.point.staged.warnings)
        if asked.why is not None:
            _answer(made, asked)
            return
        plan = made.file()
        if asked.policies and not interruption.interrupted:
            heard.heard("Comparing", 1.0, float(plan.levels[0].value), plan.levels[0].gap)
            point = made.point
            baselines = compare(point.staged.night, asked.policies, asked.wish.seed, prices=point.plan.prices)
            plan = plan.model_copy(update={"baselines": baselines})
    _write(plan, before, asked)


def run_avails(campaign: Path, event: Path, wish: EventWish, *, json_: bool) -> None:
    """Plan the event without the campaign and with it, and tell what it would get and cost."""
    booked = read_book(event)
    if booked.book.forecast is None:
        raise InputError(str(event), "an event: a book with a forecast", "a book without one")
    offered, wanted = read_offer(campaign, booked, event.parent)
    with_it = promised(offered, stage(offered, Level.POINT, now=wish.now), wanted)
    with interruptible() as interruption, watching(booked.book.currency, json=json_) as heard:
        planner = EventPlanner(wish, heard, interruption, parts=2 * SHARES[Level.POINT])
        sides = []
        for each, what in ((booked, "without it"), (with_it, "with it")):
            made = planner.make(each, LEVELS[:1], what)
            sides.append(Side(each, made.point.staged, made.point.plan))
    found = avails(wanted, *sides)
    if json_:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    else:
        show_avails(found, interrupted=interruption.interrupted)


def _refuse_unknown(option: str, what: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            some = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
            raise InputError(
                option, f"one of the {what} {some}" if known else f"nothing: there are no {what}", shown(name)
            )


def _warn(warnings: Sequence[str]) -> None:
    for each in warnings:
        print(f"halftime: {printable(each)}", file=sys.stderr)


def _answer(made: Made, asked: Asked) -> None:
    assert asked.why is not None
    point = made.point
    answer = why(made.booked, point.staged, point.plan, asked.why, asked.brk)
    if asked.json:
        print(json.dumps(answer.table(), indent=2))
    else:
        for line in answer.lines():
            print(printable(line))


def _write(plan: EventFile, before: EventFile | None, asked: Asked) -> None:
    """Files first: what is printed may be cut off by who reads it."""
    files = []
    if asked.output is not None:
        write_whole(asked.output, written(plan))
        files.append(asked.output)
    if asked.csv is not None:
        files += write_csv(plan, asked.csv)
    if asked.html is not None:
        creatives = asked.booked.book.creatives
        spots = {creative.id: Spot(creative.campaign, creative.duration) for creative in creatives}
        write_whole(asked.html, page(plan, compared=before, spots=spots))
        files.append(asked.html)
    if asked.json:
        sys.stdout.write(written(plan))
    else:
        show(plan, before)
    for file in files:
        print(f"halftime: written {printable(str(file))}", file=sys.stderr)
