"""What campaigns say of traits, regions and devices becomes scores of their creatives in each cohort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from planner.book.disagreement import Disagreement
from planner.book.document import path_of, shown
from planner.book.model import Book, Campaign, Cohort

MOST: Final = 1_000
"""The greatest score, see ``planner.book.model``."""
MAX_SCORES: Final = 5_000_000
"""Scores of creatives over all kinds of cohorts: a gigabyte at the very most, ten times what a large final has."""

_Named = dict[str, list[tuple[str, float]]]
"""By trait, region or device: campaigns that say something of it, with the factor."""


def unfit_scores(book: Book) -> list[Disagreement]:
    """Names that no cohort has, products that are no scores, and more scores than can be held.

    An audience of no cohorts has none of any name, and is no typing error.
    """
    if not book.audience.cohorts or not any(campaign.scores for campaign in book.campaigns):
        return []
    known = {name for cohort in book.audience.cohorts for name in _names(cohort)}
    found = [each for index, campaign in enumerate(book.campaigns) for each in _unknown(index, campaign, known)]
    named, creatives = _by_name(book), _creatives(book)
    kinds = dict.fromkeys(_kind(cohort, named) for cohort in book.audience.cohorts)
    effort = {name: sum(max(1, len(creatives.get(each, ()))) for each, _ in told) for name, told in named.items()}
    if sum(effort[name] for kind in kinds for name in kind) > MAX_SCORES:
        expected = f"scores for at most {MAX_SCORES} pairs of a creative and a kind of cohort"
        return [*found, Disagreement("campaigns", expected, "more")]
    return [*found, *_beyond(book, {kind: _factors(kind, named) for kind in kinds}, named)]


def scored(book: Book) -> Book:
    """The same book with the campaigns' scores in its cohorts; nothing in ``unfit_scores`` speaks against it.

    A cohort says nothing of creatives whose score is 1. Cohorts that are alike in what campaigns speak of, and say
    nothing themselves, share one table.
    """
    named, creatives = _by_name(book), _creatives(book)
    if not named:
        return book
    tables: dict[tuple[str, ...], dict[str, float]] = {}
    cohorts = []
    for cohort in book.audience.cohorts:
        kind = _kind(cohort, named)
        if kind not in tables:
            factors = _factors(kind, named).items()
            tables[kind] = {
                ad: factor for campaign, factor in factors if factor != 1 for ad in creatives.get(campaign, ())
            }
        scores = tables[kind]
        if cohort.scores:
            both = scores | {name: own * scores.get(name, 1.0) for name, own in cohort.scores.items()}
            scores = {name: score for name, score in both.items() if score != 1}
        cohorts.append(cohort.model_copy(update={"scores": scores}))
    campaigns = [each.model_copy(update={"scores": {}}) if each.scores else each for each in book.campaigns]
    audience = book.audience.model_copy(update={"cohorts": tuple(cohorts)})
    return book.model_copy(update={"campaigns": tuple(campaigns), "audience": audience})


def _beyond(book: Book, factors: dict[tuple[str, ...], dict[str, float]], named: _Named) -> Iterator[Disagreement]:
    """Products that are no scores: of one campaign's factors, the first cohort named, and with a cohort's own score."""
    expected = f"factors that multiply to at most {MOST}"
    places = {campaign.id: index for index, campaign in enumerate(book.campaigns)}
    owner = {creative.id: creative.campaign for creative in book.creatives}
    told: set[tuple[str, ...]] = set()
    for index, cohort in enumerate(book.audience.cohorts):
        kind = _kind(cohort, named)
        if kind not in told:
            told.add(kind)
            for campaign, factor in factors[kind].items():
                if not factor <= MOST:  # nan is no score either: infinite, times 0
                    field = path_of(["campaigns", places[campaign], "scores"])
                    yield Disagreement(field, expected, f"{factor:.6g} for cohort {shown(cohort.id)}")
        for creative, own in cohort.scores.items():
            factor = own * factors[kind].get(owner[creative], 1.0)
            if not factor <= MOST:
                field = path_of(["audience", "cohorts", index, "scores", creative])
                yield Disagreement(field, expected, f"{factor:.6g} with its campaign's")


def _names(cohort: Cohort) -> dict[str, None]:
    """Traits, region and device, each once, in the order in which factors multiply."""
    return dict.fromkeys(filter(None, (*cohort.traits, cohort.region, cohort.device)))


def _kind(cohort: Cohort, named: _Named) -> tuple[str, ...]:
    """Those of a cohort's names that campaigns speak of."""
    return tuple(name for name in _names(cohort) if name in named)


def _by_name(book: Book) -> _Named:
    found: _Named = {}
    for campaign in book.campaigns:
        for name, factor in campaign.scores.items():
            found.setdefault(name, []).append((campaign.id, factor))
    return found


def _creatives(book: Book) -> dict[str, list[str]]:
    """Creatives by their campaign."""
    found: dict[str, list[str]] = {}
    for creative in book.creatives:
        found.setdefault(creative.campaign, []).append(creative.id)
    return found


def _factors(kind: Iterable[str], named: _Named) -> dict[str, float]:
    """By campaign: the product of what it says of these names."""
    found: dict[str, float] = {}
    for name in kind:
        for campaign, factor in named[name]:
            found[campaign] = found.get(campaign, 1.0) * factor
    return found


def _unknown(index: int, campaign: Campaign, known: set[str]) -> Sequence[Disagreement]:
    names = [shown(name) for name in campaign.scores if name not in known]
    if not names:
        return ()
    listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return (Disagreement(path_of(["campaigns", index, "scores"]), "traits, regions or devices of cohorts", listed),)
