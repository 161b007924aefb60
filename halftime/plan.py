"""The commands of ``halftime plan``."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter, validators

from domain.errors import HalftimeError
from halftime import exits
from halftime.printable import printable

plan = App(name="plan")

File = Annotated[Path, Parameter(allow_leading_hyphen=True)]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for machines.")]
Iterations = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=100_000))]
Limit = Annotated[float, Parameter(validator=validators.Number(gt=0, lte=86_400))]


@plan.default
def of_book(
    book: File,
    *,
    break_: Annotated[str | None, Parameter(name="--break")] = None,
    planner: Literal["best", "columns", "greedy"] = "best",
    iterations: Iterations = 60,
    time_limit: Limit | None = None,
    json_: Json = False,
) -> None:
    """Decide which pods of ads a break shows to whom, and say how far from the best possible the plan can be.

    Example: halftime plan fixtures/books/final.toml

    Parameters
    ----------
    book
        Campaigns, creatives, breaks and audience, TOML or JSON; docs/book.md has every field. A file named "check"
        is given as ./check.
    break_
        The id of the break; the first of the book if nothing is said.
    planner
        "columns" has the proof, "greedy" is quick; "best" takes the better of their plans.
    iterations
        Stop after so many rounds of pricing for each duration: the same plan on every machine.
    time_limit
        Stop after so many seconds for all durations together, instead.
    """
    try:
        from halftime.planned import Wish, make
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ortools":
            raise
        raise HalftimeError('planning needs OR-Tools: pip install "halftime[plan]"') from error
    from halftime.plan_tables import show
    from halftime.progress import bar
    from planner.book.read import read_book
    from planner.decide.text import written

    booked = read_book(book)
    wish = Wish(break_, planner, iterations, time_limit)
    with bar("Planning") if sys.stderr.isatty() else nullcontext(_unheard) as progress:
        made = make(booked, str(book), wish, progress)
    if json_:
        sys.stdout.write(written(made))
    else:
        show(made, booked)


@plan.command
def check(plan: File, book: File, *, json_: Json = False) -> int:
    """Hold a plan against the rules alone; status 1 if it breaks one, each on a line with its reason.

    Example: halftime plan check plan.json fixtures/books/final.toml

    Parameters
    ----------
    plan
        What ``halftime plan --json`` printed.
    book
        The book that it was made from.
    """
    from planner.book.read import read_book
    from planner.check.plan import check_plan
    from planner.decide.text import read_plan

    booked = read_book(book)
    violations = check_plan(booked, read_plan(plan))
    if json_:
        found = [{"rule": each.rule, "where": each.where, "message": each.message} for each in violations]
        print(json.dumps({"violations": found}, indent=2))
    else:
        for each in violations:
            print(printable(str(each)))
        print(f"{len(violations)} violations" if violations else "no violations", file=sys.stderr)
    return exits.FAILED if violations else exits.OK


def _unheard(done: float) -> None:
    """Nobody watches the progress."""
