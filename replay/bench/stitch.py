"""``edge.stitch_vs_static``: stitched playlists a second on one core, against a constant body of the same size.

Rates are responses for each second of processor time that the server's process got: on a quiet machine its core is busy
all the time and that is the rate by the clock, on a shared one what else runs there weighs on neither side.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from statistics import median
from typing import Any, Final

from domain.errors import InputError
from replay.bench.expected import Sample, compare
from replay.bench.figures import Figure, against
from replay.bench.filled import Size
from replay.bench.load import Order, Outcome, run_load
from replay.bench.servers import Entry, Pipe, Ready, run_edge, run_static_app, run_static_server

SAMPLE: Final = 100
"""Every hundredth body is kept and compared."""
FLOOR: Final = 0.9
"""Shares of a core: a server that was idler than this was not what limited the run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How large and how long. ``rounds`` times: the edge, then each of the baselines, ``seconds`` each."""

    size: Size = field(default_factory=Size)
    rounds: int = 9
    seconds: float = 3.0
    connections: int = 512


class WrongBodies(AssertionError):  # noqa: N818 - not an error of input: the edge itself is wrong
    """Bodies that differ from the reference, or requests that failed: no figure can be told."""


@dataclass(slots=True)
class Rounds:
    """The outcomes of all rounds, and what every sampled body came to."""

    edge: list[Outcome]
    app: list[Outcome]
    server: list[Outcome]
    compared: int
    versions: int


def stitch_vs_static(plan: Plan) -> list[Figure]:
    """The edge's rate, held against an aiohttp handler, and against the leanest server that aiohttp can be."""
    rounds = measure(plan)
    mean = sum(outcome.length for outcome in rounds.edge) // sum(outcome.responses for outcome in rounds.edge)
    clock = median(outcome.rate for outcome in rounds.edge)
    idlest = min(outcome.server_busy for outcome in rounds.edge)
    busiest = max(outcome.busy for outcome in (*rounds.edge, *rounds.app, *rounds.server))
    note = (
        f"{mean} bytes a body; by the clock {clock:,.0f}/s, server {idlest:.0%} of its core or more, "
        f"generator {busiest:.0%} or less; {rounds.compared} bodies of {rounds.versions} versions equal the reference's"
    )
    if idlest < FLOOR:
        note += f"; other work shared the server's core (below {FLOOR:.0%})"
    rates, app, server = ([one.core_rate for one in outcomes] for outcomes in (rounds.edge, rounds.app, rounds.server))
    return [
        against("edge.stitch_vs_static", "playlists/s", rates, app, f"baseline: a web.Application handler; {note}"),
        against(
            "edge.stitch_vs_lean_static", "playlists/s", rates, server, "the same runs; baseline: web.Server, no router"
        ),
    ]


def measure(plan: Plan) -> Rounds:
    """Alternate edge and baselines; compare the sampled bodies at the end.

    Raises ``WrongBodies``, and ``InputError`` on a machine with one core.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise InputError("edge.stitch_vs_static", "two cores", str(len(cores)))
    rounds = Rounds([], [], [], 0, 0)
    samples: list[Sample] = []
    with ExitStack() as stack:
        load = stack.enter_context(_process(run_load, cores[1], None))
        edge = stack.enter_context(_process(run_edge, cores[0], plan.size))
        ready: Ready = edge.recv()
        paths = list(ready.paths)
        random.Random(1).shuffle(paths)  # noqa: S311 - an order, not a secret
        asked = Order(ready.port, ready.pid, [path for *_, path in paths], plan.seconds, plan.connections, SAMPLE)

        def stitched(order: Order) -> Outcome:
            edge.send("go")
            outcome = _ask(load, order)
            edge.send("pause")
            samples.extend(
                Sample(paths[turn][0], paths[turn][1], sent, received, body)
                for turn, sent, received, body in outcome.samples
            )
            return outcome

        first = stitched(replace(asked, seconds=min(plan.seconds, 1.0)))
        length = first.length // first.responses
        orders = []
        for run in (run_static_app, run_static_server):
            pipe = stack.enter_context(_process(run, cores[0], length))
            other: Ready = pipe.recv()
            orders.append(replace(asked, port=other.port, pid=other.pid, sample=0))
        for _ in range(plan.rounds):
            rounds.edge.append(stitched(asked))
            rounds.app.append(_ask(load, orders[0]))
            rounds.server.append(_ask(load, orders[1]))
        edge.send("log")
        adopted: list[tuple[float, int]] = edge.recv()
    verdict = compare(samples, adopted, plan.size)
    if verdict.wrong:
        raise WrongBodies(f"{len(verdict.wrong)} of {verdict.compared} bodies, the first: {verdict.wrong[0]}")
    rounds.compared, rounds.versions = verdict.compared, verdict.versions
    return rounds


def _ask(load: Pipe, order: Order) -> Outcome:
    load.send(order)
    outcome: Outcome = load.recv()
    if outcome.failures:
        raise WrongBodies(f"{outcome.failures} requests to port {order.port} failed")
    return outcome


@contextmanager
def _process(run: Entry, core: int, argument: Any) -> Iterator[Pipe]:
    """A fresh process with one end of a pipe; told to stop, and waited for, at the end."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs, core, argument), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        with suppress(BrokenPipeError):  # it has ended by itself, and said why
            ours.send("stop")
        process.join(10)
        if process.is_alive():
            process.kill()
        ours.close()
