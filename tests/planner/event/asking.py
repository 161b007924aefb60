"""Plans of small events, questions about them, and remedies carried out one answer after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.book.model import Book
from planner.book.override import overridden
from planner.book.read import Booked, booked
from planner.event.answer import NightPlan
from planner.event.plan import plan_night
from planner.event.stage import Staged, stage
from planner.event.why import why
from planner.event.why_answer import Answer, Told
from planner.event.why_market import LEAST
from planner.eventfile import Level
from planner.port import Iterations


@dataclass(frozen=True)
class Planned:
    """A document, and its plan."""

    document: dict[str, Any]
    booked: Booked
    staged: Staged
    plan: NightPlan

    @classmethod
    def of(cls, document: dict[str, Any]) -> Planned:
        made = booked(Book.model_validate(document))
        staged = stage(made, Level.POINT)
        return cls(document, made, staged, plan_night(staged.night, stop=Iterations(60, 1e-5)))

    def impressions(self, creative: str, brk: str | None) -> float:
        """Expected in a break, or in the event."""
        night = self.staged.night
        if creative not in night.ads:
            return 0.0
        placed = self.plan.shown.placed(night)[:, night.ads.index(creative)]
        asked = [brk is None or self.staged.breaks[scene.brk].id == brk for scene in night.scenes]
        return float(placed[asked].sum())

    def left_out(self) -> list[tuple[str, str | None]]:
        """Creatives with the breaks in which they do not run, and with None if they run in none."""
        breaks = (*(each.id for each in self.staged.breaks), None)
        pairs = ((creative.id, brk) for creative in self.booked.book.creatives for brk in breaks)
        return [(creative, brk) for creative, brk in pairs if self.impressions(creative, brk) < LEAST]

    def asked(self, creative: str, brk: str | None) -> tuple[Answer, Told]:
        """Why, of all the campaign's ads and of this one."""
        campaign = next(each.campaign for each in self.booked.book.creatives if each.id == creative)
        answer = why(self.booked, self.staged, self.plan, campaign, brk)
        return answer, next(each for each in answer.told if each.creative == creative)

    def remedied(self, told: Told) -> Planned:
        """Planned again with all that was named set."""
        return Planned.of(overridden(self.document, [each for cause in told.causes for each in cause.remedy]))


def asked_until_it_runs(planned: Planned, creative: str, brk: str | None, most: int) -> Iterator[Told]:
    """Each answer about an ad, the plan in between made again without what was named, until it runs."""
    for _ in range(most + 1):
        _, told = planned.asked(creative, brk)
        assert told.runs == (planned.impressions(creative, brk) >= LEAST)
        yield told
        if told.runs:
            return
        planned = planned.remedied(told)


def drawn(planned: Planned, seed: int, most: int) -> list[tuple[str, str | None]]:
    """Some of what is left out."""
    out = planned.left_out()
    return [out[int(each)] for each in np.random.default_rng(seed).permutation(len(out))[:most]]
