"""The multivariant playlist: what the origin offers."""

from __future__ import annotations

from domain.units import decimal
from replay.origin.clip import Clip, Track, goes_with
from ssai.creatives.ladder import SoundRung, SubtitleRung, VideoRung


def multivariant(clip: Clip) -> str:
    """The multivariant playlist; media playlists are ``<rendition>.m3u8`` beside it (4.4.6).

    A group is one sound of the ladder in all its languages, and every video is a variant once for each group that goes
    with it. Groups hold the same renditions by name, whatever their codecs (4.4.6.1.1).
    """
    sounds = [(name, track, track.rung) for name, track in clip.tracks.items() if isinstance(track.rung, SoundRung)]
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for name, track, sound in sounds:
        default = "YES" if track.language in {None, *clip.dress.languages[:1]} else "NO"
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{sound.name}",{_called(track, clip.ladder.sound.name)},'
            f'DEFAULT={default},AUTOSELECT=YES,CHANNELS="{sound.channels}",URI="{name}.m3u8"'
        )
    subtitles = ""
    for name, track in clip.tracks.items():
        if isinstance(track.rung, SubtitleRung):
            lines.append(
                f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{name}",{_called(track, name)},DEFAULT=NO,AUTOSELECT=YES,'
                f'URI="{name}.m3u8"'
            )
            subtitles = f',SUBTITLES="{name}"'
    for name, track in clip.tracks.items():
        if not isinstance(track.rung, VideoRung):
            continue
        # All languages of a group are the same files.
        groups = {sound.name: (sound, voice) for _, voice, sound in sounds if goes_with(track.rung, sound)}
        for group, (sound, voice) in groups.items():
            lines += _variant(clip, name, track.rung, sound, voice, f',AUDIO="{group}"{subtitles}')
        if not groups:
            lines += _variant(clip, name, track.rung, clip.ladder.sound, None, subtitles)
    return "\n".join(lines) + "\n"


def _called(track: Track, name: str) -> str:
    return f'NAME="{name}"' if track.language is None else f'NAME="{track.language}",LANGUAGE="{track.language}"'


def _variant(
    clip: Clip, name: str, rung: VideoRung, sound: SoundRung, voice: Track | None, groups: str
) -> tuple[str, str]:
    """EXT-X-STREAM-INF and its URI; ``voice`` is None where the video files carry the sound."""
    track = clip.tracks[name]
    # The ladder's rate is what creatives are made to, and they take the content's place.
    peak = max(track.peak + (voice.peak if voice else 0), rung.bitrate + sound.bitrate)
    average = track.average + (voice.average if voice else 0)
    rate = decimal(round(clip.ladder.fps * 1_000) * 1_000, 3)
    offer = (
        f'BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{rung.codecs},{sound.codecs}",'
        f"RESOLUTION={rung.width}x{rung.height},FRAME-RATE={rate}{groups}"
    )
    return f"#EXT-X-STREAM-INF:{offer}", f"{name}.m3u8"
