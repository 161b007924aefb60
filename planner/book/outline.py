"""A new event file from what a LEAP Forecast document says of an event."""

from __future__ import annotations

import json
from datetime import datetime
from fractions import Fraction

from planner.book.leap import LeapEvent

USUAL_POD = 120
"""Seconds of a break where the document says nothing: four ads."""
LONGEST_POD = 3_600
USUAL_VIEWERS = 1_000_000

_HEAD = """\
# {title}: an event to plan, begun from a LEAP Forecast document.
# Every field is told in docs/book.md. What you have to decide is marked with "Yours".

name = {name}
currency = "USD"
start = {start}
"""
_CAMPAIGN = """
# Yours: what is booked. This one shows the layout. A spreadsheet is read by: campaigns_from = "campaigns.csv"
[[campaigns]]
id = "example"
advertiser = "Example"
price = { kind = "cpm", amount = 20 }
goal = 1000000
caps = [{ of = "campaign", per = "event", limit = 3 }]

[[creatives]]
id = "example-30"
campaign = "example"
duration = 30
categories = ["Retail"]
"""


def outline(event: LeapEvent) -> str:
    """The text of a book, TOML with comments, that can be read and planned as it stands.

    Its breaks are spread evenly over the event: as many as pods are expected, all of the same length.
    """
    title = event.title or event.id or "event"
    parts = [_HEAD.format(title=_quoted(title), name=_quoted(title[:200]), start=_instant(event.start))]
    if event.flexible_end:
        parts.append("# The end is flexible: breaks behind the scheduled end are possible, and none is written here.\n")
    parts += [_CAMPAIGN, _breaks(event), _viewers(event), _audience(event)]
    return "".join(parts)


def _breaks(event: LeapEvent) -> str:
    length = Fraction(int((event.end - event.start).total_seconds() * 1_000), 1_000)
    said = []
    pods = event.pods or 0
    if not pods:
        pods = 1
        said.append("Yours: the document does not say how many breaks there are.")
    each = Fraction(event.ad_seconds or 0, pods)
    if not 0 < each <= LONGEST_POD:
        each = min(Fraction(USUAL_POD), length / (2 * pods))
        said.append("Yours: the document does not say how long breaks are, or something that no break can be.")
    if event.unplanned:
        said.append("Yours: some of them are unplanned. Give those a probability below 1 (no guarantee counts on them)")
        said.append("and a kind, and book no guaranteed position there.")
    each = Fraction(int(each * 1_000), 1_000) or Fraction(1, 1_000)
    gap = (length - each * pods) / (pods + 1)
    lines = ["\n# Spread evenly over the event.\n", *(f"# {each}\n" for each in said)]
    for number in range(1, pods + 1):
        at = gap * number + each * (number - 1)
        # Whole seconds where that moves no break into the next.
        at = Fraction(int(at)) if gap >= 1 else Fraction(int(at * 1_000_000), 1_000_000)
        lines.append(f'[[breaks]]\nid = "pod-{number}"\nat = {_decimal(at)}\n')
        lines.append(f"durations = [{{ seconds = {_decimal(each)} }}]\n\n")
    return "".join(lines).rstrip("\n") + "\n"


def _viewers(event: LeapEvent) -> str:
    viewers = event.viewers
    if viewers is None:
        said = f"\n# Yours: the document does not say how many watch.\n[forecast]\nviewers = {USUAL_VIEWERS}\n"
    else:
        said = f"\n# Concurrent viewers at the peak, all countries together.\n[forecast]\nviewers = {viewers}\n"
    if event.low is not None:
        said += f"low = {event.low}\n"
    return said + (
        "# Yours: how many if many come (surge = ...), and when they are there, as parts of viewers:\n"
        "# curve = [{ at = 0, share = 0.6 }, { at = 1800, share = 1.0 }, { at = 9000, share = 0.5 }]\n"
    )


def _audience(event: LeapEvent) -> str:
    """Split by country where there are several; countries without viewers are left out."""
    peaks: dict[str, int] = {}
    for stream in event.streams:
        if stream.peak:
            peaks[stream.country] = peaks.get(stream.country, 0) + stream.peak
    total = sum(peaks.values())
    said = "\n# Yours: how viewers differ, for targeting. Splits are independent of each other.\n[[audience.split]]\n"
    if not total:
        return said + 'by = "region"\nparts = { "" = 1 }\n'
    parts = ", ".join(f"{_quoted(name)} = {_share(peak, total)}" for name, peak in peaks.items())
    return said + f'by = "region"\nparts = {{ {parts} }}\n'


def _share(part: int, total: int) -> str:
    """Twelve places: thousand parts add up to 1 within a billionth."""
    return f"{part / total:.12f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    """A basic string of TOML; it escapes what JSON does, and the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _instant(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _decimal(seconds: Fraction) -> str:
    return f"{float(seconds):.6f}".rstrip("0").rstrip(".")
