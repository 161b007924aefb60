"""Families made from pairs refuse exactly those pairs, and are few."""

from itertools import combinations

import numpy as np
import pytest

from domain.errors import InputError
from planner.build import cliques as room
from planner.build.cliques import Cliques
from planner.build.lineup import bits, flags, members
from planner.problem import Rule


def pairs_of(families) -> set[tuple[int, int]]:
    return {pair for family in families if family.limit == 1 for pair in combinations(family.members, 2)}


def test_sets_of_bits_and_back():
    assert list(members(bits([3, 0, 17]))) == [0, 3, 17]
    assert np.flatnonzero(flags(bits([3, 0, 17]), 18)).tolist() == [0, 3, 17]
    assert flags(0, 3).tolist() == [False, False, False]


def test_random_pairs_are_covered_and_no_others():
    for seed in range(200):
        random = np.random.default_rng(seed)
        ads = int(random.integers(2, 14))
        cliques = Cliques(ads, "here")
        wanted: set[tuple[int, int]] = set()
        for _ in range(int(random.integers(0, 3))):
            chosen = sorted(random.choice(ads, size=int(random.integers(1, ads + 1)), replace=False).tolist())
            cliques.one_of(bits(chosen), Rule.SEPARATION, "node")
            wanted |= set(combinations(chosen, 2))
        for _ in range(int(random.integers(1, 4))):
            matrix = np.triu(random.random((ads, ads)) < random.choice([0.1, 0.5, 0.9]), 1)
            edges = {(int(one), int(other)) for one, other in np.argwhere(matrix)}
            conflicts = [(one, bits(other for left, other in edges if left == one)) for one in range(ads)]
            cliques.cover(conflicts, Rule.AVOID, "tag")
            wanted |= edges
        assert pairs_of(cliques.families()) == wanted
        assert all(cliques.apart(one, other) == ((one, other) in wanted) for one, other in combinations(range(ads), 2))


def test_a_star_on_a_clique_is_one_family():
    cliques = Cliques(40, "here")
    cliques.one_of(bits(range(1, 40)), Rule.SEPARATION, "Beer")
    cliques.cover([(0, bits(range(1, 40)))], Rule.AVOID, "airline")
    (family,) = cliques.families()
    assert family.members == tuple(range(40))
    assert family.rule is Rule.AVOID


def test_who_declares_a_node_is_one_family_with_each_who_does_not():
    cliques = Cliques(6, "here")
    cliques.one_of(bits([0, 1, 2, 3]), Rule.SEPARATION, "declared")
    cliques.cover([(ad, bits(range(6))) for ad in range(4)], Rule.SEPARATION, "declared")
    assert [family.members for family in cliques.families()] == [(0, 1, 2, 3, 4), (0, 1, 2, 3, 5)]


def test_limits_that_say_nothing_new_are_left_out():
    cliques = Cliques(5, "here")
    cliques.one_of(bits([0, 1, 2]), Rule.SEPARATION, "node")
    cliques.one_of(bits([0, 2]), Rule.ADVERTISER, "within")
    cliques.at_most(bits([0, 1, 2, 3]), 2, Rule.CAP_BREAK, "one of three and the fourth")
    cliques.at_most(bits([0, 1, 3, 4]), 2, Rule.CAP_BREAK, "binds")
    cliques.at_most(bits([0, 1, 4]), 2, Rule.CAP, "two of them at most anyway")
    cliques.at_most(0, -1, Rule.CAP, "nobody")
    assert [family.name for family in cliques.families()] == ["node", "binds"]
    assert cliques.most_of(bits([0, 1, 2])) == 1
    assert cliques.most_of(bits([0, 1, 3, 4])) == 2
    assert cliques.most_of(0) == 0


def test_too_many_pairs_are_refused(monkeypatch):
    monkeypatch.setattr(room, "MAX_PAIRS", 3)
    with pytest.raises(InputError, match=r"here: expected at most 3 pairs .* found more, by acme"):
        Cliques(5, "here").cover([(0, bits(range(5)))], Rule.AVOID, "acme")
