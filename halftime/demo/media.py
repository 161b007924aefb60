"""The demo's media, rendered on this machine: a clip of content, eight brands that do not exist, a slate.

Everything shows what it is: content has a running clock, an ad its brand and a countdown, and every brand its own
colour and tone, so that eyes and ears can follow a stitched stream.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from domain.errors import InputError
from ssai.creatives import ffmpeg
from ssai.creatives.catalogue import Catalogue
from ssai.creatives.condition import condition
from ssai.creatives.ladder import Ladder, SoundRung, VideoRung
from ssai.creatives.progress import Progress, span, unseen
from ssai.creatives.slate import slate

_EDITION: Final = 1
"""Raise it when the same recipe gives other media, so that what was rendered before is rendered again."""
_MARKER: Final = "demo-media.json"
_UNFINISHED: Final = "unfinished"
_CLIP_LIMIT: Final = 300.0
"""Seconds of wall time to draw one clip."""


@dataclass(frozen=True, slots=True)
class Brand:
    """An advertiser that does not exist. ``tone`` in hertz, ``seconds`` the length of its ad."""

    id: str
    name: str
    line: str
    colour: str
    tone: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what is rendered; lengths in seconds."""

    ladder: Ladder
    content: int
    slate: int
    brands: tuple[Brand, ...]

    @property
    def digest(self) -> str:
        """Differs where the media would."""
        data = [_EDITION, self.ladder.model_dump(), self.content, self.slate, [asdict(brand) for brand in self.brands]]
        return hashlib.sha256(json.dumps(data).encode()).hexdigest()


_BRANDS: Final = (
    Brand("lumo", "LUMO", "coffee, slowly", "0x7a3e1d", 262, 15),
    Brand("veltra", "VELTRA", "cars that hum", "0xb3202c", 294, 30),
    Brand("pikko", "PIKKO", "phones for short calls", "0x1f7a8c", 330, 15),
    Brand("haldane", "HALDANE", "boots for any weather", "0x3f6b2a", 392, 15),
    Brand("zestra", "ZESTRA", "soda with a zip", "0xd98a00", 440, 15),
    Brand("kumolo", "KUMOLO", "fly above it all", "0x2f5fb3", 523, 30),
    Brand("orrinsol", "ORRINSOL", "your money, asleep", "0x5b3a8c", 587, 30),
    Brand("brisella", "BRISELLA", "holidays by the sea", "0xc2417c", 659, 15),
)
_RUNGS: Final = (
    VideoRung(name="360p", width=640, height=360, bitrate=700_000, codecs="avc1.4d401e"),
    VideoRung(name="270p", width=480, height=270, bitrate=450_000, codecs="avc1.4d401e"),
    VideoRung(name="180p", width=320, height=180, bitrate=250_000, codecs="avc1.4d400d"),
)
_TINY: Final = (
    VideoRung(name="144p", width=256, height=144, bitrate=150_000, codecs="avc1.4d400c"),
    VideoRung(name="90p", width=160, height=90, bitrate=80_000, codecs="avc1.4d400c"),
)
_SOUND: Final = SoundRung(name="audio", sample_rate=48_000, channels=2, bitrate=96_000, codecs="mp4a.40.2")


def recipe(audio: Literal["separate", "muxed"] = "separate", *, small: bool = False) -> Recipe:
    """The demo's recipe; ``small`` has two tiny rungs and a few seconds of everything, for tests."""
    rungs = _TINY if small else _RUNGS
    ladder = Ladder(target_duration=4, frame_rate="25", audio=audio, video=rungs, sound=_SOUND)
    if not small:
        return Recipe(ladder, 120, 60, _BRANDS)
    # 15 s become 4 and 30 s become 8: still whole pieces of two seconds.
    short = (
        Brand(brand.id, brand.name, brand.line, brand.colour, brand.tone, 4 * (brand.seconds // 15))
        for brand in _BRANDS
    )
    return Recipe(ladder, 24, 8, tuple(short))


def render(
    folder: Path,
    progress: Progress = unseen,
    *,
    audio: Literal["separate", "muxed"] = "separate",
    small: bool = False,
) -> None:
    """Render the demo's media into ``<folder>/content`` and ``<folder>/ads``, each a catalogue, unless it is there.

    Two processes that render into one folder do it once. Raises ``InputError`` where the folder holds something else
    or matplotlib's typeface is missing, ``FfmpegError`` where ffmpeg cannot draw.
    """
    wanted = recipe(audio, small=small)
    font = typeface()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _rendered(folder) != wanted.digest:
            _clear(folder)
            with tempfile.TemporaryDirectory(prefix="halftime-clips-") as clips:
                _render(wanted, folder, _Clips(Path(clips), wanted.ladder, font), progress)
            _mark(folder, wanted.digest)
    progress(1.0)


def typeface() -> Path:
    """DejaVu Sans Bold out of matplotlib's data; nothing of matplotlib is imported. Raises ``InputError``."""
    spec = importlib.util.find_spec("matplotlib")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        font = Path(place, "mpl-data", "fonts", "ttf", "DejaVuSans-Bold.ttf")
        if font.is_file():
            return font
    raise InputError("demo media", "the typeface that comes with matplotlib (halftime[demo])", "no matplotlib")


def _rendered(folder: Path) -> str | None:
    """The digest of what stands in the folder; None if nothing was rendered into it."""
    try:
        return str(json.loads((folder / _MARKER).read_text())["recipe"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(str(folder / _MARKER), "the demo's own marker", "something else") from error


def _mark(folder: Path, digest: str) -> None:
    fresh = folder / f".{_MARKER}"
    fresh.write_text(json.dumps({"recipe": digest}) + "\n")
    fresh.replace(folder / _MARKER)


def _clear(folder: Path) -> None:
    """Only what the demo rendered is ever deleted: a folder with catalogues and no marker is someone's own."""
    stale = [folder / name for name in ("content", "ads") if (folder / name).exists()]
    if stale and _rendered(folder) is None:
        raise InputError(str(folder), "an empty folder, or one that the demo rendered", f"{stale[0].name}/")
    _mark(folder, _UNFINISHED)
    for path in stale:
        shutil.rmtree(path)


class _Clips:
    """Draws the sources. ffmpeg runs in the folder of the texts, so no text is ever parsed as a filter."""

    def __init__(self, folder: Path, ladder: Ladder, font: Path) -> None:
        self._folder = folder
        self._top = max(ladder.video, key=lambda rung: rung.height)
        self._rate = ladder.frame_rate
        self._texts = 0
        shutil.copyfile(font, folder / "font.ttf")

    def text(self, words: str, *, size: float, y: float, colour: str = "white") -> str:
        """Centred words; ``size`` and ``y`` in parts of the picture's height. Expands ``%{...}`` frame by frame."""
        self._texts += 1
        name = f"text{self._texts}.txt"
        (self._folder / name).write_text(words, encoding="utf-8")
        return (
            f"drawtext=fontfile=font.ttf:textfile={name}:fontcolor={colour}:fontsize={int(size * self._top.height)}"
            f":x=(w-text_w)/2:y=h*{y}-text_h/2:shadowcolor=black@0.6:shadowx=2:shadowy=2"
        )

    def draw(self, name: str, seconds: int, picture: str, sound: str, texts: list[str]) -> Path:
        """Render ``<name>.mkv``: quick and large, for the conditioning that follows."""
        size = f"s={self._top.width}x{self._top.height}:r={self._rate}"
        graph = ",".join([f"{picture}:{size}", *texts])
        target = self._folder / f"{name}.mkv"
        arguments = [
            *("-f", "lavfi", "-i", graph, "-f", "lavfi", "-i", sound, "-t", str(seconds)),
            *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "14", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"),
            target.name,
        ]
        ffmpeg.run(arguments, limit=_CLIP_LIMIT, folder=self._folder)
        return target


def _render(wanted: Recipe, folder: Path, clips: _Clips, progress: Progress) -> None:
    """Every step takes a part of the progress in proportion to its seconds."""
    ladder = wanted.ladder
    total = wanted.content + wanted.slate + sum(brand.seconds for brand in wanted.brands)
    done = 0

    def step(seconds: int) -> Progress:
        nonlocal done
        start, done = done, done + seconds
        return span(progress, start / total, done / total)

    source = clips.draw(
        "content",
        wanted.content,
        "testsrc2=alpha=255",
        # A beep every second: sound that has slipped against the clock is heard at once.
        "sine=frequency=220:beep_factor=4:sample_rate=48000",
        [
            "drawbox=x=0:y=ih*0.25:w=iw:h=ih*0.5:color=black@0.65:t=fill",
            clips.text("CONTENT", size=0.19, y=0.38),
            clips.text("%{pts:hms}", size=0.15, y=0.62),
        ],
    )
    content = condition(
        source,
        ladder,
        folder / "content",
        id="content",
        title="The event",
        advertiser="",
        kind="content",
        progress=step(wanted.content),
        preset="superfast",
    )
    Catalogue(folder / "content", ladder, (content,)).save()

    ads = []
    for brand in wanted.brands:
        source = clips.draw(
            brand.id,
            brand.seconds,
            f"color=c={brand.colour}",
            f"sine=frequency={brand.tone}:beep_factor=2:sample_rate=48000",
            [
                "drawbox=x=0:y=ih*0.72:w=iw:h=ih*0.28:color=black@0.35:t=fill",
                clips.text(brand.name, size=0.2, y=0.34),
                clips.text(brand.line, size=0.07, y=0.56),
                clips.text(f"AD   %{{eif:ceil({brand.seconds}-t):d}}", size=0.12, y=0.86),
            ],
        )
        ads.append(
            condition(
                source,
                ladder,
                folder / "ads",
                id=f"{brand.id}-{brand.seconds}",
                title=f"{brand.name}: {brand.line}",
                advertiser=brand.id,
                progress=step(brand.seconds),
                preset="superfast",
            )
        )
    source = clips.draw(
        "slate",
        8,
        "color=c=0x101820",
        "sine=frequency=147:sample_rate=48000",
        [clips.text("We will be right back", size=0.1, y=0.5)],
    )
    pieces = slate(source, ladder, folder / "ads", length=wanted.slate, progress=step(wanted.slate), preset="superfast")
    Catalogue(folder / "ads", ladder, (*ads, *pieces)).save()
