"""What the checker finds in stitchers, and a run of it over as many playlists of the clean one as there is time for.

``python -m tests.replay.conformance_broken.clean_run SEEDS [FIRST]``: each seed is one viewer of one presentation, a
hundred refreshes of each of five playlists. Exit status 1 where anything is found.
"""

from __future__ import annotations

import sys
from typing import Any

from replay.conformance import Checker, Finding
from tests.replay.conformance_broken.clean import Clean
from tests.replay.conformance_broken.event import SECOND
from tests.replay.conformance_broken.presentation import creative_of, presentation
from tests.replay.conformance_broken.viewer import watch

LENGTH = 300 * SECOND
"""About a hundred refreshes of each playlist."""


def findings(kind: type[Clean], seed: int, **demands: Any) -> tuple[list[Finding], int]:
    """What the checker finds in all that one viewer sees, and how many playlists that is."""
    stitcher = kind(presentation(seed, 420 * SECOND, {**kind.demands, **demands}))
    return watch(stitcher, Checker(creative=creative_of), seed, LENGTH)


def told(made: list[Finding]) -> list[str]:
    """One line for each."""
    return [f"{finding.rule} in {finding.playlist}, line {finding.line}: {finding.message}" for finding in made]


def main(seeds: int, first: int = 0) -> int:
    """Judge the clean stitcher; the exit status."""
    total = found = 0
    for seed in range(first, first + seeds):
        made, seen = findings(Clean, seed)
        total, found = total + seen, found + len(made)
        for line in told(made):
            print(f"seed {seed}: {line}", flush=True)
    print(f"{total} playlists of {seeds} viewers, {found} findings")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
