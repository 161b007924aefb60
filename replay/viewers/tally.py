"""What viewers count, each for itself, and what it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from domain.units import seconds
from replay.conformance import Finding
from replay.viewers.head import Stall
from replay.viewers.pods import PodSeen

MAX_FINDINGS: Final = 100
"""Findings kept of one viewer with their playlists; all are counted."""


@dataclass(slots=True)
class Tally:
    """One viewer's counts.

    ``reloads`` are media playlists that came whole; ``statuses`` counts all requests for playlists and ``segments``
    those for segments, by what became of them; ``length`` is in bytes of bodies. ``rules`` counts all findings by rule,
    ``excused`` the gaps in publishing during which the edge refused connections. ``slowest`` is the longest time to an
    answer, in microseconds.
    """

    opened: bool = False
    reloads: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    segments: Counter[str] = field(default_factory=Counter)
    length: int = 0
    findings: list[Finding] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    excused: int = 0
    stalls: Sequence[Stall] = ()
    pods: Sequence[PodSeen] = ()
    slowest: int = 0

    def found(self, finding: Finding) -> None:
        """Count a finding, and keep it while there is room."""
        self.rules[finding.rule] += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)


@dataclass(frozen=True, slots=True)
class Summary:
    """All viewers of a crowd, in the order of their numbers."""

    tallies: tuple[Tally, ...]

    @property
    def findings(self) -> list[tuple[int, Finding]]:
        """The findings kept, each with its viewer's number."""
        return [(number, finding) for number, tally in enumerate(self.tallies) for finding in tally.findings]

    @property
    def stalls(self) -> list[Stall]:
        """Every viewer's stalls."""
        return [stall for tally in self.tallies for stall in tally.stalls]

    def data(self) -> dict[str, Any]:
        """The totals, ready for JSON; times in seconds."""
        tallies, stalls = self.tallies, self.stalls
        return {
            "viewers": len(tallies),
            "opened": sum(tally.opened for tally in tallies),
            "reloads": sum(tally.reloads for tally in tallies),
            "statuses": _sum(tally.statuses for tally in tallies),
            "segments": _sum(tally.segments for tally in tallies),
            "bytes": sum(tally.length for tally in tallies),
            "findings": _sum(tally.rules for tally in tallies),
            "excused": sum(tally.excused for tally in tallies),
            "stalls": len(stalls),
            "stalled_viewers": sum(bool(tally.stalls) for tally in tallies),
            "longest_stall": seconds(max((stall.length for stall in stalls), default=0)),
            "stalled_time": seconds(sum(stall.length for stall in stalls)),
            "pods": sum(len(tally.pods) for tally in tallies),
            "slowest": seconds(max((tally.slowest for tally in tallies), default=0)),
        }


def _sum(counts: Iterable[Counter[str]]) -> dict[str, int]:
    return {str(name): number for name, number in sorted(sum(counts, Counter[str]()).items())}
