"""Ads of which a pod has at most one: the part of the rules that the dynamic program knows.

Families of limit 1 make a graph of conflicts. Its ads are parted into cliques, the large declared families first; a
clique is a group, of which the program takes one ad at most. Conflicts between groups are what is left for branching.
Families with a higher limit whose members are whole groups, and that do not overlap, are counted by the program too.

An ad that a contract requires stands here twice: as itself, and as a stand-in that holds the required position and that
every pod with any ad takes exactly one of. The two conflict, as one ad does with itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.problem import Family, Flags, Integers, PodRules, Position, Required, Rule

EDGES = Position.FIRST | Position.LAST


@dataclass(frozen=True, slots=True)
class Bundle:
    """Groups of which at most ``limit`` give an ad; a single group where nothing is counted.

    A group is a tuple of ads of which a pod has at most one. With ``must`` a pod with any ad has exactly one of them.
    """

    groups: tuple[tuple[int, ...], ...]
    limit: int = 1
    must: bool = False


@dataclass(frozen=True, slots=True)
class Parting:
    """How the rows with one set of requirements see the ads: E >= J of them, stand-ins last.

    ``origin`` int64[E] is the ad behind each; ``rules`` are those of the E ads. ``conflict`` bool[E, E] holds all pairs
    that may not stand together, ``open_pairs`` those of them that no group knows, ``open_families`` the families that
    no bundle counts, ``unsure`` the requirements that have no stand-ins. ``alone`` int64[n] are the ads
    that may be the only ad of a pod, where that is unlike being one of several: first and last at once.
    """

    origin: Integers
    rules: PodRules
    bundles: tuple[Bundle, ...]
    conflict: Flags
    open_pairs: Flags
    open_families: tuple[Family, ...]
    unsure: tuple[Required, ...]
    alone: Integers
    contracted: bool
    """Whether anything is required."""


def part(rules: PodRules, required: Sequence[Required], *, grouped: bool = True) -> Parting:
    """Part the ads for rows with these requirements; ads that can stand in no pod are in no group.

    Not ``grouped``: each ad is a group, and all that may not stand together is left open.
    """
    sure, unsure = _apart(required)
    origin, stand_ins, extended = _with_stand_ins(rules, sure)
    conflict = _conflicts(extended, origin)
    free = extended.durations <= extended.duration
    for family in extended.families:
        if family.limit <= 0:
            free[list(family.members)] = False
    usable = free[: rules.ads].copy()
    bundles = [Bundle((members,), must=True) for members in stand_ins]
    free[len(rules.durations) :] = False
    if grouped:
        groups = list(_cliques(extended, conflict, free))
        counted, open_families = _counted(extended, groups, rules.ads)
    else:
        groups = [(ad,) for ad in np.flatnonzero(free).tolist()]
        counted, open_families = [], tuple(family for family in extended.families if family.limit > 1)
    inside = {group for bundle in counted for group in bundle.groups}
    bundles += counted
    bundles += [Bundle((group,)) for group in groups if group not in inside]
    known = np.zeros_like(conflict)
    for bundle in bundles:
        for group in bundle.groups:
            members = np.array(group, dtype=np.int64)
            known[np.ix_(members, members)] = True
    meets = np.array(
        [all(ad in wanted.members and wanted.position & EDGES for wanted in required) for ad in range(rules.ads)],
        dtype=np.bool_,
    )
    alone = np.flatnonzero(usable & (rules.positions & EDGES != 0) & meets)
    return Parting(
        origin,
        extended,
        tuple(bundles),
        conflict,
        conflict & ~known,
        open_families,
        tuple(unsure),
        alone,
        bool(required),
    )


def _apart(required: Sequence[Required]) -> tuple[list[Required], list[Required]]:
    """Requirements that no ad can meet two of, and the others, of which a single ad might."""
    sure: list[Required] = []
    unsure: list[Required] = []
    taken: set[int] = set()
    for requirement in required:
        (sure if taken.isdisjoint(requirement.members) else unsure).append(requirement)
        taken.update(requirement.members)
    return sure, unsure


def _with_stand_ins(rules: PodRules, required: Sequence[Required]) -> tuple[Integers, list[tuple[int, ...]], PodRules]:
    origin = list(range(rules.ads))
    positions = rules.positions.tolist()
    stand_ins: list[tuple[int, ...]] = []
    for requirement in required:
        copies = []
        for ad in requirement.members:
            if positions[ad] & requirement.position:
                copies.append(len(origin))
                origin.append(ad)
                positions.append(positions[ad] & requirement.position)
        stand_ins.append(tuple(copies))
    twins: dict[int, list[int]] = {}
    for copy, ad in enumerate(origin):
        twins.setdefault(ad, []).append(copy)
    families = [
        replace(family, members=tuple(copy for ad in family.members for copy in twins[ad])) for family in rules.families
    ]
    edge_only = [copy for copy, mask in enumerate(positions) if not mask & ~EDGES]
    families.append(Family(tuple(edge_only), 2, Rule.POSITION, "first and last"))
    families += [
        Family(tuple(copy for copy, mask in enumerate(positions) if mask == edge), 1, Rule.POSITION, edge.name or "")
        for edge in (Position.FIRST, Position.LAST)
    ]
    places = np.array(origin, dtype=np.int64)
    extended = replace(
        rules,
        durations=rules.durations[places],
        positions=np.array(positions, dtype=np.uint8),
        families=tuple(family for family in families if len(family.members) > family.limit),
        required=((),),
    )
    return places, stand_ins, extended


def _conflicts(rules: PodRules, origin: Integers) -> Flags:
    found: Flags = origin[:, None] == origin[None, :]
    for family in rules.families:
        if family.limit == 1:
            members = np.array(family.members, dtype=np.int64)
            found[np.ix_(members, members)] = True
    np.fill_diagonal(found, val=False)
    return found


def _cliques(rules: PodRules, conflict: Flags, free: Flags) -> Iterator[tuple[int, ...]]:
    """Part the ads that are ``free`` into cliques, and take them from it."""
    declared = sorted(
        (family.members for family in rules.families if family.limit == 1), key=lambda members: (-len(members), members)
    )
    for members in [*declared, *((ad,) for ad in range(rules.ads))]:
        clique = [ad for ad in members if free[ad]]
        if not clique:
            continue
        common = free & conflict[clique].all(axis=0)
        while common.any():
            more = int(np.argmax(common))
            clique.append(more)
            common &= conflict[more]
        free[clique] = False
        yield tuple(sorted(clique))


def _counted(rules: PodRules, groups: Sequence[tuple[int, ...]], ads: int) -> tuple[list[Bundle], tuple[Family, ...]]:
    """Families of a higher limit as bundles of whole groups, and those left open; stand-ins follow ``ads``."""
    taken: set[tuple[int, ...]] = set()
    bundles: list[Bundle] = []
    left: list[Family] = []
    stand_ins = set(range(ads, rules.ads))
    for family in sorted(rules.families, key=lambda family: (-len(family.members), family.members)):
        if family.limit < 2:
            continue
        members = set(family.members)
        inside = [group for group in groups if members & set(group)]
        if len(inside) <= family.limit and not members & stand_ins:
            continue
        whole = all(members.issuperset(group) for group in inside) and not members & stand_ins
        if whole and taken.isdisjoint(inside):
            taken.update(inside)
            bundles.append(Bundle(tuple(inside), family.limit))
        else:
            left.append(family)
    return bundles, tuple(left)
