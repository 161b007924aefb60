"""Every creative of the book stands in a pod of a planned break or is listed as left out of it, and not both.

A reason that is the code of a rule must hold: the rules of one ad alone are checked again. Reasons of money and of
cohorts are the planner's own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from planner.check.alone import ALONE_RULES, too_long
from planner.check.facts import Facts, duration_of
from planner.check.pod import PodCheck
from planner.planfile import BreakFile, LeftOutFile
from planner.problem import Rule


def left_out(
    facts: Facts,
    listed: Sequence[LeftOutFile],
    entries: Mapping[str, Sequence[BreakFile]],
    checks: Mapping[str, PodCheck],
) -> Iterator[tuple[str, str]]:
    """What does not hold, as pairs of break and reason; ``entries`` and ``checks`` are by break."""
    found: dict[tuple[str, str], LeftOutFile] = {}
    for each in listed:
        key = (each.break_, each.creative)
        if each.creative not in facts.ads:
            yield each.break_, f"{each.creative} is left out, and is no creative of the book"
        elif each.break_ not in entries:
            yield each.break_, f"{each.creative} is left out of a break that is not planned"
        elif key in found:
            yield each.break_, f"{each.creative} is left out twice"
        found[key] = each
    for brk, planned in entries.items():
        placed = {name for entry in planned for pod in entry.pods if pod.seats for name in pod.creatives}
        for name in facts.ads:
            why = found.get((brk, name))
            if name in placed:
                if why is not None:
                    yield brk, f"{name} is left out, and stands in a pod"
            elif why is None:
                yield brk, f"{name} stands in no pod, and no reason is given"
            elif not _holds(why, planned, checks[brk]):
                yield brk, f"{name} is left out because of {why.reason}, which does not hold"


def _holds(why: LeftOutFile, planned: Sequence[BreakFile], check: PodCheck) -> bool:
    ad = check.facts.ads[why.creative]
    if why.reason == Rule.DURATION:
        return all(too_long(ad, duration_of(entry.duration)) is not None for entry in planned)
    if why.reason in ALONE_RULES:
        return any(code == why.reason for code, _ in check.alone(ad))
    return True
