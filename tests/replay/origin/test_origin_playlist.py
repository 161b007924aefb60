"""The pure core over many instants: each playlist is well formed, and all together are one live stream."""

import re
from dataclasses import replace

import m3u8
import pytest

from domain.units import SECOND, decimal, instant, microseconds
from replay.origin.clip import Clip
from replay.origin.multivariant import multivariant
from replay.origin.playlist import NotYetError, Run, edge, listed, playlist
from replay.origin.schedule import CueDialect, Schedule
from ssai.hls.attributes import attributes
from ssai.scte35.section import decode

START = 1_767_225_600_123_456
SCHEDULE = Schedule(seed=3)
INSTANTS = range(START + 2_100_000, START + 420 * SECOND, 700_000)
RENDITIONS = ["360p", "720p", "audio"]
FRAME = 21_334
"""One AAC frame at 48 kHz, microseconds, rounded up."""


def at(clip, now, rendition="360p", schedule=SCHEDULE, **options):
    return playlist(clip, schedule, rendition, now, START, **options)


class Listed:
    """A playlist read by line, sharing nothing with what wrote it: one entry per segment with its tags before it."""

    def __init__(self, text):
        assert text.startswith("#EXTM3U\n")
        assert text.endswith("\n")
        self.header, self.segments = {}, []
        tags = []
        for line in text.splitlines()[1:]:
            name, _, value = line.partition(":")
            if not line.startswith("#"):
                self.segments.append((line, dict(tags), [f"{name}:{value}" for name, value in tags]))
                tags = []
            elif re.match(r"#EXT-X-(VERSION|TARGETDURATION|MEDIA-SEQ|DISCONTINUITY-SEQ|INDEPENDENT)", name):
                assert name not in self.header
                self.header[name] = value
            else:
                tags.append((name, value))
        assert not tags
        self.first = int(self.header["#EXT-X-MEDIA-SEQUENCE"])

    def numbered(self):
        """(number, URI, date, duration, discontinuity sequence number, lines) of each segment."""
        sequence = int(self.header["#EXT-X-DISCONTINUITY-SEQUENCE"])
        for number, (uri, tags, lines) in enumerate(self.segments, self.first):
            sequence += "#EXT-X-DISCONTINUITY" in tags
            date = instant(tags["#EXT-X-PROGRAM-DATE-TIME"])
            yield number, uri, date, microseconds(tags["#EXTINF"].rstrip(",")), sequence, lines

    def cues(self):
        """(number of the segment behind it, line) of each cue."""
        pattern = re.compile("#EXT-X-(DATERANGE|CUE)")
        return [(row[0], line) for row in self.numbered() for line in row[5] if pattern.match(line)]


@pytest.mark.parametrize("rendition", RENDITIONS)
@pytest.mark.parametrize("dialect", list(CueDialect))
def test_each_playlist_is_well_formed(clip, rendition, dialect):
    for now in INSTANTS[::9]:
        text = at(clip, now, rendition, replace(SCHEDULE, dialect=dialect))
        parsed = m3u8.loads(text)
        assert len(parsed.segments) == text.count("#EXTINF")
        assert parsed.version == 6
        assert parsed.target_duration == 4
        assert parsed.is_independent_segments
        assert not parsed.is_endlist
        assert all(int(segment.duration + 0.5) <= 4 for segment in parsed.segments)
        assert all(segment.program_date_time for segment in parsed.segments)


@pytest.mark.parametrize("rendition", RENDITIONS)
def test_all_playlists_together_are_one_stream(clip, rendition):
    seen, header = {}, None
    least = 0
    for now in INSTANTS:
        found = Listed(at(clip, now, rendition))
        assert found.first >= least
        least = found.first
        fixed = {k: v for k, v in found.header.items() if "SEQUENCE" not in k}
        assert header in {None, tuple(fixed.items())}
        header = tuple(fixed.items())
        rows = list(found.numbered())
        assert len(rows) == min(10, rows[-1][0] + 1)
        assert rows[-1][2] + rows[-1][3] <= now + 1_000
        for number, uri, date, length, sequence, _ in rows:
            assert seen.setdefault(number, (uri, date, length, sequence)) == (uri, date, length, sequence)
    assert sorted(seen) == list(range(len(seen)))
    assert len({row[0] for row in seen.values()}) == len(seen)
    for number in range(1, len(seen)):
        before, here = seen[number - 1], seen[number]
        wrap = number % clip.size == 0
        assert here[3] - before[3] == wrap
        assert abs(before[1] + before[2] - here[1]) <= (FRAME if wrap else 1_000)
    assert seen[0][3] == 0
    assert seen[len(seen) - 1][3] > 20


def test_the_edge_is_at_now_and_not_beyond(clip):
    for rendition in RENDITIONS:
        track = clip.tracks[rendition]
        for index in (0, 6, 7, 50):
            end = START + clip.start(rendition, index) + track.durations[index % clip.size]
            assert listed(clip, rendition, end, START).stop == index + 1
            assert edge(clip, rendition, listed(clip, rendition, end, START), START) == end
            if index:
                assert listed(clip, rendition, end - 1, START).stop == index


def test_nothing_is_published_before_the_first_segment_is_complete(clip):
    for now in (START - SECOND, START, START + 1_999_999):
        with pytest.raises(NotYetError):
            at(clip, now)
    assert "0-0.ts" in at(clip, START + 2 * SECOND)


@pytest.mark.parametrize("rendition", RENDITIONS)
@pytest.mark.parametrize("preroll", [0, 5_000_000])
def test_each_break_goes_out_and_in_once_at_its_segments(clip, rendition, preroll):
    schedule = replace(SCHEDULE, preroll=preroll)
    arrived, described = {}, {}
    for now in INSTANTS:
        found = Listed(at(clip, now, rendition, schedule))
        rows = {row[0]: row for row in found.numbered()}
        tags = {}
        for number, line in found.cues():
            told = attributes(line.partition(":")[2])
            kind = "IN" if "SCTE35-IN" in told else "OUT"
            assert (told["ID"], kind) not in tags
            tags[told["ID"], kind] = number
            arrived.setdefault((told["ID"], kind), number)
            for name, value in told.items():
                assert described.setdefault(told["ID"], {}).setdefault(name, value) == value
        for avail in (schedule.avail(clip, k) for k in range(5)):
            name = f"break-{avail.number}"
            if avail.start <= max(rows) and avail.back >= found.first:
                assert (name, "OUT") in tags, "a date range stays while its dates are listed"
            assert ((name, "IN") in tags) == (avail.back in rows)
    for avail in (schedule.avail(clip, k) for k in range(4)):
        name, begin = f"break-{avail.number}", START + clip.boundary(avail.start)
        told = described[name]
        assert abs(instant(told["START-DATE"]) - begin) <= 500
        assert microseconds(told["PLANNED-DURATION"]) == clip.boundary(avail.planned) - clip.boundary(avail.start)
        assert microseconds(told["DURATION"]) == clip.boundary(avail.back) - clip.boundary(avail.start)
        assert arrived[name, "IN"] == avail.back
        lead = clip.boundary(avail.start) - clip.boundary(arrived[name, "OUT"])
        assert lead == 0 if not preroll else preroll - 2 * SECOND < lead <= preroll
    assert len(arrived) in {8, 9, 10}


def test_messages_decode_to_what_the_tags_say(clip):
    kinds = set()
    for now in INSTANTS[::5]:
        for _, line in Listed(at(clip, now)).cues():
            told = attributes(line.partition(":")[2])
            out = "SCTE35-OUT" in told
            text = told["SCTE35-OUT" if out else "SCTE35-IN"]
            assert re.fullmatch("0xFC[0-9A-F]+", text)
            command = decode(bytes.fromhex(text[2:])).splice_command
            number = int(told["ID"].removeprefix("break-"))
            avail = SCHEDULE.avail(clip, number)
            assert command.splice_event_id == number + 1
            assert command.out_of_network_indicator is out
            place = clip.boundary(avail.start if out else avail.back) % clip.loop
            assert command.pts_time * 100 == place * 9
            if out:
                assert command.break_duration.auto_return
                assert decimal(command.break_duration.duration * 100 // 9, 3) == told["PLANNED-DURATION"]
            else:
                assert command.break_duration is None
            kinds.add((number, out))
    assert len(kinds) >= 8


def test_an_early_return_is_not_known_before_its_instant(clip):
    other = replace(SCHEDULE, early_every=0)
    avail = SCHEDULE.avail(clip, 1)
    assert avail.back < avail.planned
    known = START + clip.boundary(avail.back + 1)
    for dialect in CueDialect:
        ours, theirs = replace(SCHEDULE, dialect=dialect), replace(other, dialect=dialect)
        for now in INSTANTS:
            same = at(clip, now, schedule=ours) == at(clip, now, schedule=theirs)
            if now < known:
                assert same
        assert at(clip, known, schedule=ours) != at(clip, known, schedule=theirs)


@pytest.mark.parametrize("dialect", list(CueDialect))
def test_video_and_sound_break_within_one_audio_frame(clip, dialect):
    places = {}
    for rendition in RENDITIONS:
        for now in INSTANTS:
            found = Listed(at(clip, now, rendition, replace(SCHEDULE, dialect=dialect)))
            dates = {row[0]: row[2] for row in found.numbered()}
            for number, line in found.cues():
                if number > found.first and "CONT" not in line:
                    places.setdefault((number, line), {})[rendition] = dates[number]
    assert len(places) >= 8
    for dates in places.values():
        assert sorted(dates) == RENDITIONS
        assert dates["360p"] == dates["720p"]
        assert abs(dates["audio"] - dates["360p"]) <= FRAME


def test_plain_cues_stand_before_every_segment_of_a_break(clip):
    schedule = replace(SCHEDULE, dialect=CueDialect.CUE)
    cues = {}
    for now in INSTANTS:
        found = Listed(at(clip, now, "audio", schedule))
        for row in found.numbered():
            lines = [line for line in row[5] if line.startswith("#EXT-X-CUE")]
            assert cues.setdefault(row[0], lines) == lines
    for avail in (schedule.avail(clip, k) for k in range(4)):
        planned = decimal(clip.boundary(avail.planned) - clip.boundary(avail.start), 3)
        assert cues.pop(avail.start) == [f"#EXT-X-CUE-OUT:{planned}"]
        for index in range(avail.start + 1, avail.back):
            elapsed = decimal(clip.boundary(index) - clip.boundary(avail.start), 3)
            assert cues.pop(index) == [f"#EXT-X-CUE-OUT-CONT:ElapsedTime={elapsed},Duration={planned}"]
        assert cues.pop(avail.back) == ["#EXT-X-CUE-IN:"]
    assert not any(lines for number, lines in cues.items() if number < schedule.avail(clip, 4).start)


def test_cues_in_video_only_leave_the_sound_without(clip):
    schedule = replace(SCHEDULE, video_only=True)
    now = START + 40 * SECOND
    assert "SCTE35-OUT" in at(clip, now, "720p", schedule)
    assert "DATERANGE" not in at(clip, now, "audio", schedule)
    assert "SCTE35-OUT" in at(clip, now, "audio")


def test_another_window_another_base(clip):
    text = at(clip, INSTANTS[-1], window=3, media="https://cdn.example/x")
    assert text.count("#EXTINF") == 3
    assert text.count("\nhttps://cdn.example/x/360p/0-") == 3


@pytest.mark.parametrize("rendition", RENDITIONS)
@pytest.mark.parametrize("first", [13, 14, 15])
def test_a_restarted_packager_counts_from_zero_under_new_addresses(clip, rendition, first):
    run = Run(number=1, first=first)
    with pytest.raises(NotYetError):
        at(clip, START + clip.boundary(first), rendition, run=run)
    old = {row[1]: row[2] for row in Listed(at(clip, START + clip.boundary(first + 6), rendition)).numbered()}
    seen = {}
    for now in range(START + clip.boundary(first + 1) + FRAME, START + clip.boundary(first + 40), 1_000_000):
        found = Listed(at(clip, now, rendition, run=run))
        for number, uri, date, _, sequence, _ in found.numbered():
            assert seen.setdefault(number, (uri, date, sequence)) == (uri, date, sequence)
            assert uri not in old
    assert min(seen) == 0
    assert seen[0][1] in old.values()
    assert seen[0][2] == 0
    for number, row in seen.items():
        assert row[2] == (number + first) // clip.size - first // clip.size


def test_the_multivariant_playlist_describes_the_ladder(clip, make_catalogue):
    parsed = m3u8.loads(multivariant(clip))
    assert parsed.is_variant
    assert [entry.uri for entry in parsed.playlists] == ["360p.m3u8", "720p.m3u8"]
    info = parsed.playlists[0].stream_info
    assert info.codecs == "avc1.4d401e,mp4a.40.2"
    assert info.resolution == (640, 360)
    assert info.frame_rate == 29.970
    assert info.bandwidth == 896_000
    assert 0 < info.average_bandwidth <= info.bandwidth
    assert info.audio == parsed.media[0].group_id
    assert parsed.media[0].uri == "audio.m3u8"
    assert parsed.media[0].type == "AUDIO"

    muxed = multivariant(Clip.load(make_catalogue(audio="muxed")))
    assert "AUDIO" not in muxed
    assert "mp4a" in muxed


def test_bandwidth_covers_the_largest_segments_of_sight_and_sound(clip):
    big = replace(clip.tracks["360p"], sizes=(*clip.tracks["360p"].sizes[:-1], 1_000_000))
    other = replace(clip, tracks={**clip.tracks, "360p": big})
    info = m3u8.loads(multivariant(other)).playlists[0].stream_info
    assert info.bandwidth == -(-8_000_000 * 1_000_000 // 1_480_000) + clip.tracks["audio"].peak
