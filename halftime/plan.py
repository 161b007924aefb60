"""The commands of ``halftime plan``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter, validators

from domain.errors import HalftimeError, InputError
from domain.units import Microseconds, microseconds
from halftime import exits
from halftime.printable import printable

if TYPE_CHECKING:
    from halftime.event import EventWish
    from planner.book.read import Booked

plan = App(name="plan")

File = Annotated[Path, Parameter(allow_leading_hyphen=True)]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for machines.")]
Iterations = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=100_000))]
Limit = Annotated[float, Parameter(validator=validators.Number(gt=0, lte=86_400))]
Percent = Annotated[float, Parameter(validator=validators.Number(gte=0, lte=100))]
Seed = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=2**32 - 1))]

_ROUNDS = 60
"""Rounds of pricing for each duration of one break, if nothing is said."""


@plan.default
def of_book(
    book: File,
    *,
    break_: Annotated[str | None, Parameter(name="--break")] = None,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="", allow_leading_hyphen=True)] = (),
    why: str | None = None,
    compare: Annotated[tuple[str, ...], Parameter(negative="", consume_multiple=True)] = (),
    html: Path | None = None,
    csv: Path | None = None,
    output: Path | None = None,
    json_: Json = False,
    point_only: Annotated[bool, Parameter(negative="")] = False,
    now: str | None = None,
    delivered: Path | None = None,
    seed: Seed = 0,
    gap: Percent = 1.0,
    iterations: Iterations | None = None,
    time_limit: Limit | None = None,
    planner: Literal["best", "columns", "greedy"] | None = None,
) -> None:
    """Plan a whole event, or one break: which pods go to whom, and how far from the best possible that can be.

    A book with a forecast is an event: all its breaks are planned together, for the audience that is forecast, for few
    and for many. One break alone is planned with --break, or of a book without a forecast. Ctrl-C ends planning with
    the best plan so far, marked as interrupted; status 0.

    Example: halftime plan fixtures/events/football-final.toml --html plan.html

    Example: halftime plan fixtures/events/football-final.toml --set campaigns.volta-launch.budget=9000

    Example: halftime plan fixtures/events/fight-night.toml --why crown-inns --break round-3

    Example: halftime plan fixtures/books/final.toml

    Parameters
    ----------
    book
        Campaigns, creatives, breaks and audience, TOML or JSON; docs/book.md has every field. A file named "check"
        is given as ./check.
    break_
        The id of one break, which is planned alone; with --why where to ask. The first of a book without a forecast.
    set_
        KEY=VALUE: plan as if the book said so, and show what that changes; "campaigns.acme.budget=5000". May be
        repeated; without a value the field is taken out. What is written is the changed plan.
    why
        Say of a campaign's creatives where they run, what keeps them out elsewhere, and what would bring them in.
    compare
        Policies to hold against the plan: greedy, rank, even, myopic, prices.
    html
        Write the plan as one page for browsers and printers.
    csv
        Write the campaigns as a table for spreadsheets; beside it one of their breaks, "-breaks" behind the name.
    output
        Write the JSON to a file.
    point_only
        Plan for the audience that is forecast alone: in half of the time.
    now
        Seconds from the event's start: breaks before are over. What comes is planned from what is left.
    delivered
        What breaks that are over delivered, CSV or JSON: campaign, break, impressions; docs/event.md.
    seed
        Of all that is drawn: the same seed gives the same plan, if no time limit ended it.
    gap
        Percent from the best possible at which an event's planning stops.
    iterations
        Stop after so many rounds of pricing: for each audience of an event (100 if nothing is said), for each duration
        of one break (60).
    time_limit
        Stop after so many seconds for all audiences, or durations, together.
    planner
        Of one break: "columns" has the proof, "greedy" is quick; "best", if nothing is said, takes the better of both.
    """
    from planner.book.read import read_book

    booked = read_book(book, set_)
    alone = booked.book.forecast is None or (break_ is not None and why is None)
    with _solvers():
        if alone:
            asked = {
                "--why": why,
                "--compare": compare,
                "--html": html,
                "--csv": csv,
                "--point-only": point_only,
                "--now": now,
                "--delivered": delivered,
            }
            _refuse(asked, f"{book}, a book without a forecast" if booked.book.forecast is None else "one break")
            _one_break(
                booked, book, (break_, planner or "best", iterations or _ROUNDS, time_limit), output, json_=json_
            )
            return
        from halftime.event_run import Asked, run_event

        if planner is not None:
            raise InputError("--planner", "one break: --break ID", "a whole event")
        wish = _wish(seed, gap, iterations, time_limit, now, delivered)
        run_event(
            Asked(book, booked, set_, wish, point_only, why, break_, compare, json_, output, csv, html),
        )


@plan.command
def new(*, leap: Path | None = None, event: str | None = None) -> None:
    """Print an event to begin with, every field with a comment.

    Example: halftime plan new > my-event.toml

    Parameters
    ----------
    leap
        A LEAP Forecast document: begin with what it says of start, breaks and viewers.
    event
        The id of the event in the document; its only one if nothing is said.
    """
    if leap is None:
        if event is not None:
            raise InputError("--event", "a document: --leap FILE", "none")
        sys.stdout.write(files("halftime").joinpath("new_event.toml").read_text(encoding="utf-8"))
        return
    from planner.book.leap import read_event
    from planner.book.outline import outline

    sys.stdout.write(outline(read_event(leap, event)))


@plan.command
def avails(
    campaign: File,
    event: File,
    *,
    seed: Seed = 0,
    gap: Percent = 1.0,
    iterations: Iterations | None = None,
    time_limit: Limit | None = None,
    json_: Json = False,
) -> None:
    """Say whether a campaign can still be booked, how much of it, and at whose cost.

    Example: halftime plan avails campaign.toml fixtures/events/football-final.toml

    Parameters
    ----------
    campaign
        The campaign and its creatives, as tables [campaigns] and [creatives] of a book.
    event
        The event's book.
    seed
        Of all that is drawn.
    gap
        Percent from the best possible at which each of the two plans stops: as close as that the cost is known.
    iterations
        Stop after so many rounds of pricing for each of the two plans.
    time_limit
        Stop after so many seconds for both together.
    """
    with _solvers():
        from halftime.event_run import run_avails

        run_avails(campaign, event, _wish(seed, gap, iterations, time_limit, None, None), json_=json_)


@plan.command
def check(plan: File, book: File, *, json_: Json = False) -> int:
    """Hold a plan of one break against the rules alone; status 1 if it breaks one, each on a line with its reason.

    Example: halftime plan check plan.json fixtures/books/final.toml

    Parameters
    ----------
    plan
        What ``halftime plan --json`` printed of a break.
    book
        The book that it was made from.
    """
    from halftime.alone import at_break
    from planner.book.read import read_book
    from planner.check.plan import check_plan
    from planner.decide.text import read_plan

    booked, read = read_book(book), read_plan(plan)
    brk = next((each for each in booked.book.breaks if read.breaks and each.id == read.breaks[0].id), None)
    violations = check_plan(booked if brk is None else at_break(booked, brk), read)
    if json_:
        found = [{"rule": each.rule, "where": each.where, "message": each.message} for each in violations]
        print(json.dumps({"violations": found}, indent=2))
    else:
        for each in violations:
            print(printable(str(each)))
        print(f"{len(violations)} violations" if violations else "no violations", file=sys.stderr)
    return exits.FAILED if violations else exits.OK


def _one_break(
    booked: Booked,
    book: Path,
    wished: tuple[str | None, Literal["best", "columns", "greedy"], int, float | None],
    output: Path | None,
    *,
    json_: bool,
) -> None:
    from halftime.event_files import refuse_unwritable, write_whole
    from halftime.plan_tables import show
    from halftime.planned import Wish, make
    from halftime.progress import bar
    from planner.decide.text import written

    refuse_unwritable([output])
    with bar("Planning") if sys.stderr.isatty() else nullcontext(_unheard) as progress:
        made = make(booked, str(book), Wish(*wished), progress)
    if output is not None:
        write_whole(output, written(made))
    if json_:
        sys.stdout.write(written(made))
    else:
        show(made, booked)


def _wish(
    seed: int,
    gap: float,
    iterations: int | None,
    time_limit: float | None,
    now: str | None,
    delivered: Path | None,
) -> EventWish:
    from halftime.event import ITERATIONS, EventWish

    return EventWish(seed, gap / 100.0, iterations or ITERATIONS, time_limit, _instant(now), delivered)


def _instant(now: str | None) -> Microseconds | None:
    if now is None:
        return None
    try:
        return microseconds(now)
    except ValueError as error:
        raise InputError("--now", "seconds from the event's start, such as 5400", repr(now[:80])) from error


def _refuse(asked: Mapping[str, object], found: str) -> None:
    """Options of events that were given for one break."""
    for option, value in asked.items():
        if value:
            raise InputError(option, "a whole event: a book with a forecast, without --break", found)


@contextmanager
def _solvers() -> Iterator[None]:
    """Say what is missing, where it is the extra that planning needs."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ortools":
            raise
        raise HalftimeError('planning needs OR-Tools: pip install "halftime[plan]"') from error


def _unheard(done: float) -> None:
    """Nobody watches the progress."""
