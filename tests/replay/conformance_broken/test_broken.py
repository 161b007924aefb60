"""The conformance checker against stitchers that each break one rule, and against one that breaks none."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.replay.conformance_broken import broken_numbers, broken_tags, broken_times, broken_window
from tests.replay.conformance_broken.broken import Broken
from tests.replay.conformance_broken.clean import Clean
from tests.replay.conformance_broken.clean_run import findings, told

BROKEN = [
    kind
    for module in (broken_numbers, broken_window, broken_tags, broken_times)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Broken) and kind is not Broken
]
SEEDS = range(3)


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


@pytest.mark.parametrize("decade", range(6))
def test_nothing_is_found_in_the_clean_stitcher(decade: int) -> None:
    """``clean_run`` judges more of them."""
    total = 0
    for seed in range(decade * 10, decade * 10 + 10):
        made, seen = findings(Clean, seed)
        total += seen
        assert told(made) == [], f"seed {seed}"
    print(f"{total} playlists, nothing found")
    assert total > 2000
