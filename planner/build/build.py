"""A book and one of its breaks, at one duration, become arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.errors import InputError
from domain.units import Microseconds
from planner.book.model import Break
from planner.book.read import Booked
from planner.build.audience import SEAT_RULES, Audience
from planner.build.caps import Caps
from planner.build.contracts import Scope, contracts, sold_out
from planner.build.eligibility import Refused, Scene, eligible
from planner.build.exclusives import event_exclusives
from planner.build.families import families, positions
from planner.build.history import History
from planner.build.lineup import Catalogue, Lineup
from planner.build.narrowing import narrow
from planner.build.pairs import Apart
from planner.build.prices import microseconds_of
from planner.build.sharing import sharing
from planner.build.viewing import viewing
from planner.problem import Flags, Integers, PodRules, Problem, Rows, Rule

MAX_CELLS: Final = 100_000_000
"""Cohorts times creatives, half a gigabyte of values and flags; or shared limits times creatives, 800 MB."""


@dataclass(frozen=True, slots=True)
class Built:
    """A break as arrays, and what their numbers mean.

    ``ads`` are creative ids and ``campaigns`` campaign ids by ad, ``cohorts`` cohort ids by row. ``ads`` are all that
    the break admits; ``refused`` names the others, and those of ``ads`` that no cohort may see: every creative that can
    stand in no pod of this break. Where there are no cohorts nobody refuses an ad.
    """

    problem: Problem
    ads: tuple[str, ...]
    campaigns: tuple[str, ...]
    cohorts: tuple[str, ...]
    refused: tuple[Refused, ...]


def build(booked: Booked, brk: Break, duration: Microseconds) -> Built:
    """Make the arrays of one break of ``duration`` microseconds.

    Raises ``InputError`` for contracts that cannot hold together (both campaigns are named), and for books whose pairs
    of ads or cohorts are more than arrays should hold.
    """
    where = f"break {brk.id}"
    catalogue = Catalogue(booked)
    caps = Caps(catalogue)
    exclusives = event_exclusives(catalogue)
    scene = Scene(Apart(Lineup(catalogue, booked.book.creatives), caps), brk, duration, exclusives)
    chosen, refused = eligible(scene)
    cohorts = booked.book.audience.cohorts
    apart = Apart(Lineup(catalogue, chosen), caps)
    shared = sharing(apart.lineup, where, MAX_CELLS)
    if len(cohorts) * len(chosen) > MAX_CELLS:
        found = f"{len(cohorts)} cohorts and {len(chosen)} creatives"
        raise InputError(where, f"at most {MAX_CELLS} cohorts times creatives", found)
    cliques = families(apart, scene.used, where)
    audience = Audience(apart, cohorts, History(catalogue, cohorts, brk), duration)
    names = tuple(cohort.id for cohort in cohorts)
    tally = _Refusals(audience)
    for rule, mask in SEAT_RULES.items():
        tally.apply(rule, mask(audience))
    scope = Scope(apart.lineup, cliques, audience.durations, (duration, brk.maximum_ads), tally.allowed, names, where)
    sold_out(scope, exclusives, refused, audience.population.admitted)
    held = contracts(scope)
    tally.apply(Rule.ROADBLOCK, held.allowed)
    values = audience.values()
    narrow(audience, cliques, tally.allowed, values, held.required, held.sets)

    rules = PodRules(
        audience.durations,
        positions(apart.lineup),
        cliques.families(),
        duration,
        microseconds_of(brk.minimum_fill),
        brk.maximum_ads,
        held.sets,
    )
    rows = Rows(values, tally.allowed, audience.seats, audience.ad_time, held.required)
    tiers = np.array([campaign.tier for campaign in apart.lineup.campaigns], dtype=np.int64)
    problem = Problem(rules, viewing(booked.book.viewing, brk, duration), rows, shared, tiers)
    everywhere = {each.creative: each for each in (*refused, *tally.refused())}
    return Built(
        problem,
        tuple(creative.id for creative in chosen),
        tuple(creative.campaign for creative in chosen),
        names,
        tuple(everywhere[each.id] for each in booked.book.creatives if each.id in everywhere),
    )


class _Refusals:
    """The mask of the rows, rule by rule, and how many seats each rule has refused each ad.

    Only what a rule refuses of what is still allowed counts as its. Where nobody has seats, rows are counted.
    """

    def __init__(self, audience: Audience) -> None:
        self.allowed: Flags = audience.everyone
        self._lineup = audience.lineup
        self._weights = audience.seats if audience.seats.any() else np.ones_like(audience.seats)
        self._by_rule: dict[Rule, Integers] = {}

    def apply(self, rule: Rule, mask: Flags) -> None:
        """Refuse what is not in ``mask`` bool[R, J]."""
        self._by_rule[rule] = self._weights @ (self.allowed & ~mask)
        self.allowed &= mask

    def refused(self) -> list[Refused]:
        """Ads that no row may see, each with the rule that refuses it to most seats."""
        if not len(self._weights):
            return []
        found = []
        for ad in np.flatnonzero(~self.allowed.any(axis=0)):
            rule = max(self._by_rule, key=lambda each: self._by_rule[each][ad])
            count, total = int(self._by_rule[rule][ad]), int(self._weights.sum())
            detail = f"no cohort may see it: {count} of {total} seats are refused by the rule {rule}"
            found.append(Refused(self._lineup.creatives[int(ad)].id, rule, detail))
        return found
