"""An event's plan as two tables for spreadsheets: what each campaign gets, and in which breaks.

Two files, since a total beside each of its parts is added up twice by the first pivot table. Numbers are bare, with the
unit in the column's name. The text begins with a byte order mark: without one Excel reads names in the machine's old
encoding, and programs read ``--json`` anyhow.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from domain.errors import InputError
from halftime.event_figures import clock
from planner.eventfile import Band, EventFile

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula, or strip the cell until it is one (OWASP, CSV injection)."""
_TRIPLE: Final = ("", " low", " surge")

Row = tuple[str, ...]


def beside(file: Path) -> Path:
    """Where the breaks' table stands: ``night-breaks.csv`` beside ``night.csv``."""
    return file.with_name(f"{file.stem}-breaks{file.suffix}")


def write_csv(plan: EventFile, file: Path) -> tuple[Path, Path]:
    """Write ``file``, a row for each campaign, and ``beside(file)``, a row for each campaign and break.

    Nothing is put in place before both are written. Returns the two paths. Raises ``InputError`` where a file cannot
    be written.
    """
    with _writing(file):
        if file.is_dir():
            raise InputError(str(file), "a file to write", "a folder")
    tables = {file: campaigns(plan), beside(file): breaks(plan)}
    with ExitStack() as staged:
        for path, rows in tables.items():
            staged.enter_context(_whole(path, text(rows)))
    return file, beside(file)


def text(rows: Iterable[Row]) -> str:
    """Rows as RFC 4180 has them, lines ending in CR and LF."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()


def campaigns(plan: EventFile) -> Iterator[Row]:
    """A header and a row for each campaign, in the plan's order."""
    unit = f" ({plan.currency})"
    yield (
        *("campaign", "advertiser", "tier", "goal", f"budget{unit}", "guarantee", "delivered"),
        *(f"expected{level}" for level in _TRIPLE),
        *(f"reserved{level}{unit}" for level in _TRIPLE),
        *(f"short{level}" for level in _TRIPLE),
        *("reason", "detail", f"price per thousand{unit}"),
    )
    for each in plan.campaigns:
        yield (
            *(_words(each.campaign), _words(each.advertiser), str(each.tier), _count(each.goal), _money(each.budget)),
            *(_count(each.guarantee), str(each.delivered)),
            *_counts(each.expected),
            *map(_money, _levels(each.reserved)),
            *_counts(each.short),
            *(each.reason.value, _words(each.detail), _per_thousand(each.price)),
        )


def breaks(plan: EventFile) -> Iterator[Row]:
    """A header and a row for each campaign's part of each break, should the break come."""
    yield (
        *("campaign", "advertiser", "break", "at", "length (s)", "probability"),
        *(f"expected{level}" for level in _TRIPLE),
        f"price per thousand ({plan.currency})",
    )
    advertisers = {each.campaign: each.advertiser for each in plan.campaigns}
    for entry in plan.breaks:
        when = (clock(entry.at), f"{entry.duration.normalize():f}", f"{entry.probability:.4g}")
        for each in entry.allotments:
            who = (each.campaign, advertisers.get(each.campaign, ""), entry.id)
            yield (*map(_words, who), *when, *_counts(each.expected), _per_thousand(each.price))


def _words(given: str) -> str:
    """Text from outside; never a formula."""
    return "'" + given if given.startswith(FORMULA) else given


def _levels(band: Band) -> tuple[float, float, float]:
    return band.point, band.low, band.surge


def _counts(band: Band) -> Iterator[str]:
    return map(_count, _levels(band))


def _count(number: float | None) -> str:
    """Whole impressions: a decimal point is a date to a spreadsheet that writes a comma."""
    return "" if number is None else str(round(number))


def _money(micros: float | None) -> str:
    return "" if micros is None else f"{micros / 1e6:.2f}"


def _per_thousand(micros: float) -> str:
    return f"{micros / 1e3:.4f}"


@contextmanager
def _whole(path: Path, body: str) -> Iterator[None]:
    """Write ``body`` beside ``path`` on entry and put it in place on exit; after an error leave nothing."""
    with _writing(path):
        if path.exists() and not path.is_file():
            raise InputError(str(path), "a file to write", "something else")
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}-", dir=path.parent)
    fresh = Path(name)
    try:
        with _writing(path), os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as opened:
            os.fchmod(opened.fileno(), 0o644)  # mkstemp's 0600 would hide it from the colleagues it is for
            opened.write(body)
            opened.flush()
            os.fsync(opened.fileno())
        yield
        with _writing(path):
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(str(path), "a place to write", error.strerror or type(error).__name__) from error
