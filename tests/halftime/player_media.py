"""Media that tells by its colour what it is: content, three ads and a slate, in MPEG-TS and in fMP4, with subtitles.

A picture taken out of any player shows what was on air, whatever the player says of itself.
"""

import shutil
from pathlib import Path

from halftime.demo.media import typeface
from ssai.creatives import ffmpeg
from ssai.creatives.catalogue import Catalogue
from ssai.creatives.condition import condition
from ssai.creatives.ladder import Ladder
from ssai.creatives.slate import slate

WIDTH, HEIGHT, FPS = 320, 180, 25
LADDER = Ladder.model_validate(
    {
        "target_duration": 4,
        "frame_rate": str(FPS),
        "audio": "separate",
        "video": [
            {"name": f"180p-{container}", "container": container, "width": WIDTH, "height": HEIGHT, "bitrate": 200_000,
             "codecs": "avc1.4d400d"}
            for container in ("ts", "fmp4")
        ],
        "sound": {"name": "sound-ts", "sample_rate": 48_000, "channels": 2, "bitrate": 64_000, "codecs": "mp4a.40.2"},
        "alternates": [
            {"name": "sound-fmp4", "container": "fmp4", "sample_rate": 48_000, "channels": 2, "bitrate": 64_000,
             "codecs": "mp4a.40.2"}
        ],
        "subtitles": {"name": "subs"},
    }
)  # fmt: skip
CONTENT = "content"
SLATE = "slate"
COLOURS = {CONTENT: 0x1E8C3A, "ruby": 0xB03030, "azure": 0x3058C0, "fuchsia": 0xB040B0, SLATE: 0x808080}
"""Red, green and blue of the patch in the corner."""
SECONDS = {CONTENT: 24, "ruby": 4, "azure": 5, "fuchsia": 6, SLATE: 8}
ADS = [name for name in COLOURS if name not in {CONTENT, SLATE}]
PATCH = 32
"""Pixels of the patch's side, at the top left."""


def render(work: Path) -> None:
    """The catalogues ``<work>/content`` and ``<work>/ads``: a few seconds of work."""
    shutil.copyfile(typeface(), work / "font.ttf")
    content, ads = work / "content", work / "ads"
    clip = condition(
        draw(work, CONTENT), LADDER, content, id=CONTENT, title=CONTENT, advertiser="", kind="content",
        preset="ultrafast",
    )  # fmt: skip
    Catalogue(content, LADDER, (clip,)).save()
    entries = [
        condition(draw(work, name), LADDER, ads, id=name, title=name, advertiser=name, preset="ultrafast")
        for name in ADS
    ]
    pieces = slate(draw(work, SLATE), LADDER, ads, id=SLATE, length=SECONDS[SLATE], preset="ultrafast")
    Catalogue(ads, LADDER, (*entries, *pieces)).save()


def draw(work: Path, name: str) -> Path:
    """A source: its name and a clock on moving bars (content) or on its own colour, and a tone of its own."""
    colour = f"0x{COLOURS[name]:06x}"
    ground = "testsrc2=alpha=255" if name == CONTENT else f"color=c={colour}"
    graph = (
        f"{ground}:s={WIDTH}x{HEIGHT}:r={FPS},drawbox=w={PATCH}:h={PATCH}:color={colour}:t=fill,"
        f"drawtext=fontfile=font.ttf:text='{name} %{{pts}}':fontcolor=white:fontsize=28:box=1:boxcolor=black"
        ":boxborderw=6:x=(w-text_w)/2:y=(h-text_h)/2"
    )
    tone = f"sine=frequency={220 + 110 * list(COLOURS).index(name)}:beep_factor=4:sample_rate=48000"
    ffmpeg.run(
        [
            *("-f", "lavfi", "-i", graph, "-f", "lavfi", "-i", tone, "-t", str(SECONDS[name])),
            *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "14", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"),
            f"{name}.mkv",
        ],
        limit=60.0,
        folder=work,
    )
    return work / f"{name}.mkv"
