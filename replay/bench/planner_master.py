"""``planner.master_vs_glop``: the master against one linear program of all columns, on the same written pods.

The book is synthetic: ``PODS`` pods are drawn once, each legal for every cohort, so that both sides choose from the
same columns, one for each cohort and pod. Ours prices the written pods with one matrix product and adds columns where
they pay; the other side hands GLOP all of them at once, which is what one writes first. Loading is not counted for the
other side, only what the solver takes, cut at ``Size.cut`` seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Final

import numpy as np

from domain.units import Microseconds
from planner.master.generation import ColumnGeneration
from planner.port import Iterations
from planner.price.port import Priced
from planner.problem import NOTHING, Ads, Floats, Integers, Kind, PodRules, Position, Problem, Rows, Shared, Worth
from planner.solvers.lp import Linear, maximise
from planner.worth import pod_value
from replay.bench.figures import Figure

BREAK: Final = 180_000_000
GAP: Final = 5e-5
"""Asked of ours, for whole seats."""
ITERATIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to plan, and for how many seconds the other side may try."""

    cohorts: int = 2_000
    pods: int = 300
    ads: int = 150
    campaigns: int = 100
    seats: int = 1_000_000
    cut: float = 60.0


def master_vs_glop(size: Size | None = None, runs: int = 3) -> list[Figure]:
    """Seconds of ours from nothing to a plan in whole seats; of GLOP on all columns; the ratio is theirs to ours."""
    size = size or Size()
    problem, pods = written_book(size)
    written = Written(problem.rules, problem.worth, pods)
    planner = ColumnGeneration(lambda rules, worth: Written(rules, worth, pods))
    seconds = []
    for _ in range(runs):
        began = perf_counter()
        certificate = planner(problem, stop=Iterations(ITERATIONS, GAP)).certificate
        seconds.append(perf_counter() - began)
    linear, scale = all_columns(problem, written)
    found = maximise(linear, seconds=size.cut)
    state = "optimal" if found.optimal else f"cut at {size.cut:g} s"
    bound = certificate.upper_bound
    note = (
        f"{len(problem.rows)} cohorts by {len(pods)} pods; ours: {certificate.value:.7g} micros in whole seats, "
        f"{1 - certificate.value / bound:.1e} below the bound {bound:.7g}; GLOP on all columns: {state}, "
        f"{found.objective * scale:.7g} micros, {1 - found.objective * scale / bound:.1e} below"
    )
    ours = median(seconds)
    return [Figure("planner.master_vs_glop", ours, "s", found.seconds, found.seconds / ours, tuple(seconds), note)]


def all_columns(problem: Problem, written: Written) -> tuple[Linear, float]:
    """One program of a variable for each row and pod, in shares and parts of limits as the master has it; its scale."""
    shared, seats = problem.shared, problem.rows.seats.astype(np.float64)
    rows, pods = len(problem.rows), len(written.counts)
    soft = np.flatnonzero(shared.at_least)
    count = rows * pods
    value = written.values(problem.rows) * seats[:, np.newaxis]
    scale = float(value.max(axis=1).sum())
    use = written.counts @ (shared.use / shared.limit[:, np.newaxis]).T
    pod, limit = np.nonzero(use)
    first = np.arange(rows, dtype=np.int64)[:, np.newaxis] * pods
    numbers = np.arange(count, dtype=np.int64)
    return (
        Linear(
            objective=np.concatenate([value.ravel(), -shared.penalty[soft] * shared.limit[soft]]) / scale,
            upper=np.full(count + len(soft), np.inf),
            least=np.concatenate([np.full(rows, -np.inf), np.where(shared.at_least, 1.0, -np.inf)]),
            most=np.concatenate([np.ones(rows), np.where(shared.at_least, np.inf, 1.0)]),
            rows=np.concatenate([numbers // pods, rows + np.tile(limit, rows), rows + soft]),
            columns=np.concatenate([numbers, (first + pod).ravel(), count + np.arange(len(soft))]),
            entries=np.concatenate(
                [np.ones(count), (seats[:, np.newaxis] * use[pod, limit]).ravel(), np.ones(len(soft))]
            ),
        ),
        scale,
    )


class Written:
    """A ``planner.price.port.Pricing`` over written pods int16[P, N], each legal for every row."""

    def __init__(self, rules: PodRules, worth: Worth, pods: Ads) -> None:
        self._pods = pods
        self._known: tuple[Rows, Floats] | None = None
        padded = np.zeros((len(pods), rules.ads + 1))
        np.put_along_axis(padded, pods.astype(np.int64), 1.0, axis=1)
        # NOTHING is -1 and has marked the column behind the last ad.
        self.counts: Floats = padded[:, :-1]
        self._slots = np.zeros((rules.ads, len(pods)), dtype=np.float64)
        for number, pod in enumerate(pods):
            ads = [ad for ad in pod.tolist() if ad != NOTHING]
            for ad in ads:
                alone = np.zeros(rules.ads)
                alone[ad] = 1.0
                self._slots[ad, number] = pod_value(rules, worth, alone, ads)

    def values(self, rows: Rows) -> Floats:
        """float64[R, P] micros."""
        return np.asarray(rows.values.astype(np.float64) @ self._slots)

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        """The best written pod of each row, or none."""
        if weights is not None:
            raise ValueError("written pods are for one tier: no weights are expected")
        if self._known is None or self._known[0] is not rows:
            self._known = rows, self.values(rows)
        reduced = self._known[1] - self.counts @ costs
        best = reduced.argmax(axis=1)
        bound = np.maximum(reduced[np.arange(len(rows)), best], 0.0)
        pods = np.where(bound[:, np.newaxis] > 0, self._pods[best], np.int16(NOTHING))
        return Priced(bound, bound, pods)


def written_book(size: Size, seed: int = 1) -> tuple[Problem, Ads]:
    """A break and its written pods.

    Cohorts like advertisers by three hidden traits; prices lie between $8 and $40 per thousand. Of the campaigns six in
    ten have a budget, two in ten a goal, two in ten a guarantee at half their price as penalty. Budgets and goals allow
    between a fifth and four fifths of what the campaign would have as everybody's average pod.
    """
    random = np.random.default_rng(seed)
    owner = np.concatenate([np.arange(size.campaigns), random.integers(0, size.campaigns, size.ads - size.campaigns)])
    durations = random.choice([15_000_000, 30_000_000], size.ads, p=[0.6, 0.4]).astype(np.int64)
    price = np.round(random.uniform(8_000, 40_000, size.campaigns))[owner]
    liking = random.normal(0, 0.3, (size.cohorts, 3)) @ random.normal(0, 1, (3, size.campaigns))
    values = price * np.exp(liking[:, owner] + random.normal(0, 0.1, (size.cohorts, size.ads)))
    seats = random.multinomial(size.seats, random.dirichlet(np.full(size.cohorts, 2.0)))
    rules = PodRules(
        durations=durations,
        positions=np.full(size.ads, int(Position.ANY), dtype=np.uint8),
        families=(),
        duration=Microseconds(BREAK),
        minimum_fill=Microseconds(0),
        maximum_ads=12,
    )
    worth = Worth(np.array([0, BREAK], dtype=np.int64), np.array([1.0, 0.96]), first=1.05)
    rows = Rows(
        values=values.astype(np.float32),
        allowed=np.ones(values.shape, dtype=np.bool_),
        seats=seats.astype(np.int64),
        ad_time=np.full(size.cohorts, BREAK, dtype=np.int64),
        required=np.zeros(size.cohorts, dtype=np.int64),
    )
    pods = _pods(random, rules, size.pods)
    typical = size.seats * np.bincount(pods[pods != NOTHING], minlength=size.ads) / size.pods
    return Problem(rules, worth, rows, _shared(random, owner, price, typical), np.ones(size.ads, dtype=np.int64)), pods


def _pods(random: np.random.Generator, rules: PodRules, count: int) -> Ads:
    pods = np.full((count, rules.maximum_ads), NOTHING, dtype=np.int16)
    for pod in pods:
        left, slot = int(rules.duration), 0
        for ad in random.permutation(rules.ads).tolist():
            if rules.durations[ad] <= left and slot < len(pod):
                pod[slot] = ad
                left, slot = left - int(rules.durations[ad]), slot + 1
    return pods


def _shared(random: np.random.Generator, owner: Integers, price: Floats, typical: Floats) -> Shared:
    kinds, limits, uses, penalties = [], [], [], []
    for campaign in range(int(owner.max()) + 1):
        own = (owner == campaign).astype(np.float64)
        reach = float(typical @ own) * random.uniform(0.2, 0.8)
        bid = float(price[owner == campaign][0])
        kind = (Kind.BUDGET, Kind.BUDGET, Kind.BUDGET, Kind.GOAL, Kind.GUARANTEE)[campaign % 5]
        kinds.append(kind)
        uses.append(own * bid if kind is Kind.BUDGET else own)
        limits.append(float(round(reach * bid if kind is Kind.BUDGET else reach)))
        penalties.append(bid / 2 if kind is Kind.GUARANTEE else 0.0)
    names = tuple(f"campaign {campaign}" for campaign in range(len(kinds)))
    return Shared(tuple(kinds), names, np.array(uses), np.array(limits), np.array(penalties))
