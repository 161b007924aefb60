"""Random live channels: what an origin publishes, refresh by refresh, who joins when, and which pods they get.

``channel(rng)`` makes one from any ``random.Random``: a seeded one for speed, Hypothesis's (``channels()``) so that a
failure shrinks. A channel is plain data: windows as pieces for the reference stitcher; ``text`` renders the same
windows as playlists for whatever reads text. ``channel_play.play`` runs the reference over one
and counts the hard cases it held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from hypothesis import strategies as st

from domain.pod import Creative, Pod, Slate
from domain.units import Microseconds, date, decimal
from replay.reference import In, Out, Piece, Rules
from tests.ssai.stitch.channel_breaks import schedule
from tests.ssai.stitch.channel_dress import FORMS, Wardrobe, wardrobe
from tests.ssai.stitch.channel_script import MS, SECOND, Draw, Mark, Script, clock, grid_of, pieces_of, publish

EPOCH = 1_700_000_000 * SECOND
"""Channel time is Unix time, as the program date times say."""
RATIOS = ((2, 1), (1, 2), (3, 2), (2, 3), (3, 4), (4, 3), (4, 5), (5, 4))
"""(n, m): every n-th boundary of the video is the audio's m-th; the others differ."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """What one refresh reads: each rendition's raw window, the signals that are new in it; and what happens then."""

    windows: Mapping[str, tuple[Piece, ...]]
    signals: tuple[Out | In, ...]
    joins: tuple[str, ...]
    restart: bool
    ended: frozenset[str]
    """Renditions whose playlists have ended."""


@dataclass(frozen=True, slots=True, repr=False)
class Channel:
    """A whole event. ``pods[viewer][k]`` is the viewer's pod for break number k of ``Reference.breaks``, cyclically."""

    renditions: tuple[str, ...]
    rules: Rules
    slate: Slate
    refreshes: tuple[Refresh, ...]
    marks: Mapping[str, tuple[Mark, ...]]
    pods: Mapping[str, tuple[Pod | None, ...]]
    epochs: Mapping[str, tuple[int, int]]
    """Where a rendition's numbers begin anew: index of its first segment then, and the origin's number for it."""
    wardrobes: Mapping[str, Wardrobe]
    traits: frozenset[str]

    def __repr__(self) -> str:
        """A line for each refresh: Hypothesis prints this for a failure, and warns of long ones."""
        lines = [f"{self.renditions} {self.rules} {sorted(self.traits)}"]
        for number, refresh in enumerate(self.refreshes):
            windows = [f"{name} {own[0].index}..{own[-1].index}" for name, own in refresh.windows.items()]
            notes = [*windows, *map(str, refresh.signals), *refresh.joins, *["restart"] * refresh.restart]
            lines.append(f"{number}: {', '.join(notes)}")
        return "\n".join(lines)

    def pod(self, viewer: str, number: int) -> Pod | None:
        """The viewer's pod for break ``number``."""
        return self.pods[viewer][number % len(self.pods[viewer])]

    def dresses(self) -> dict[str, str]:
        """What players must see around each segment of the content, by its address."""
        seen = {}
        for refresh in self.refreshes:
            for name, window in refresh.windows.items():
                anew, number = self.epochs.get(name, (window[-1].index + 1, 0))
                for piece in window:
                    own = piece.index if piece.index < anew else number + piece.index - anew
                    seen[piece.uri] = self.wardrobes[name].dresses[piece.index].seen(own)
        return seen

    def text(self, refresh: int, rendition: str) -> str:
        """The rendition's media playlist at a refresh."""
        window = self.refreshes[refresh].windows[rendition]
        anew, number = self.epochs.get(rendition, (window[-1].index + 1, 0))
        first, sequence = window[0].index, window[0].sequence - window[0].tagged
        begun = window[-1].index >= anew
        if begun:
            first, sequence = number + first - anew, 0
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:6",
            f"#EXT-X-TARGETDURATION:{self.rules.target_duration // SECOND}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{sequence}",
        ]
        before = None
        for piece in window:
            lines += self.wardrobes[rendition].lines(piece.index, before)
            before = piece.index
            lines += ["#EXT-X-DISCONTINUITY"] * (piece.tagged and not (begun and piece.index <= anew))
            lines += [mark.line for mark in self.marks[rendition] if mark.shows(piece.index, refresh)]
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(piece.start)}")
            # A new packager lists what the old one had too, under its own addresses.
            uri = anew_uri(rendition, number + piece.index - anew) if begun else piece.uri
            lines += [f"#EXTINF:{decimal(piece.end - piece.start, 3)},", uri]
        lines += ["#EXT-X-ENDLIST"] * (rendition in self.refreshes[refresh].ended)
        return "\n".join(lines) + "\n"


def channels() -> st.SearchStrategy[Channel]:
    """Channels that shrink."""
    return st.builds(channel, st.randoms(use_true_random=False))


def channel(rng: Random) -> Channel:
    """Draw one channel. The first choice of each draw is the plainest: that is where shrinking leads."""
    draw = Draw(rng)
    target = draw.of((4, 2, 3, 5, 6)) * SECOND
    grid = draw.of(("same", "aac", "aac", "different", "different"))
    ratio = draw.of(RATIOS) if grid == "different" else (1, 1)
    longest = min(target, target * ratio[1] // ratio[0]) // MS
    step = longest - draw.of((0, 0, longest // 20, longest // 4, longest // 2))
    jitter = draw.of((0, 0, 40, step // 8))
    window = draw.upto(3, 12)
    adds = [draw.of((1, 1, 1, 1, 2, 0, 3)) for _ in range(draw.upto(12, 36))]
    clocks = clock(window, adds)
    base = [EPOCH + draw.of((0, 40, 123)) * MS]
    for _ in range(-(-(clocks[-1] + 4) // ratio[0]) * ratio[0]):
        base.append(base[-1] + (step - draw.upto(0, jitter)) * MS)
    times = [base[k] for k in clocks]
    tagged = {k for k in range(0, len(base), ratio[0]) if draw.chance(0.08)}
    renditions = draw.of((("v1", "audio"), ("v1", "v2"), ("v1", "v2", "audio"), ("v1", "v2", "audio"), ("audio", "v1")))
    behind = draw.of((None, *renditions))
    first_sequence = draw.of((0, 1, 7, 100_000))
    script = Script(
        carriers=renditions if draw.chance(0.5) else renditions[:1], marks={name: [] for name in renditions}
    )
    for name in renditions:
        own = ratio if name == "audio" else (1, 1)
        edges = grid_of(base, grid, ratio) if name == "audio" else base
        at = {k // own[0] * own[1] for k in tagged}
        pieces = pieces_of(name, edges, at, draw.of((0, 1, 41, 2_000_000)), first_sequence)
        size = max(3, window * own[1] // own[0])
        script.pieces[name] = pieces
        script.shown[name] = publish(draw, pieces, times, size, step * MS, troubled=name == behind)
    last = len(adds) - 1
    epochs = _epochs(draw, script, draw.upto(2, last)) if draw.chance(0.2) else {}
    ends = _ends(draw, script, last - draw.upto(1, 3)) if draw.chance(0.25) else {}
    rules = Rules(
        target,
        grace=draw.of((0, 2, 6)) * SECOND,
        longest=draw.of((20, 8, 35)) * SECOND,
        content_back=draw.chance(0.3),
    )
    schedule(draw, script, rules)
    creatives = [_creative(draw, f"c{k}", target // MS) for k in range(5)]
    every = draw.chance(0.1)
    form = draw.of(FORMS)
    joined = {"v0": 0, "v1": 0, "v2": draw.upto(0, last), "v3": draw.upto(0, last)}
    return Channel(
        renditions=renditions,
        rules=rules,
        slate=_slate(draw, target // MS),
        refreshes=tuple(
            Refresh(
                windows={name: script.window(name, k) for name in renditions},
                signals=tuple(script.signals.get(k, ())),
                joins=tuple(viewer for viewer, when in joined.items() if when == k),
                restart=every or draw.chance(0.1),
                ended=frozenset(name for name, since in ends.items() if since <= k),
            )
            for k in range(len(adds))
        ),
        marks={name: tuple(marks) for name, marks in script.marks.items()},
        pods={viewer: tuple(_pod(draw, creatives) for _ in range(3)) for viewer in joined},
        epochs=epochs,
        wardrobes={name: wardrobe(draw, form, script.pieces[name]) for name in renditions},
        traits=frozenset({f"grid_{grid}", *form.split(), *["restart_at_each"] * every}),
    )


def _epochs(draw: Draw, script: Script, refresh: int) -> dict[str, tuple[int, int]]:
    """The packager starts anew: other addresses, lower numbers, from each rendition's next segment on."""
    epochs = {}
    lower, overlap = draw.of((None, 1, 3)), draw.of((0, 0, 2))
    for name, pieces in script.pieces.items():
        shown = script.shown[name]
        place = shown[refresh - 1][1]
        if place == len(pieces):
            continue
        index, more = pieces[place].index, not pieces[place].tagged
        number = overlap if lower is None else max(overlap, index - lower)
        epochs[name] = (index, number)
        pieces[place:] = [
            replace(
                piece,
                uri=anew_uri(name, number + k),
                tagged=piece.tagged or not k,
                sequence=piece.sequence + more,
            )
            for k, piece in enumerate(pieces[place:])
        ]
        least = max(0, place - overlap)
        shown[refresh:] = [(max(head, least) if stop > place else head, stop) for head, stop in shown[refresh:]]
    return epochs


def anew_uri(rendition: str, number: int) -> str:
    """The address of a segment after a packager's restart."""
    return f"{rendition}/anew{number}.ts"


def _ends(draw: Draw, script: Script, refresh: int) -> dict[str, int]:
    """From this refresh on nothing is new, and playlists say so, then or with the next refresh."""
    refresh = max(1, refresh)
    for shown in script.shown.values():
        shown[refresh:] = [shown[refresh]] * len(shown[refresh:])
    return {name: refresh + draw.of((0, 0, 1)) for name in script.shown}


def _creative(draw: Draw, name: str, target_ms: int) -> Creative:
    """One to eight segments of 0.4 to 2 s, none above TD/2."""
    longest = min(2000, target_ms // 2)
    length = draw.of((longest, longest, 400, 960, 1000))
    durations = [min(longest, length)] * draw.upto(1, 8)
    durations[-1] = draw.of((durations[-1], 400, draw.upto(400, longest)))
    return Creative(name, tuple(Microseconds(duration * MS) for duration in durations))


def _pod(draw: Draw, creatives: list[Creative]) -> Pod | None:
    if draw.chance(0.12):
        return None
    return Pod(tuple(draw.of(creatives) for _ in range(draw.of((1, 2, 3, 4, 0)))))


def _slate(draw: Draw, target_ms: int) -> Slate:
    """Pieces of 8, 4, 2 and 1 quarter second at 25 frames a second (6 frames); none above TD/2."""
    quarter = 240
    sizes = [quarter * k for k in (8, 4, 2, 1) if quarter * k <= target_ms // 2]
    run = Creative("slate", (Microseconds(sizes[0] * MS),) * draw.of((3, 1, 5)))
    return Slate(run, tuple(Creative(f"slate-{size}", (Microseconds(size * MS),)) for size in sizes[1:]))
