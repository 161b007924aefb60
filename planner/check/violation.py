"""What is wrong, and where."""

from __future__ import annotations

from dataclasses import dataclass

from planner.problem import Rule


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: its code, the pod, cohort or break it is broken in, and the facts in words."""

    rule: Rule
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.message}"
