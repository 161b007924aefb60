"""What two or more fields of a book must agree on: ids, references, categories, probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from planner.book.disagreement import Disagreement
from planner.book.document import path_of, shown
from planner.book.model import Book, Break, Campaign, Creative
from planner.book.taxonomy import Tree
from planner.book.timeline import unfit_times

_SLACK: Final = 1e-9
"""What rounding may add to a sum of probabilities."""


def disagreements(book: Book, tree: Tree) -> list[Disagreement]:
    """All that do not fit, in the book's order of concerns: ids first, for the rest is about them."""
    creatives = {creative.id for creative in book.creatives}
    return [
        *_repeated("campaigns", (campaign.id for campaign in book.campaigns)),
        *_repeated("creatives", (creative.id for creative in book.creatives)),
        *_repeated("breaks", (brk.id for brk in book.breaks)),
        *_repeated("audience.cohorts", (cohort.id for cohort in book.audience.cohorts)),
        *_categories(tree, book.separation.categories, "separation", "categories"),
        *(each for place, campaign in enumerate(book.campaigns) for each in _campaign(tree, place, campaign)),
        *_creatives(book.creatives, {campaign.id for campaign in book.campaigns}, tree),
        *(each for place, brk in enumerate(book.breaks) for each in _break(tree, creatives, place, brk)),
        *_cohorts(book, creatives),
        *unfit_times(book),
    ]


def _repeated(table: str, ids: Iterable[str]) -> Iterator[Disagreement]:
    first: dict[str, int] = {}
    for place, each in enumerate(ids):
        if each in first:
            found = f"{shown(each)}, the id of {table}[{first[each]}]"
            yield Disagreement(path_of([*table.split("."), place, "id"]), "an id that is not used yet", found)
        first.setdefault(each, place)


def _categories(tree: Tree, names: Iterable[str], *place: str | int) -> Iterator[Disagreement]:
    for index, name in enumerate(names):
        yield from _category(tree, name, *place, index)


def _category(tree: Tree, name: str, *place: str | int) -> Iterator[Disagreement]:
    found = tree.called(name)
    if not found:
        yield Disagreement(path_of(place), "a category of the taxonomy", shown(name))
    elif len(found) > 1:
        ids = ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
        yield Disagreement(path_of(place), "one category", f"{shown(name)}, the name of {len(found)}: {ids}")


def _campaign(tree: Tree, index: int, campaign: Campaign) -> Iterator[Disagreement]:
    here = ("campaigns", index)
    yield from _categories(tree, campaign.separation, *here, "separation")
    if campaign.exclusive_category is not None:
        yield from _category(tree, campaign.exclusive_category, *here, "exclusive_category")
    start, end = campaign.flight.start, campaign.flight.end
    if start is not None and end is not None and start >= end:
        found = f"{end.isoformat()}, and a start at {start.isoformat()}"
        yield Disagreement(path_of([*here, "flight", "end"]), "an end after the start", found)


def _creatives(creatives: Iterable[Creative], campaigns: set[str], tree: Tree) -> Iterator[Disagreement]:
    for index, creative in enumerate(creatives):
        if creative.campaign not in campaigns:
            field = path_of(["creatives", index, "campaign"])
            yield Disagreement(field, "the id of a campaign", shown(creative.campaign))
        yield from _categories(tree, creative.categories, "creatives", index, "categories")


def _break(tree: Tree, creatives: set[str], index: int, brk: Break) -> Iterator[Disagreement]:
    here = ("breaks", index)
    total = sum(each.probability for each in brk.durations)
    if total > 1 + _SLACK:
        yield Disagreement(path_of([*here, "durations"]), "probabilities that add up to at most 1", f"{total:.6g}")
    first: dict[object, int] = {}
    for place, each in enumerate(brk.durations):
        if each.seconds in first:
            found = f"{each.seconds}, as durations[{first[each.seconds]}]"
            yield Disagreement(path_of([*here, "durations", place, "seconds"]), "another duration", found)
        first.setdefault(each.seconds, place)
    yield from _categories(tree, brk.forbidden, *here, "forbidden")
    for place, before in enumerate(brk.before):
        if before.creative is not None and before.creative not in creatives:
            field = path_of([*here, "before", place, "creative"])
            yield Disagreement(field, "the id of a creative", shown(before.creative))
        yield from _categories(tree, before.categories, *here, "before", place, "categories")


def _cohorts(book: Book, creatives: set[str]) -> Iterator[Disagreement]:
    for index, cohort in enumerate(book.audience.cohorts):
        here = ("audience", "cohorts", index)
        for place, seen in enumerate(cohort.seen):
            if seen.creative not in creatives:
                field = path_of([*here, "seen", place, "creative"])
                yield Disagreement(field, "the id of a creative", shown(seen.creative))
        for creative in cohort.scores:
            if creative not in creatives:
                yield Disagreement(path_of([*here, "scores"]), "the ids of creatives", shown(creative))
