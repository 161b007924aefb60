"""Real playlists with lines changed, through the whole way: reader, detection, channel, store's codec and stitcher."""

from pathlib import Path
from random import Random

from domain.errors import InputError
from domain.pod import Creative, Pod, Slate
from domain.units import SECOND, Microseconds
from ssai.breaks.book import BreakRules
from ssai.channel.advance import Reload, advance, first_version, target_duration
from ssai.channel.codec import decode_version, encode_version
from ssai.channel.version import ChannelVersion
from ssai.hls.lines import decode
from ssai.hls.media import MediaReader, is_multivariant
from ssai.hls.variables import resolved
from ssai.stitch.plan import plan, start_mark
from ssai.stitch.render import AdSegment
from ssai.stitch.view import ContentCache, View

MUTANTS = 40
POD = Pod((Creative("ad", (Microseconds(SECOND),) * 5),))
SLATE = Slate(Creative("slate", (Microseconds(SECOND),) * 4), (Creative("small", (Microseconds(SECOND // 2),)),))
PIECES = (
    "",
    "\0",
    "-1",
    "99999999999",
    "#EXT-X-ENDLIST\n",
    "#EXT-X-DISCONTINUITY\n",
    "1e9",
    ",",
    '"',
    "%",
    "{$x}",
    "\n",
    "é",
)


class Media:
    """An address for any segment of any creative."""

    def segment(self, creative: str, rendition: str, index: int) -> AdSegment:
        return AdSegment(f"ads/{creative}/{rendition}/{index}", Microseconds(SECOND), f"ads/{creative}/init")


def mutant(text: str, rng: Random) -> str:
    """Some lines gone, twice there, or somewhere else; some characters replaced."""
    lines = text.splitlines(keepends=True)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(lines) + 1)
        match rng.randrange(3):
            case 0:
                del lines[place : place + rng.randint(1, 3)]
            case 1:
                lines[place:place] = rng.choices(lines or ["\n"], k=rng.randint(1, 3))
            case _:
                body = "".join(lines)
                at = rng.randrange(len(body) + 1)
                body = body[:at] + rng.choice(PIECES) + body[at + rng.randint(0, 12) :]
                lines = body.splitlines(keepends=True)
    return "".join(lines)


def played(texts: list[str]) -> int:
    """Reload after reload, stitched for a viewer each time; how many could be read."""
    reader, version, rules, read = MediaReader(), None, None, 0
    for text in texts:
        try:
            playlist = reader.read(resolved(text, "http://o/v.m3u8", {}))
        except InputError:
            continue
        reloads = {"v": Reload("http://o/v.m3u8", playlist)}
        if version is None or rules is None:
            if not playlist.segments:
                continue
            rules = BreakRules(target_duration(reloads), Microseconds(SECOND), Microseconds(60 * SECOND))
            version = first_version("", "", reloads, rules)
        else:
            version = advance(decode_version(encode_version(version)), reloads, rules)
        stitched(version, rules)
        read += 1
    return read


def stitched(version: ChannelVersion, rules: BreakRules) -> None:
    edges = (version.reached, version.shown_edge)
    plans = [
        plan(record, POD, SLATE, start, rules, edges)
        for record in version.breaks
        if not record.dropped and not record.folded and (start := start_mark(record, 0)) is not None
    ]
    view = View(version, "v", ContentCache(lambda url: url, strip_cues=True), Media(), 3)
    assert view.playlist(plans, 0, 0).startswith(b"#EXTM3U\n")


def test_no_mutant_gets_another_exception_than_the_typed_one(data: Path) -> None:
    read = 0
    for number, path in enumerate(sorted((data / "hls").rglob("*.m3u8"))):
        text = decode(path.read_bytes())
        if is_multivariant(text) or len(text) > 40_000:
            continue
        rng = Random(number)
        for _ in range(MUTANTS):
            read += played([text, *(mutant(text, rng) for _ in range(3))])
    print(f"{read} playlists stitched")
    assert read > 1_000
