"""One break as the reference knows it, and what an OUT may still change of it (rule 2 of the window)."""

from __future__ import annotations

from dataclasses import dataclass

from replay.reference.model import Out, Rules


@dataclass(slots=True)
class Break:
    """One break, as far as it is known.

    ``signalled`` and ``duration`` are what the OUT said. ``earliest`` is ``signalled``, or the greatest exposed edge of
    the version before it was read if that is later. ``returned`` is what the last IN said and ``target`` the x that
    follows from it. ``start`` (S) and ``end`` (C) are None until known; ``dropped`` says why it is never replaced.
    ``forced``: no common boundary was found for the end. ``over``: the stream ended inside it.
    """

    signalled: int
    duration: int | None
    auto_return: bool
    key: str | None
    earliest: int
    returned: int | None = None
    target: int | None = None
    start: int | None = None
    end: int | None = None
    dropped: str | None = None
    forced: bool = False
    over: bool = False
    marks: tuple[int, ...] = ()
    """Where who joins inside may begin: the start, and each later boundary that was common when edges reached it."""
    nested: tuple[str, ...] = ()
    """Keys of the breaks that are a part of this one."""
    ads_until: int | None = None
    """E as it was when the break opened: ads are cut there, whatever is told later."""
    heard: tuple[int, ...] = ()
    """Every duration that was told of it."""
    moved_from: tuple[int, ...] = ()
    """Where it was announced before it was moved."""
    extends: Break | None = None
    """The break that this one goes on from, because it was told to last longer."""

    @property
    def announced(self) -> bool:
        """Whether nothing of it is published."""
        return self.start is None and self.dropped is None

    @property
    def planned_end(self) -> int | None:
        """E: where the planned duration ends, None if it is unknown."""
        return None if self.duration is None else self.signalled + self.duration

    def wanted_end(self, rules: Rules) -> int:
        """x: where the break would end if every instant were a boundary; never before its start (rule 3)."""
        start = self.earliest if self.start is None else self.start
        if self.target is not None:
            x = self.target
        elif self.planned_end is None:
            x = start + rules.longest
        else:
            x = self.planned_end + (0 if self.auto_return else rules.grace)
        return max(x, start)

    def covers(self, instant: int, rules: Rules) -> bool:
        """Whether an OUT at ``instant`` is a part of this break, as far as its end is known by now."""
        if self.returned is not None:
            end = self.returned
        elif self.planned_end is None:
            end = (self.earliest if self.start is None else self.start) + rules.longest
        else:
            end = self.planned_end + (0 if self.auto_return else rules.grace)
        return instant < end - rules.tolerance

    def nest(self, out: Out) -> None:
        """Remember that another break is a part of this one."""
        if out.key is not None and out.key != self.key:
            self.nested += (out.key,)

    def hear(self, out: Out) -> None:
        """Remember the length that was told."""
        if out.duration is not None:
            self.heard += (out.duration,)

    def told(self, out: Out) -> int | None:
        """The length that holds after an OUT: of two breaks that begin together the longer one is the outer."""
        if not out.duration:
            return self.duration
        if self.key is None or out.key is None or self.key == out.key:
            return self.duration if out.duration in self.heard else out.duration
        return max(out.duration, self.duration or 0)

    def rename(self, out: Out) -> None:
        """Of two breaks that begin together the longer one is the outer, and gives its name."""
        if self.key is not None and out.key not in {None, self.key} and (out.duration or 0) > (self.duration or 0):
            self.nested, self.key = (*self.nested, self.key), out.key
