"""The conformance checker against stitchers that each break one rule, and against one that breaks none."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from replay.conformance import Checker, Finding
from tests.replay.conformance_broken import broken_numbers, broken_tags, broken_times, broken_window
from tests.replay.conformance_broken.broken import Broken
from tests.replay.conformance_broken.clean import Clean
from tests.replay.conformance_broken.event import SECOND
from tests.replay.conformance_broken.presentation import creative_of, presentation
from tests.replay.conformance_broken.viewer import watch

BROKEN = [
    kind
    for module in (broken_numbers, broken_window, broken_tags, broken_times)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Broken) and kind is not Broken
]
SEEDS = range(5)
LENGTH = 300 * SECOND
"""About a hundred refreshes of each playlist."""


def findings(kind: type[Clean], seed: int, **demands: Any) -> tuple[list[Finding], int]:
    """What the checker finds in all that one viewer sees, and how many playlists that is."""
    stitcher = kind(presentation(seed, 420 * SECOND, {**kind.demands, **demands}))
    return watch(stitcher, Checker(creative=creative_of), seed, LENGTH)


def told(made: list[Finding]) -> list[str]:
    return [f"{finding.rule} in {finding.playlist}, line {finding.line}: {finding.message}" for finding in made]


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: f"{kind.rules[0]}-{kind.__name__}")
def test_a_broken_stitcher_is_found(kind: type[Broken]) -> None:
    for seed in SEEDS:
        made, _ = findings(kind, seed)
        rules = Counter(finding.rule for finding in made)
        print(f"{kind.__name__} {seed}: {dict(rules)}")
        assert rules.keys() & set(kind.rules), f"seed {seed}: {dict(rules)}"
        assert not rules.keys() & set(kind.never), f"seed {seed}: {dict(rules)}"


@pytest.mark.parametrize("kind", [kind for kind in BROKEN if kind.demands], ids=lambda kind: kind.__name__)
def test_what_a_case_demands_is_no_fault(kind: type[Broken]) -> None:
    """The fault is what the case does, not the presentation that it needs for it."""
    made, _ = findings(Clean, 0, **kind.demands)
    assert told(made) == []


def test_every_rule_is_broken() -> None:
    assert {kind.rules[0] for kind in BROKEN} == {str(rule) for rule in range(1, 23)} | {"origin_stall"}


@pytest.mark.parametrize("decade", range(20))
def test_nothing_is_found_in_the_clean_stitcher(decade: int) -> None:
    total = 0
    for seed in range(decade * 10, decade * 10 + 10):
        made, seen = findings(Clean, seed)
        total += seen
        assert told(made) == [], f"seed {seed}"
    print(f"{total} playlists, nothing found")
    assert total > 3000
