"""Tables with a caption, headings that say what they head, and keys by which a reader may sort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from halftime.event_page.markup import Html, number, tag
from halftime.event_page.words import finite


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a field; ``key`` is the figure by which its column sorts, None: by its words."""

    shown: str
    key: float | None = None
    class_: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """``figures`` stand to the right."""

    title: str
    figures: bool = True


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    class_: str = "",
    sortable: bool = False,
) -> Html:
    """A table in a box of its own, which scrolls where the page is too narrow. The first field of a row heads it."""
    head = [tag("th", column.title, scope="col", class_="figure" if column.figures else None) for column in columns]
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption),
            tag("thead", tag("tr", *head)),
            tag("tbody", *(_row(columns, row) for row in rows)),
            class_=class_ or None,
            data_sortable=sortable,
        ),
        class_="scroll",
        role="region",
        tabindex=0,
        aria_label=caption,
    )


def _row(columns: Sequence[Column], row: Sequence[Cell]) -> Html:
    fields = []
    for index, (column, cell) in enumerate(zip(columns, row, strict=True)):
        classes = " ".join(filter(None, ("figure" if column.figures else "", cell.class_))) or None
        key = None if cell.key is None else number(finite(cell.key))
        if index:
            fields.append(tag("td", cell.shown, class_=classes, data_key=key))
        else:
            fields.append(tag("th", cell.shown, class_=classes, data_key=key, scope="row"))
    return tag("tr", *fields)


def note(words: str) -> Html:
    """A line below a drawing or a table."""
    return tag("p", words, class_="note")
