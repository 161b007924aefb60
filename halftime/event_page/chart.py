"""What drawings have in common: a scale, round ticks, a frame that tells in words what is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from halftime.event_page.markup import Child, Html, number, tag, text

HATCH: Final = "url(#hatch)"
"""What is not certain to happen is filled with this, see ``patterns``."""
_HOUR: Final = 3600
_STEPS: Final = (1, 5, 15, 60, 300, 600, 900, 1800, _HOUR, 2 * _HOUR, 6 * _HOUR, 24 * _HOUR)
"""Seconds between marks of a time axis."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Straight from ``start`` to ``stop`` of what is measured onto ``low`` to ``high`` of the drawing."""

    start: float
    stop: float
    low: float
    high: float

    def __call__(self, value: float) -> float:
        """Where ``value`` stands; in the middle if the scale has no extent."""
        if self.stop == self.start:
            return (self.low + self.high) / 2
        return self.low + (value - self.start) / (self.stop - self.start) * (self.high - self.low)


def ticks(most: float, wanted: int) -> tuple[float, ...]:
    """Round values from 0 to the first at or above ``most``, about ``wanted`` steps."""
    if most <= 0:
        return (0.0, 1.0)
    rough = most / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return tuple(step * index for index in range(math.ceil(most / step * 0.999) + 1))


def marks(start: float, stop: float, most: int) -> tuple[float, ...]:
    """Round instants in ``start`` to ``stop`` seconds, at most about ``most`` of them."""
    extent = max(stop - start, 1.0)
    step = next((step for step in _STEPS if extent / step <= most), None)
    if step is None:
        step = math.ceil(extent / most / _STEPS[-1]) * _STEPS[-1]
    first = math.ceil(start / step)
    return tuple(float(step * index) for index in range(first, math.floor(stop / step) + 1))


def drawing(width: int, height: int, told: str, *children: Child, class_: str = "") -> Html:
    """An SVG that a reader without eyes for it gets as ``told``."""
    return tag("svg", *children, class_=class_ or None, viewBox=f"0 0 {width} {height}", role="img", aria_label=told)


def line(points: Sequence[tuple[float, float]]) -> str:
    """Path data of straight lines."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def label(x: float, y: float, words: str, class_: str = "", anchor: str = "") -> Html:
    """Text in a drawing."""
    return tag("text", words, x=x, y=y, class_=class_ or None, text_anchor=anchor or None)


def hint(words: str) -> Html:
    """What a pointer that rests on an element is told."""
    return tag("title", words)


def box(x: float, y: float, width: float, height: float, class_: str, words: str = "") -> Html:
    """A rectangle; with ``words`` for a pointer that rests on it."""
    shape = tag("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), class_=class_)
    return tag("g", hint(words), shape) if words else shape


def patterns() -> Html:
    """What all drawings of the page fill with; stands once in it."""
    hatch = tag(
        "pattern",
        tag("rect", width=6, height=6, class_="hatch-ground"),
        tag("rect", width=2.5, height=6, class_="hatch-line"),
        id="hatch",
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    return tag("svg", tag("defs", hatch), class_="patterns", width=0, height=0, aria_hidden="true", focusable="false")


def legend(*entries: tuple[str, str]) -> Html:
    """Swatches, each the class of a shape and what it stands for. Its text is the drawing's key for everyone."""
    items = [
        tag(
            "li",
            tag("svg", tag("rect", width=16, height=12, class_=class_), viewBox="0 0 16 12", aria_hidden="true"),
            text(words),
        )
        for class_, words in entries
    ]
    return tag("ul", *items, class_="legend")
