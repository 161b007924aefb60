"""The cue tags of a stretch of the live stream, in the schedule's dialect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from domain.units import PTS_WRAP, Microseconds, Ticks, date, decimal, microseconds_to_ticks
from replay.origin.clip import Clip
from replay.origin.schedule import Avail, CueDialect, Schedule
from ssai.scte35.commands import SpliceInsert
from ssai.scte35.section import SpliceInfoSection, encode
from ssai.scte35.times import BreakDuration


def cues(clip: Clip, schedule: Schedule, start_us: Microseconds, segments: range) -> Mapping[int, Sequence[str]]:
    """Lines that stand before segments, by index; nothing depends on what comes after ``segments``.

    ``start_us`` is the instant of the stream's first frame, microseconds since the Unix epoch. The lines are the same
    for every rendition (6.2.4).
    """
    lines: defaultdict[int, list[str]] = defaultdict(list)
    after = clip.boundary(segments.start)
    before = clip.boundary(segments.stop) + schedule.preroll
    for avail in schedule.between(clip, after, before):
        write = _date_ranges if schedule.dialect is CueDialect.DATERANGE else _plain
        for index, line in write(clip, schedule, start_us, avail, segments):
            lines[index].append(line)
    return lines


def _length(clip: Clip, avail: Avail, until: int) -> Microseconds:
    return Microseconds(clip.boundary(until) - clip.boundary(avail.start))


def _date_ranges(
    clip: Clip, schedule: Schedule, start_us: Microseconds, avail: Avail, segments: range
) -> Sequence[tuple[int, str]]:
    """OUT and IN under one ID; each stands at its place, or at the head once that has left, until the window has passed
    the break: a date range stays while its dates are listed (4.4.5.1).
    """
    begin = clip.boundary(avail.start)
    announced = min(avail.start, clip.at_or_after(begin - schedule.preroll))
    found: list[tuple[int, str]] = []
    common = f'#EXT-X-DATERANGE:ID="break-{avail.number}",START-DATE="{date(start_us + begin)}"'
    if announced < segments.stop and avail.back >= segments.start:
        planned = decimal(_length(clip, avail, avail.planned), 3)
        out = splice(clip, avail, out=True)
        place = max(announced, segments.start)
        found.append((place, f"{common},PLANNED-DURATION={planned},SCTE35-OUT=0x{out.hex().upper()}"))
    if avail.back in segments:
        actual = decimal(_length(clip, avail, avail.back), 3)
        back = splice(clip, avail, out=False)
        found.append((avail.back, f"{common},DURATION={actual},SCTE35-IN=0x{back.hex().upper()}"))
    return found


def _plain(
    clip: Clip, _schedule: Schedule, _start_us: Microseconds, avail: Avail, segments: range
) -> Sequence[tuple[int, str]]:
    """EXT-X-CUE-OUT, one EXT-X-CUE-OUT-CONT a segment, EXT-X-CUE-IN: a convention of packagers, in no standard."""
    planned = decimal(_length(clip, avail, avail.planned), 3)
    found: list[tuple[int, str]] = []
    for index in range(max(avail.start, segments.start), min(avail.back + 1, segments.stop)):
        elapsed = decimal(_length(clip, avail, index), 3)
        if index == avail.start:
            found.append((index, f"#EXT-X-CUE-OUT:{planned}"))
        elif index == avail.back:
            found.append((index, "#EXT-X-CUE-IN"))
        else:
            found.append((index, f"#EXT-X-CUE-OUT-CONT:ElapsedTime={elapsed},Duration={planned}"))
    return found


def splice(clip: Clip, avail: Avail, *, out: bool) -> bytes:
    """The splice_info_section with the splice_insert of a break's start or return (SCTE 35, 9.7.3).

    Its time is the media's, counted from the loop's first frame. The duration ends the break by itself (auto_return);
    an IN that comes sooner overrides it.
    """
    place = clip.boundary(avail.start if out else avail.back) % clip.loop
    planned = microseconds_to_ticks(_length(clip, avail, avail.planned))
    message = SpliceInsert(
        splice_event_id=(avail.number + 1) % (1 << 32),
        out_of_network_indicator=out,
        pts_time=Ticks(microseconds_to_ticks(place) % PTS_WRAP),
        break_duration=BreakDuration(auto_return=True, duration=planned) if out else None,
        unique_program_id=1,
    )
    return encode(SpliceInfoSection(splice_command=message))
