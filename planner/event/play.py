"""A night played break by break in the order of time, whatever decides: what a policy makes of an event.

Everything is in expected viewers, as in a plan, and counted as a plan is. A scene's viewers are asked for with the
probability that it comes; the lengths of one break are alternatives and come one after the other with their weights.

No policy exceeds a hard limit. Where what it offers would, only so many of the viewers get it, the same part of all who
ask for what is short, and the others are asked for again without the ads that have run out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

import numpy as np

from planner.account import impressions
from planner.event.answer import Shown
from planner.event.night import HARD, Night
from planner.problem import NOTHING, Ads, Flags, Floats, Integers, Rows, Shared
from planner.worth import pod_values

ROUNDS: Final = 12
"""Times that a scene is asked for: more than pods have ads that are short. Who is left then sees slate."""
CUTS: Final = 8
"""Times that portions are cut in proportion before what they give to each other's shares no longer counts."""
LEAST: Final = 1e-3
"""Of an impression: a limit that leaves less leaves nothing."""
ROUNDING: Final = 1e-9
"""Of a limit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Pods are wanted in scene number ``scene``, for ``seats`` float64[C] viewers of ``cohorts`` int64[C].

    ``rows`` has a row for each of them and a column for each of the scene's ads; ads that have run out are not allowed,
    ``costs`` are what repeats cost, and ``seats`` mean nothing. ``left`` float64[I] is limit less use of each shared
    row; 0 or less is left of lower bounds that are kept. ``again``: what was offered before did not suffice.
    """

    scene: int
    cohorts: Integers
    rows: Rows
    seats: Floats
    left: Floats
    again: bool


class Offered(NamedTuple):
    """N portions: ``seats`` float64[N] viewers of row ``rows`` int64[N] see ``pods`` int16[N, P] of the scene's ads.

    Who is in no portion sees slate.
    """

    rows: Integers
    pods: Ads
    seats: Floats


class Policy(Protocol):
    """Decides for one night, scene after scene."""

    def __call__(self, asked: Asked) -> Offered:
        """Legal pods for the viewers who are asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Played:
    """What a night came to: ``value`` micros less penalties, ``fill`` the part of viewer seconds that ads fill.

    ``impressions`` of all ads together; ``short`` float64[I] of lower bounds; ``placed`` float64[S, J] impressions.
    """

    value: float
    fill: float
    impressions: float
    short: Floats
    placed: Floats
    shown: Shown


def play(night: Night, policy: Policy) -> Played:
    """Serve every scene by ``policy``, in the order of time."""
    left = _Left(night)
    placed = np.zeros((len(night.scenes), len(night.ads)))
    portions: list[tuple[int, Offered]] = []
    gross = 0.0
    for number, scene in enumerate(night.scenes):
        for each in _serve(night, number, left, policy):
            placed[number, scene.ads] += impressions(each.pods, each.seats, len(scene.ads))
            values = pod_values(scene.rules, scene.worth, scene.rows.values[each.rows], each.pods)
            gross += float((values * each.seats).sum())
            # The last number is that of NOTHING, -1.
            portions.append((number, each._replace(pods=np.append(scene.ads, NOTHING).astype(np.int16)[each.pods])))
    short = np.where(night.shared.at_least, np.maximum(left.shared, 0.0), 0.0)
    value = gross - float((night.shared.penalty * short).sum()) - left.excess()
    return Played(value, _fill(night, placed), float(placed.sum()), short, placed, _shown(portions))


class _Charge(NamedTuple):
    """What reach row ``row`` counts in a scene: of ``ads`` int64[n], the scene's numbers, ``use`` float64[n] each."""

    row: int
    ads: Integers
    use: Floats
    penalty: float


class _Left:
    """What is left of a night's limits: ``shared`` float64[I], ``reach`` float64[G, K]."""

    def __init__(self, night: Night) -> None:
        self.shared = night.shared.limit.astype(np.float64)
        self.reach = np.array([row.limit for row in night.reach]).reshape(len(night.reach), len(night.cohorts))
        self._rows = night.reach

    def excess(self) -> float:
        """Micros that what is beyond soft reach rows costs."""
        return sum(
            row.penalty * float(np.maximum(-left, 0.0).sum())
            for row, left in zip(self._rows, self.reach, strict=True)
            if row.penalty != HARD
        )


def _serve(night: Night, number: int, left: _Left, policy: Policy) -> list[Offered]:
    """Portions of one scene, their rows cohorts; ``left`` is charged for them."""
    scene = night.scenes[number]
    shared = replace(night.shared, use=scene.use)
    charges = _charges(night, number)
    cut = np.zeros(len(shared), dtype=np.bool_)
    cohorts = np.flatnonzero(scene.seats > LEAST)
    seats = scene.seats[cohorts]
    found: list[Offered] = []
    for turn in range(ROUNDS):
        if not len(cohorts) or not len(scene.ads):
            break
        reach = left.reach[:, cohorts]
        rows = _open(scene.rows.take(cohorts), seats, charges, reach)
        rows.allowed[:, _run_out(shared, left.shared, cut)] = False
        offered = _asked_for(policy(Asked(number, cohorts, rows, seats, left.shared.copy(), again=turn > 0)), seats)
        kept = _within_reach(offered, charges, reach, len(scene.ads))
        kept, over = _within_shared(kept, shared, left.shared)
        cut |= over
        left.shared -= _used(shared, impressions(kept.pods, kept.seats, len(scene.ads)))
        seen = _seen(kept, len(cohorts), len(scene.ads))
        for charge in charges:
            left.reach[charge.row, cohorts] -= _counted(seen, charge)
        some = kept.seats > 0.0
        found.append(Offered(cohorts[kept.rows[some]], kept.pods[some], kept.seats[some]))
        rest = np.zeros(len(cohorts))
        np.add.at(rest, offered.rows, offered.seats - kept.seats)
        again = rest > LEAST
        cohorts, seats = cohorts[again], rest[again]
    return found


def _charges(night: Night, number: int) -> list[_Charge]:
    ads = night.scenes[number].ads
    local = np.full(len(night.ads), NOTHING, dtype=np.int64)
    local[ads] = np.arange(len(ads))
    found = []
    for row, reach in enumerate(night.reach):
        if reach.first <= number < reach.stop:
            here = local[reach.ads] != NOTHING
            if here.any():
                found.append(_Charge(row, local[reach.ads[here]], reach.use[here], reach.penalty))
    return found


def _open(rows: Rows, seats: Floats, charges: list[_Charge], reach: Floats) -> Rows:
    """The rows of C cohorts without ads that their reach float64[G, C] leaves nothing of, and with what repeats cost.

    An ad of which there is some left without a penalty costs the part of it that is paid if all viewers see the ad.
    """
    costs = np.zeros(rows.values.shape, dtype=np.float32)
    for charge in charges:
        there = reach[charge.row]
        if charge.penalty == HARD:
            rows.allowed[:, charge.ads] &= there[:, None] >= LEAST * charge.use
        elif (there < seats * charge.use.max(initial=0.0)).any():
            beyond = 1.0 - np.clip(there[:, None] / (seats[:, None] * np.maximum(charge.use, LEAST)), 0.0, 1.0)
            costs[:, charge.ads] += (charge.penalty * charge.use * beyond).astype(np.float32)
    return replace(rows, costs=costs)


def _run_out(shared: Shared, left: Floats, cut: Flags) -> Flags:
    """bool[Js]: ads of which a hard shared row leaves nothing.

    A maximum share starts with nothing left and gets room from what others show: it has run out where ``cut`` says so.
    """
    given = (shared.use < 0.0).any(axis=1)
    rows = ~shared.at_least & (~given | cut)
    use = np.where(rows[:, None], shared.use, 0.0)
    return np.asarray(((use > 0.0) & (left[:, None] < LEAST * use)).any(axis=0))


def _asked_for(offered: Offered, seats: Floats) -> Offered:
    """Without empty pods, and for no more viewers than were asked for."""
    some = (offered.pods != NOTHING).any(axis=1) & (offered.seats > 0.0)
    rows, pods, wanted = (each[some] for each in offered)
    total = np.bincount(rows, weights=wanted, minlength=len(seats))
    part = np.minimum(1.0, seats / np.maximum(total, LEAST))
    return Offered(rows, pods, wanted * part[rows])


def _within_reach(offered: Offered, charges: list[_Charge], reach: Floats, ads: int) -> Offered:
    """The part of each portion that hard reach rows leave room for: the same for all of a cohort's that use the row."""
    seen = _seen(offered, reach.shape[1], ads)
    part = np.ones((reach.shape[1], ads + 1))
    for charge in charges:
        if charge.penalty == HARD:
            asked, there = _counted(seen, charge), np.maximum(reach[charge.row], 0.0)
            over = np.flatnonzero(asked > there)
            if len(over):
                users = charge.ads[charge.use > 0.0]
                where = np.ix_(over, users)
                part[where] = np.minimum(part[where], (there[over] / asked[over])[:, None])
    # The last column is that of NOTHING, -1.
    return offered._replace(seats=offered.seats * part[offered.rows[:, None], offered.pods].min(axis=1, initial=1.0))


def _within_shared(offered: Offered, shared: Shared, left: Floats) -> tuple[Offered, Flags]:
    """The part of each portion that shared rows leave room for, and bool[I]: which rows had too little."""
    seats, cut = offered.seats, np.zeros(len(shared), dtype=np.bool_)
    hard = np.flatnonzero(~shared.at_least)
    room = left + ROUNDING * (np.abs(shared.limit) + np.abs(shared.use).max(axis=1, initial=0.0))
    for turn in range(CUTS):
        use = _used(shared, impressions(offered.pods, seats, shared.use.shape[1]))
        over = hard[use[hard] > room[hard]]
        if not len(over):
            break
        cut[over] = True
        last = turn == CUTS - 1
        part = np.ones(len(seats))
        for row in hard if last else over:
            each = np.append(shared.use[row], 0.0)[offered.pods].sum(axis=1)
            spent = float((np.maximum(each, 0.0) * seats).sum())
            given = 0.0 if last else float((np.maximum(-each, 0.0) * seats).sum())
            if spent > 0.0:
                most = min(1.0, max(0.0, left[row] + given) / spent)
                part = np.where(each > 0.0, np.minimum(part, most), part)
        seats = seats * part
    return offered._replace(seats=seats), cut


def _seen(offered: Offered, rows: int, ads: int) -> Floats:
    """float64[C, Js]: impressions by row."""
    found = np.zeros((rows, ads))
    for slot in range(offered.pods.shape[1]):
        pods = offered.pods[:, slot].astype(np.int64)
        there = pods != NOTHING
        np.add.at(found, (offered.rows[there], pods[there]), offered.seats[there])
    return found


def _used(shared: Shared, placed: Floats) -> Floats:
    """float64[I]: what ``placed`` float64[Js] impressions use."""
    # einsum and not a matrix product: the same sum in the same order with any number of threads.
    return np.asarray(np.einsum("ij,j->i", shared.use, placed), dtype=np.float64)


def _counted(seen: Floats, charge: _Charge) -> Floats:
    """float64[C]: what a reach row counts of impressions ``seen`` float64[C, Js]."""
    return np.asarray(np.einsum("kj,j->k", seen[:, charge.ads], charge.use), dtype=np.float64)


def _fill(night: Night, placed: Floats) -> float:
    seconds = sum(
        float((row[scene.ads] * scene.rules.durations).sum()) for scene, row in zip(night.scenes, placed, strict=True)
    )
    there = sum(float(scene.seats.sum()) * scene.duration for scene in night.scenes)
    return min(1.0, seconds / there) if there > 0.0 else 0.0


def _shown(portions: list[tuple[int, Offered]]) -> Shown:
    width = max((each.pods.shape[1] for _, each in portions), default=1)
    pods = np.full((sum(len(each.rows) for _, each in portions), width), NOTHING, dtype=np.int16)
    done = 0
    for _, each in portions:
        pods[done : done + len(each.rows), : each.pods.shape[1]] = each.pods
        done += len(each.rows)
    scenes = [np.full(len(each.rows), number, dtype=np.int64) for number, each in portions]
    cohorts, seats = [each.rows for _, each in portions], [each.seats for _, each in portions]
    nobody, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Shown(
        np.concatenate([nobody, *scenes]), np.concatenate([nobody, *cohorts]), pods, np.concatenate([nothing, *seats])
    )
