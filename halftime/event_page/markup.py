"""Elements of a page. Text is escaped unless it is ``Html``, and only this module makes ``Html``."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from halftime.printable import printable


class Html(str):
    """Markup already: goes into the page as it is."""

    __slots__ = ()


Child = str | None
"""What stands in an element; None is nothing."""
Attribute = str | int | float | bool | None
"""True is an attribute without a value; False and None leave it out."""

NOTHING: Final = Html("")
_EMPTY: Final = frozenset({"meta", "link", "br", "rect", "line", "path", "circle", "polygon"})
"""Elements that never have content here."""


def text(words: str) -> Html:
    """``words`` as text, whatever stands in them; characters that nobody sees become "?"."""
    return words if isinstance(words, Html) else Html(escape(printable(words), quote=True))


def tag(element: str, /, *children: Child, **attributes: Attribute) -> Html:
    """One element. In an attribute's name a final underscore is dropped, the others are hyphens."""
    opened = f"<{element}{''.join(_attribute(name, value) for name, value in attributes.items())}"
    if element in _EMPTY:
        return Html(f"{opened}/>")
    return Html(f"{opened}>{joined(children)}</{element}>")


def joined(parts: Iterable[Child], between: str = "") -> Html:
    """Parts one after the other."""
    return Html(text(between).join(text(part) for part in parts if part is not None))


def name(words: str) -> Html:
    """A name from outside: its writing direction is its own."""
    return tag("bdi", words)


def raw(source: str) -> Html:
    """The page's own stylesheet or script. Never what came from outside."""
    return Html(source)


def number(value: float) -> str:
    """A coordinate: a tenth of a unit is finer than any screen shows."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    written = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {written}"
    shown = number(value) if isinstance(value, float) else str(value)
    return f' {written}="{text(shown)}"'
