"""What a benchmark answers, as a table for people and as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: the median of ``runs``, what it is held against in the same unit, and their ratio.

    ``ratio`` is the median of the runs' own ratios where each run has its own baseline; above 1 means that ``value`` is
    the greater, whether that is better or worse. None: there is nothing to compare with.
    """

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    runs: tuple[float, ...]
    note: str = ""


def against(
    name: str, unit: str, runs: Sequence[float], baselines: Sequence[float], note: str = "", *, inverse: bool = False
) -> Figure:
    """The figure of runs that alternated with their baselines; ``inverse``: the ratio is baseline over value."""
    pairs = zip(runs, baselines, strict=True)
    ratios = [theirs / ours if inverse else ours / theirs for ours, theirs in pairs]
    return Figure(name, median(runs), unit, median(baselines), median(ratios), tuple(runs), note)


def table(figures: Sequence[Figure]) -> str:
    """Aligned columns, one figure a line, its note below."""
    lines = [f"{'name':<28}{'value':>12}  {'unit':<14}{'baseline':>12}{'ratio':>9}  runs"]
    for figure in figures:
        baseline = "-" if figure.baseline is None else _short(figure.baseline)
        ratio = "-" if figure.ratio is None else f"{figure.ratio:.3g}"
        runs = " ".join(_short(run) for run in figure.runs[:12])
        lines.append(f"{figure.name:<28}{_short(figure.value):>12}  {figure.unit:<14}{baseline:>12}{ratio:>9}  {runs}")
        if figure.note:
            lines.append(f"    {figure.note}")
    return "\n".join(lines)


def written(figures: Sequence[Figure]) -> str:
    """JSON: a list of objects with the fields of ``Figure``."""
    return json.dumps([asdict(figure) for figure in figures], indent=2) + "\n"


def save(figures: Sequence[Figure], path: Path) -> None:
    """Write ``path``; figures that it has under other names stay, so that ``--only`` does not lose the rest."""
    kept: list[dict[str, object]] = []
    if path.exists():
        fresh = {figure.name for figure in figures}
        kept = [known for known in json.loads(path.read_text(encoding="utf-8")) if known["name"] not in fresh]
    path.parent.mkdir(parents=True, exist_ok=True)
    both = [*kept, *(asdict(figure) for figure in figures)]
    path.write_text(json.dumps(both, indent=2) + "\n", encoding="utf-8")


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
