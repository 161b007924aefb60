from domain.units import instant
from ssai.cues.scan import dateranges
from ssai.cues.signal import SignalKind
from ssai.hls.lines import Tag

OUT = 'ID="break-0",START-DATE="2026-06-01T12:10:00.000Z",PLANNED-DURATION=30.000,SCTE35-OUT=0xFC'
BACK = 'ID="break-0",DURATION=20.000,SCTE35-IN=0xFC'


def test_a_packager_that_starts_anew_reuses_its_ids():
    """The opening's own START-DATE goes before the start that an earlier range of this id had."""
    before = {"break-0": instant("2026-06-01T12:00:00Z")}
    places = [(7, [Tag("EXT-X-DATERANGE", text)]) for text in (OUT, BACK)]
    found = [signal for index, tags in places for signal in dateranges(tags, index, known=before)]
    assert [signal.kind for signal in found] == [SignalKind.OUT, SignalKind.IN]
    assert found[0].at == instant("2026-06-01T12:10:00Z")


def test_a_closing_tag_without_a_date_ends_the_range_that_is_known():
    known = {"break-0": instant("2026-06-01T12:10:00Z")}
    (signal,) = dateranges([Tag("EXT-X-DATERANGE", BACK)], 9, known=known)
    assert signal.at == instant("2026-06-01T12:10:20Z")
