"""A live stream, or a recording of one, held against the rules as one viewer of all its renditions sees it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from domain.errors import InputError
from domain.units import SECOND, seconds
from halftime.printable import printable
from halftime.signals import interrupted
from replay.conformance import RULES, Checker, Finding, Multivariant, is_multivariant, judge
from ssai.channel.origin import MAX_BODY, Fetched, HttpOrigin, OriginError
from ssai.hls.lines import decode

PATIENCE: Final = 10.0
"""Seconds for one playlist: a tool that asks on purpose waits longer than the edge may."""
_REST: Final = 1.0
"""Seconds between reloads of a playlist that has no readable target duration."""
_REPORT: Final = 10.0
"""Seconds from one report of progress to the next."""
_INDEX: Final = "index.m3u8"

Told = Callable[[Finding], None]


@dataclass(slots=True)
class Checked:
    """What was looked at: reloads and failed requests by playlist, and what was found, in order, without the texts."""

    reloads: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, str | int | float]] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Keep one finding; its instant is seconds since the first request."""
        self.findings.append(
            {
                "rule": finding.rule,
                "playlist": finding.playlist,
                "line": finding.line,
                "message": finding.message,
                "at": seconds(finding.snapshot.at),
            }
        )

    @property
    def found(self) -> Counter[str]:
        """Findings by playlist."""
        return Counter(str(finding["playlist"]) for finding in self.findings)

    def json(self) -> dict[str, object]:
        """All of it, for machines."""
        found = self.found
        names = dict.fromkeys([*self.reloads, *self.failed, *found])
        counts = {
            name: {"reloads": self.reloads[name], "failed": self.failed[name], "findings": found[name]}
            for name in names
        }
        return {"playlists": counts, "findings": self.findings}

    @property
    def summary(self) -> str:
        """Counts, on one line."""
        failed = f", {self.failed.total()} failed requests" if self.failed else ""
        return f"{self.reloads.total()} reloads of {len(self.reloads)} playlists{failed}, {len(self.findings)} findings"

    def tables(self) -> Iterator[Table]:
        """Playlists, and the rules that were broken, for people."""
        found = self.found
        table = Table("playlist", "reloads", "failed", "findings")
        for name in dict.fromkeys([*self.reloads, *self.failed, *found]):
            table.add_row(Text(_clean(name)), *map(str, (self.reloads[name], self.failed[name], found[name])))
        yield table
        if self.findings:
            table = Table("rule", "what it asks", "findings")
            counts = Counter(finding["rule"] for finding in self.findings)
            for rule, title in RULES.items():
                if counts[rule]:
                    table.add_row(rule, title, str(counts[rule]))
            yield table


def line(finding: Finding) -> str:
    """One finding on one line."""
    return f"{finding.rule} {_clean(finding.playlist)}:{finding.line}: {finding.message}"


def _clean(name: str) -> str:
    """A playlist's name is the origin's: nothing in it may be taken for a command of the terminal."""
    return printable(name) or _INDEX


class _Session:
    """One checker, and everything it says passed on as it comes."""

    def __init__(self, told: Told) -> None:
        self.checked = Checked()
        self.checker = Checker()
        self._told = told

    def tell(self, findings: list[Finding]) -> None:
        for finding in findings:
            self.checked.add(finding)
            self._told(finding)

    def index(self, fetched: Fetched, at: int) -> dict[str, str]:
        """The addresses of all media playlists by name; ``InputError`` for a text that is no playlist or names none."""
        if not any(each.strip() == "#EXTM3U" for each in fetched.text.split("\n", 64)[:64]):
            raise InputError(fetched.url, "a playlist", repr(fetched.text[:40]))
        if not is_multivariant(fetched.text):
            return {"": fetched.url}
        self.tell(self.checker.multivariant(fetched.text, fetched.url, at))
        playlists = Multivariant(fetched.text, fetched.url).playlists
        if not playlists:
            raise InputError(fetched.url, "the addresses of media playlists", "none")
        return playlists

    def observe(self, name: str, text: str, at: int, url: str) -> None:
        self.checked.reloads[name] += 1
        self.tell(self.checker.observe(name, text, at, url))

    def finish(self, at: int) -> Checked:
        self.tell(self.checker.finish(at))
        return self.checked


async def watch(url: str, duration: float, told: Told, report: Callable[[Checked], None]) -> Checked:
    """Poll every media playlist of a live stream for ``duration`` seconds or until Ctrl-C.

    A playlist is asked for again a target duration after a reload that changed it, and half of one after a reload
    that did not (6.3.4). Redirects stay on the stream's host. ``told`` gets findings as they come, ``report`` the state
    of things every ten seconds. ``InputError`` when there is no playlist at ``url``, or none that it names can be read.
    """
    started = time.monotonic()

    def now() -> int:
        return round((time.monotonic() - started) * SECOND)

    session, origin = _Session(told), HttpOrigin(url, timeout_seconds=PATIENCE)
    try:
        try:
            index = await origin.multivariant()
        except OriginError as error:
            raise InputError(url, "a playlist", str(error)) from error
        playlists = session.index(index, now())
        ending = asyncio.create_task(interrupted())
        polling = asyncio.gather(*(_poll(origin, session, now, *each) for each in playlists.items()))
        done: set[asyncio.Future[None] | asyncio.Future[list[None]]] = set()
        while not done and (left := duration - seconds(now())) > 0:
            done, _ = await asyncio.wait(
                (ending, polling), timeout=min(left, _REPORT), return_when=asyncio.FIRST_COMPLETED
            )
            report(session.checked)
        ending.cancel()
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling
    finally:
        await origin.close()
    if not session.checked.reloads:
        raise InputError(url, "a media playlist that can be read", f"{session.checked.failed.total()} failed requests")
    return session.finish(now())


async def _poll(origin: HttpOrigin, session: _Session, now: Callable[[], int], name: str, url: str) -> None:
    """Reload one playlist until it ends."""
    text, base = "", url
    while True:
        changed = False
        try:
            fetched = await origin.media(url)
        except OriginError:
            session.checked.failed[name] += 1
        else:
            if fetched is not None:
                changed, text, base = fetched.text != text, fetched.text, fetched.url
            session.observe(name, text, now(), base)
        if "#EXT-X-ENDLIST" in text:
            return
        rest = _target(text) or _REST
        await asyncio.sleep(rest if changed else rest / 2)


def _target(text: str) -> float:
    """The target duration in seconds, at most a minute: a stream that says more is looked at more often."""
    mark = "#EXT-X-TARGETDURATION:"
    digits = text.partition(mark)[2][:5].split("\n")[0].strip() if mark in text else ""
    return min(float(digits), 60.0) if digits.isdecimal() else 0.0


def recorded(folder: Path, interval: float, told: Told) -> Checked:
    """Check a folder of snapshots (``index.m3u8``, and numbered ones in a folder of each playlist's name).

    ``interval`` is how many seconds lay between two. ``InputError`` for a folder without snapshots.
    """
    session, root = _Session(told), folder.resolve()
    base = root.as_uri() + "/"
    playlists = session.index(Fetched(base + _INDEX, _read(root / _INDEX)), 0)
    snapshots: dict[str, list[Path]] = {}
    for name, url in playlists.items():
        if not name:
            snapshots[name] = [root / _INDEX]
            continue
        snapshots[name] = _snapshots(root, url.removeprefix(base).partition("?")[0].removesuffix(".m3u8"))
    count = max(map(len, snapshots.values()))
    for number in range(count):
        for name, paths in snapshots.items():
            if number < len(paths):
                session.observe(name, _read(paths[number]), round(number * interval * SECOND), playlists[name])
    return session.finish(round(count * interval * SECOND))


def _snapshots(root: Path, name: str) -> list[Path]:
    """The snapshots of one playlist, in order; its name is the origin's and must not lead out of the folder."""
    try:
        place = (root / name).resolve()
        inside = place.is_relative_to(root)
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(str(root / _INDEX), "the name of a folder", repr(name)) from error
    if not inside:
        raise InputError(str(root / _INDEX), "playlists in this folder", repr(name))
    found = sorted(place.glob("*.m3u8"))
    if not found:
        raise InputError(str(place), "numbered snapshots", "none")
    return found


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return decode(file.read(MAX_BODY + 1))
    except OSError as error:
        raise InputError(str(path), "a readable playlist", error.strerror or "an error") from error


def brought(before: str, after: str) -> list[Finding]:
    """What the stitched ``after`` breaks and the ``before`` of the origin did not, told apart by rule and words."""
    known = Counter((finding.rule, finding.message) for finding in judge(before))
    found = []
    for finding in judge(after, "stitched"):
        known[finding.rule, finding.message] -= 1
        if known[finding.rule, finding.message] < 0:
            found.append(finding)
    return found
