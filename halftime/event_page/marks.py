"""Campaigns that have a colour and a letter of their own in drawings: the most seen. The others are one grey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from halftime.event_page.chart import legend
from halftime.event_page.markup import Html
from halftime.event_page.words import clipped, finite
from planner.eventfile import EventFile

_LETTERS: Final = "ABCDEFG"
"""As many as there are colours that colour-blind readers tell apart; the letter serves them and paper."""


_NAME: Final = 40
"""Characters of a name in the legend."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Letter by campaign."""

    letters: Mapping[str, str]

    def letter(self, campaign: str) -> str:
        """Empty for one of the others."""
        return self.letters.get(campaign, "")

    def colour(self, campaign: str) -> str:
        """Class of a shape."""
        letter = self.letter(campaign)
        return f"mark mark-{letter.lower()}" if letter else "mark mark-other"

    def key(self) -> Html:
        """The legend."""
        own = [
            (self.colour(campaign), f"{letter} {clipped(campaign, _NAME)}") for campaign, letter in self.letters.items()
        ]
        return legend(*own, ("mark mark-other", "other campaigns"), ("slate", "no ad, or pods that are not listed"))


def marked(plan: EventFile) -> Marks:
    """The most seen campaigns of ``plan``, most seen first."""
    seen = [each for each in plan.campaigns if each.expected.point > 0]
    ranked = sorted(seen, key=lambda each: (-finite(each.expected.point), each.campaign))
    return Marks({each.campaign: letter for each, letter in zip(ranked, _LETTERS, strict=False)})
