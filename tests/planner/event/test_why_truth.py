"""What is said to keep an ad out keeps it out: random ads that are left out run once all that is named is gone."""

import pytest

from domain.errors import InputError
from tests.planner.event.asking import Planned, asked_until_it_runs, drawn
from tests.planner.event.why_books import random_event

BATCHES = 10
ADS = 20
EACH = 3
"""Ads of one event."""
STEPS = 5


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_named_causes_removed_in_turn_bring_the_ad_in_within_five_steps(batch):
    checked, seed = 0, 1_000 * batch
    while checked < ADS:
        seed += 1
        try:
            planned = Planned.of(random_event(seed))
        except InputError:
            continue  # contracts that cannot hold together: not a book
        for creative, brk in drawn(planned, seed, min(EACH, ADS - checked)):
            answers = list(asked_until_it_runs(planned, creative, brk, STEPS))
            told = [(cause.code, cause.remedy) for answer in answers for cause in answer.causes]
            assert answers[-1].runs, f"seed {seed}: {creative} in {brk}: {told}"
            assert len(answers) <= STEPS + 1
            checked += 1
