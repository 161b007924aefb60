"""The product equals the slow reference, playlist by playlist, over random channels."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.ssai.stitch.channel_play import play
from tests.ssai.stitch.channels import Channel, channel, channels
from tests.ssai.stitch.product import Product, shown

HARD = (
    "back_to_back",
    "early_return",
    "empty_break",
    "end_forced",
    "end_off_grid",
    "grid_aac",
    "grid_different",
    "head_inside_ad",
    "join_after",
    "join_before",
    "join_inside",
    "in_ignored",
    "kept_departed",
    "late_in",
    "late_out",
    "least_fell",
    "no_auto_return",
    "open_at_the_end",
    "out_ignored",
    "planned",
    "restart",
    "slate_wrapped",
    "stall",
    "start_off_grid",
    "start_pushed",
    "stretched",
    "tail_inside_ad",
    "two_in_window",
    "unconditioned",
    "unknown",
    "unknown_open",
)
LEAST = 50
SHRINKING = 150
SEEDED = 900


def compare(one: Channel, cases: Counter[str]) -> None:
    """Every playlist of every viewer at every refresh, and every join instant."""
    product = Product(one)
    for step in play(one, cases):
        product.refresh(step.refresh)
        for viewer, join in step.joined.items():
            assert product.join(viewer) == join, (step.refresh, viewer)
        for viewer, start, pod in step.assigned:
            product.viewers[viewer].pods[start] = pod
        for (viewer, rendition), want in step.playlists.items():
            entries = tuple((entry.uri, entry.tagged) for entry in want.entries)
            expected = (want.media_sequence, want.discontinuity_sequence, entries)
            assert shown(product.playlist(viewer, rendition)) == expected, (step.refresh, viewer, rendition)


def test_equal() -> None:
    """Some channels are drawn choice by choice, so that a failure shrinks; most from a seed, so that cases are rich."""
    cases: Counter[str] = Counter()

    @_examples(SHRINKING)
    @given(channels())
    def drawn(one: Channel) -> None:
        compare(one, cases)

    @_examples(SEEDED)
    @given(st.integers(0, 2**32 - 1))
    def seeded(seed: int) -> None:
        compare(channel(Random(seed)), cases)

    drawn()
    seeded()
    for name, count in sorted(cases.items()):
        print(f"{name:>18} {count:>8}")
    assert {name: cases[name] for name in HARD if cases[name] < LEAST} == {}


def _examples(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
