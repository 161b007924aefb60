"""``python -m replay.bench [--only NAME] [--quick] [--json]``: measure, print a table, write ``build/bench.json``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from replay.bench.dvr import dvr_version
from replay.bench.figures import Figure, save, table, written
from replay.bench.filled import Size
from replay.bench.latency import cue_to_playlist
from replay.bench.memory import bytes_per_session
from replay.bench.planner_event import SMALL, whole_event
from replay.bench.planner_hard import hard_books
from replay.bench.planner_master import Size as MasterSize
from replay.bench.planner_master import master_vs_glop
from replay.bench.planner_scaling import scaling
from replay.bench.planner_seats import Asked, seats_vs_bnb
from replay.bench.planner_value import planner_value
from replay.bench.refresh import refresh_vs_m3u8
from replay.bench.stitch import Plan, stitch_vs_static

RESULTS: Final = Path("build/bench.json")
TABLE: Final = Path("build/planner-vs-baselines.md")

FULL: Final[Mapping[str, Callable[[], list[Figure]]]] = {
    "edge.stitch_vs_static": lambda: stitch_vs_static(Plan()),
    "edge.refresh_vs_m3u8": refresh_vs_m3u8,
    "edge.dvr_version_ms": lambda: [dvr_version()],
    "edge.bytes_per_session": lambda: [bytes_per_session()],
    "edge.cue_to_playlist_ms": lambda: [cue_to_playlist()],
    "planner.seats": hard_books,
    "planner.master_vs_glop": master_vs_glop,
    "planner.seats_vs_bnb": seats_vs_bnb,
    "planner.value": lambda: planner_value(table=TABLE),
    "planner.scaling": scaling,
    "planner.event": whole_event,
}
QUICK: Final[Mapping[str, Callable[[], list[Figure]]]] = {
    "edge.stitch_vs_static": lambda: stitch_vs_static(Plan(Size(2_000, 100, 60), rounds=2, seconds=1.0)),
    "edge.refresh_vs_m3u8": lambda: refresh_vs_m3u8(3, 10),
    "edge.dvr_version_ms": lambda: [dvr_version(2, 2)],
    "edge.bytes_per_session": lambda: [bytes_per_session(20_000)],
    "edge.cue_to_playlist_ms": lambda: [cue_to_playlist(3)],
    "planner.seats": lambda: hard_books(500, 10),
    "planner.master_vs_glop": lambda: master_vs_glop(MasterSize(60, 30, 40, 20, 20_000, 5.0), 1),
    "planner.seats_vs_bnb": lambda: seats_vs_bnb(Asked(1_000, 20, 2, 20, 1)),
    "planner.value": lambda: planner_value(3, 2),
    "planner.scaling": lambda: scaling(((250, 5), (500, 10), (1_000, 20))),
    "planner.event": lambda: whole_event(SMALL),
}
"""The same machinery in seconds: to see that it works, not to quote."""


def main() -> None:
    """Run the benchmarks that are asked for, in order."""
    parser = argparse.ArgumentParser(prog="python -m replay.bench", description="Measure the edge and the planner.")
    parser.add_argument("--only", metavar="NAME", choices=list(FULL), help=f"one of {', '.join(FULL)}")
    parser.add_argument("--quick", action="store_true", help="small and short, nothing is written: does it run?")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    asked = parser.parse_args()
    chosen = QUICK if asked.quick else FULL
    figures: list[Figure] = []
    for name in [asked.only] if asked.only else list(chosen):
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        figures += chosen[name]()
    if not asked.quick:
        save(figures, RESULTS)
    print(written(figures) if asked.json else table(figures))


if __name__ == "__main__":
    main()
