"""What the edge refuses, and why at that number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one edge process.

    ``connections``: a connection costs about 20 KB, so 10,000 are 200 MB, and file descriptors usually end at 65,536.
    ``sessions``: a seat costs about 60 bytes of columns, an entry in Redis, and 240 bytes while
    its token is remembered (100,000 at most); a process answers some 10,000 playlists
    a second, so it cannot serve more than about 50,000 viewers of 4 s segments, and ten times that many may come and
    go in an event. ``hold_seconds``: a request waits for what is missing at most 1.5 target durations of 2 s.
    ``line``: bytes of a request line or header; tokens and traits are far below. ``keep_alive``: players come back
    within a target duration; ten of them end a connection that was left, and one whose request does not come to an end.
    ``unread``: seconds that what was written waits for a viewer to take it. That is at most 256 KB, the piece in which
    segments are sent: who takes less than 70 kbit/s can play nothing.
    """

    connections: int = 10_000
    sessions: int = 500_000
    hold_seconds: float = 3.0
    line: int = 8_190
    keep_alive: float = 75.0
    unread: float = 30.0
