"""What became of a campaign, for people and for machines."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from planner.decide.money import per_thousand
from planner.event.why_cause import Cause, Hold
from planner.event.why_market import LEAST


@dataclass(frozen=True, slots=True)
class Told:
    """One creative: ``impressions`` expected by break where it runs, and the ``causes`` that it does not, or not more.

    ``brk`` is the break that the causes are about; without causes it is shown to whoever may see it.
    """

    creative: str
    impressions: Mapping[str, float]
    causes: tuple[Cause, ...]
    brk: str | None

    @property
    def runs(self) -> bool:
        """Whether at least ``LEAST`` impressions are expected."""
        return sum(self.impressions.values()) >= LEAST


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a campaign in a break, or in the whole event where ``brk`` is None."""

    campaign: str
    brk: str | None
    told: tuple[Told, ...]
    currency: str

    def lines(self) -> list[str]:
        """For people."""
        where = f"in {self.brk}" if self.brk is not None else "in the event"
        total = sum(sum(each.impressions.values()) for each in self.told)
        found = [f"{self.campaign} {where}: {total:,.0f} impressions expected"]
        if not self.told:
            found.append("  it has no creative")
        for each in self.told:
            found += self._of(each)
        return found

    def table(self) -> dict[str, Any]:
        """For JSON; margins in micros of one viewer."""
        return {
            "campaign": self.campaign,
            "break": self.brk,
            "creatives": [
                {
                    "creative": each.creative,
                    "impressions": dict(each.impressions),
                    "break": each.brk,
                    "causes": [asdict(cause) for cause in each.causes],
                }
                for each in self.told
            ],
        }

    def _of(self, told: Told) -> Iterator[str]:
        if told.runs:
            some = ", ".join(f"{brk} {count:,.0f}" for brk, count in told.impressions.items())
            yield f"  {told.creative} runs: {some}"
            yield "    no more:" if told.causes else "    all who may see it do, wherever it may run"
        else:
            yield f"  {told.creative} does not run:"
        for cause in told.causes:
            lost = ""
            if cause.margin is not None:
                margin = per_thousand(max(cause.margin, 0.0), self.currency)
                if cause.code is Hold.CAP:
                    lost = f" (one more would bring {margin})"
                elif cause.instead:
                    lost = f" lost to {' + '.join(cause.instead)} by {margin}:"
                else:
                    lost = f" lost by {margin}:"
            before, behind = ("", lost) if cause.code is Hold.CAP else (lost, "")
            yield f"    {cause.code}:{before} {cause.detail}{behind}"
            if cause.remedy:
                yield f"      {' '.join(f'--set {shlex.quote(each)}' for each in cause.remedy)}"
