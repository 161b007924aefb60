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
from replay.bench.refresh import refresh_vs_m3u8
from replay.bench.stitch import Plan, stitch_vs_static

RESULTS: Final = Path("build/bench.json")

FULL: Final[Mapping[str, Callable[[], list[Figure]]]] = {
    "edge.stitch_vs_static": lambda: stitch_vs_static(Plan()),
    "edge.refresh_vs_m3u8": refresh_vs_m3u8,
    "edge.dvr_version_ms": lambda: [dvr_version()],
    "edge.bytes_per_session": lambda: [bytes_per_session()],
    "edge.cue_to_playlist_ms": lambda: [cue_to_playlist()],
}
QUICK: Final[Mapping[str, Callable[[], list[Figure]]]] = {
    "edge.stitch_vs_static": lambda: stitch_vs_static(Plan(Size(2_000, 100, 60), rounds=2, seconds=1.0)),
    "edge.refresh_vs_m3u8": lambda: refresh_vs_m3u8(3, 10),
    "edge.dvr_version_ms": lambda: [dvr_version(2, 2)],
    "edge.bytes_per_session": lambda: [bytes_per_session(20_000)],
    "edge.cue_to_playlist_ms": lambda: [cue_to_playlist(3)],
}
"""The same machinery in seconds: to see that it works, not to quote."""


def main() -> None:
    """Run the benchmarks that are asked for, in order."""
    parser = argparse.ArgumentParser(prog="python -m replay.bench", description="Measure the edge.")
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
