"""The tree of categories, read from a file in the layout of IAB Tech Lab's taxonomies: tab separated, a node a line.

The first line names the columns; three of them are used: "Unique ID", "Parent ID" and "Name". A node without a parent,
or that is its own parent, is a root. Parents may stand behind their children.

Source: https://github.com/InteractiveAdvertisingBureau/Taxonomies
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final

from domain.errors import InputError
from planner.book.text import read_text

MAX_FILE: Final = 16 * 1024 * 1024
"""Bytes: IAB's largest taxonomy is a hundredth of it."""
MAX_NODES: Final = 100_000
MAX_LEVELS: Final = 32
"""From a root to a leaf; IAB's have four."""
MAX_NAME: Final = 500
"""Characters of an id or a name."""

OWN: Final = Path(__file__).with_name("taxonomy.tsv")
"""The small tree that Halftime ships; its ids and names are our own."""

_COLUMNS: Final = {"unique id": "id", "parent id": "parent", "parent": "parent", "name": "name"}
_STEP: Final = " > "
TITLES: Final = 3
"""Lines in which the columns' names are looked for."""


@dataclass(frozen=True, slots=True)
class Node:
    """One category; ``parent`` is None for a root, ``line`` counts from 1."""

    id: str
    parent: str | None
    name: str
    line: int


class Tree:
    """Categories by id, with their ancestors.

    Parameters
    ----------
    nodes
        By id; every parent is an id too and there is no cycle, see ``read_tree``.
    """

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._lines = _lines_of_descent(nodes)
        self._called: dict[str, list[str]] = {}
        for node in nodes.values():
            self._called.setdefault(_folded(node.name), []).append(node.id)
        for node in nodes.values():
            path = [nodes[step].name for step in reversed(self._lines[node.id])]
            if len(path) > 1:
                self._called.setdefault(_folded(_STEP.join(path)), []).append(node.id)

    def __len__(self) -> int:
        return len(self._lines)

    def called(self, text: str) -> tuple[str, ...]:
        """Ids of all nodes that ``text`` may mean, in the file's order; more than one where a name stands twice.

        A text is an id, a name, or names from the root down: "Alcohol > Beer". Names are compared without case. A text
        that is an id means this node whatever else is called so.
        """
        if text in self._lines:
            return (text,)
        return tuple(self._called.get(_folded(text), ()))

    def resolve(self, name_or_id: str) -> str | None:
        """The id of the one node that is meant, None where there is none or more than one."""
        found = self.called(name_or_id)
        return found[0] if len(found) == 1 else None

    def closure(self, ids: Iterable[str]) -> frozenset[str]:
        """These nodes and all their ancestors. ``KeyError`` for an id that is not in the tree."""
        return frozenset(step for each in ids for step in self._lines[each])


@cache
def own_tree() -> Tree:
    """The tree that Halftime ships, read once."""
    return read_tree(OWN)


def read_tree(file: Path) -> Tree:
    """Read a taxonomy.

    Raises ``InputError`` naming file and line: a missing column, an empty or repeated id, an unknown parent, a cycle,
    more bytes, nodes or levels than stated above, bytes that are not UTF-8.
    """
    nodes = _nodes(str(file), read_text(file, "a readable taxonomy", MAX_FILE))
    for node in nodes.values():
        if node.parent is not None and node.parent not in nodes:
            raise InputError(f"{file}: line {node.line}", "a parent that is in the file", _shown(node.parent))
    _refuse_cycles(str(file), nodes)
    return Tree(nodes)


def _nodes(where: str, text: str) -> dict[str, Node]:
    """Nodes by id, in the file's order; parents are not looked at yet."""
    lines = text.split("\n")
    columns, titles = _columns(where, lines)
    rows = islice(enumerate(lines, start=1), titles, None)
    nodes: dict[str, Node] = {}
    for line, row in rows:
        if not row.strip():
            continue
        fields = [field.strip() for field in row.split("\t")]
        here = f"{where}: line {line}"
        if len(fields) <= max(columns.values()):
            raise InputError(here, f"at least {max(columns.values()) + 1} columns", f"{len(fields)}")
        ident, parent, name = (fields[columns[column]] for column in ("id", "parent", "name"))
        for field, content in (("an id", ident), ("a name", name)):
            if not 1 <= len(content) <= MAX_NAME:
                raise InputError(here, f"{field} of 1 to {MAX_NAME} characters", f"{len(content)} characters")
        if ident in nodes:
            raise InputError(here, "an id that is not used yet", f"{_shown(ident)}, see line {nodes[ident].line}")
        if len(nodes) == MAX_NODES:
            raise InputError(here, f"at most {MAX_NODES} categories", "more")
        nodes[ident] = Node(ident, None if parent in {"", ident} else parent, name, line)
    return nodes


def _columns(where: str, lines: Sequence[str]) -> tuple[dict[str, int], int]:
    """Places of the columns, and the number of their line: IAB's content taxonomies have a title above it."""
    for number, line in enumerate(lines[:TITLES], start=1):
        found: dict[str, int] = {}
        for index, title in enumerate(line.split("\t")):
            folded = _folded(title)
            column = "name" if folded.startswith("condensed name") else _COLUMNS.get(folded)
            if column is not None:
                found.setdefault(column, index)
        if len(found) == len(set(_COLUMNS.values())):
            return found, number
    raise InputError(f"{where}: line 1", 'columns "Unique ID", "Parent ID" and "Name"', _shown(lines[0].strip()))


def _refuse_cycles(where: str, nodes: Mapping[str, Node]) -> None:
    """Follow every node up to a root, or to a node that was followed before."""
    levels: dict[str, int] = {}
    for node in nodes.values():
        path: dict[str, None] = {}
        step: str | None = node.id
        while step is not None and step not in levels:
            if step in path:
                raise InputError(f"{where}: line {nodes[step].line}", "a tree", _cycle(path, step))
            path[step] = None
            step = nodes[step].parent
        above = levels[step] if step is not None else 0
        if above + len(path) > MAX_LEVELS:
            raise InputError(f"{where}: line {node.line}", f"at most {MAX_LEVELS} levels", f"{above + len(path)}")
        for count, each in enumerate(reversed(path), start=1):
            levels[each] = above + count


def _cycle(path: Iterable[str], start: str) -> str:
    """Name a cycle, the middle of a long one left out."""
    steps = list(path)
    steps = [*steps[steps.index(start) :], start]
    if len(steps) > 6:
        steps = [*islice(steps, 4), "...", start]
    return "a cycle: " + " > ".join(steps)


def _lines_of_descent(nodes: Mapping[str, Node]) -> dict[str, tuple[str, ...]]:
    """Each node with its ancestors, itself first."""
    found: dict[str, tuple[str, ...]] = {}
    for node in nodes.values():
        line = [node.id]
        parent = node.parent
        while parent is not None:
            line.append(parent)
            parent = nodes[parent].parent
        found[node.id] = tuple(line)
    return found


def _folded(text: str) -> str:
    """Without case and without doubled spaces."""
    return " ".join(text.split()).casefold()


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
