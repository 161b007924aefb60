"""An audience that is split in several ways becomes cohorts: each combination of parts is one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Final

from planner.book.disagreement import Disagreement
from planner.book.document import path_of, shown
from planner.book.fields import MAX_COHORTS
from planner.book.model import Audience, Cohort, Dimension, Split

OTHER: Final = "other"
"""What a part of none of the named is called in a cohort's id."""
BETWEEN: Final = "/"
MAX_NAME: Final = 200
"""Characters of a cohort's id."""
SLACK: Final = 1e-6 + 1e-12
"""How far from 1 the parts of a split may add up to, and what rounding adds: thirds are written with six places."""


def unfit_split(audience: Audience, viewers: int | None) -> list[Disagreement]:
    """What keeps an audience from being split; ``viewers`` are the forecast's, for an audience that does not say."""
    if not audience.split:
        if audience.viewers is None:
            return []
        return [Disagreement("audience.viewers", "cohorts, or a split of these viewers", "neither")]
    return [*_together(audience, viewers), *_parts(audience.split), *_dimensions(audience.split), *_ids(audience.split)]


def cohorts_of(audience: Audience, viewers: int | None) -> Audience:
    """The same audience in cohorts alone; nothing in ``unfit_split`` speaks against it.

    The splits are independent of each other. Seats add up to the viewers exactly: each cohort has its part rounded
    down, and those that lost most by that get one more. A cohort of nobody stays.
    """
    if not audience.split:
        return audience
    everyone = audience.viewers if audience.viewers is not None else viewers
    assert everyone is not None
    totals = [math.fsum(split.parts.values()) for split in audience.split]
    combinations = list(product(*(split.parts for split in audience.split)))
    weights = [
        math.prod(split.parts[name] / total for name, split, total in zip(names, audience.split, totals, strict=True))
        for names in combinations
    ]
    pairs = zip(combinations, apportioned(everyone, weights), strict=True)
    return Audience(cohorts=tuple(_cohort(audience.split, names, seats) for names, seats in pairs))


def apportioned(seats: int, weights: Sequence[float]) -> list[int]:
    """``seats`` in whole parts by the method of largest remainders; weights add up to 1, of equals the first counts."""
    exact = [seats * weight for weight in weights]
    found = [math.floor(each) for each in exact]
    most_lost = sorted(range(len(exact)), key=lambda place: found[place] - exact[place])
    for place in most_lost[: seats - sum(found)]:
        found[place] += 1
    return found


def _cohort(splits: Sequence[Split], names: Sequence[str], seats: int) -> Cohort:
    named = [(split.by, name) for split, name in zip(splits, names, strict=True) if name]
    return Cohort(
        id=BETWEEN.join(name or OTHER for name in names),
        seats=seats,
        traits=tuple(name for by, name in named if by is Dimension.TRAIT),
        region="".join(name for by, name in named if by is Dimension.REGION),
        device="".join(name for by, name in named if by is Dimension.DEVICE),
    )


def _together(audience: Audience, viewers: int | None) -> Iterator[Disagreement]:
    """What splits, cohorts and viewers say of each other."""
    if audience.cohorts:
        yield Disagreement("audience.split", "cohorts or a split", "both")
    if audience.viewers is None and viewers is None:
        yield Disagreement("audience.viewers", "a value, here or in forecast.viewers", "none")
    cohorts = math.prod(len(split.parts) for split in audience.split)
    if cohorts > MAX_COHORTS:
        yield Disagreement("audience.split", f"splits into at most {MAX_COHORTS} cohorts", f"{cohorts}")


def _parts(splits: Iterable[Split]) -> Iterator[Disagreement]:
    for index, split in enumerate(splits):
        total = math.fsum(split.parts.values())
        if abs(total - 1) > SLACK:
            off = f"{abs(1 - total):.6g} {'is missing' if total < 1 else 'too much'}"
            expected = 'parts that add up to 1, the rest as ""'
            yield Disagreement(path_of(["audience", "split", index, "parts"]), expected, f"{total:.7g}: {off}")


def _dimensions(splits: Sequence[Split]) -> Iterator[Disagreement]:
    """A viewer is in one region and has one device; of traits there may be many, each told once."""
    first: dict[str, int] = {}
    for index, split in enumerate(splits):
        if split.by is Dimension.TRAIT:
            continue
        if split.by in first:
            found = f"{split.by}, as audience.split[{first[split.by]}]"
            yield Disagreement(path_of(["audience", "split", index, "by"]), "another dimension, or traits", found)
        first.setdefault(split.by, index)
    told: dict[str, int] = {}
    for index, split in enumerate(splits):
        for name in split.parts if split.by is Dimension.TRAIT else ():
            if name and name in told:
                found = f"{shown(name)}, as in audience.split[{told[name]}]"
                yield Disagreement(path_of(["audience", "split", index, "parts"]), "each trait in one split", found)
            told.setdefault(name, index)


def _ids(splits: Sequence[Split]) -> Iterator[Disagreement]:
    """Ids of the cohorts must be short enough, and tell them apart."""
    longest = sum(max(len(name or OTHER) for name in split.parts) + len(BETWEEN) for split in splits) - len(BETWEEN)
    if longest > MAX_NAME:
        expected = f"names that have at most {MAX_NAME} characters together"
        yield Disagreement("audience.split", expected, f"{longest}")
    if math.prod(len(split.parts) for split in splits) <= MAX_COHORTS:
        ids = Counter(BETWEEN.join(name or OTHER for name in names) for names in product(*(s.parts for s in splits)))
        (ident, times), *_ = ids.most_common(1)
        if times > 1:
            expected = f'names that tell cohorts apart ("" is called {OTHER})'
            yield Disagreement("audience.split", expected, f"{shown(ident)} for {times} of them")
