"""One media playlist stitched offline: what a viewer who was there from the start would get."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Final

from domain.errors import InputError
from domain.pod import Pod
from domain.units import SECOND, Microseconds
from ssai.breaks.book import BreakRules
from ssai.channel.advance import Reload, first_version, target_duration
from ssai.channel.version import ChannelVersion
from ssai.creatives.catalogue import Catalogue
from ssai.creatives.supply import CatalogueMedia, minimum_version, usable, usable_slate
from ssai.decide.house import HousePods
from ssai.decide.port import Opening
from ssai.hls.container import container_of, path
from ssai.hls.errors import PlaylistError
from ssai.hls.media import is_multivariant, parse
from ssai.hls.variables import resolved
from ssai.stitch.plan import plan
from ssai.stitch.view import ContentCache, View

NAME: Final = "r0"
LONGEST: Final = Microseconds(600 * SECOND)
GRACE: Final = Microseconds(60 * SECOND)


def stitch_text(text: str, creatives: Path, rung: str | None) -> str:
    """The playlist with house pods in its breaks, content addresses as they were.

    Without ``rung`` the first in the playlist's container serves. Raises ``PlaylistError`` for a text that is no media
    playlist or needs more than itself (variables from elsewhere), ``InputError`` for a rung that is unknown or in
    another container, ``CreativeError`` for a catalogue that cannot be read.
    """
    if is_multivariant(text):
        raise PlaylistError(1, "playlist", "a media playlist", "a multivariant playlist")
    playlist = parse(resolved(text, None, {}))
    if not playlist.segments:
        return text
    catalogue = Catalogue.load(creatives)
    subtitles = path(playlist.segments[-1].uri).endswith((".vtt", ".webvtt"))
    container = container_of(playlist.segments, subtitles=subtitles)
    fit = [name for name, each in catalogue.ladder.rungs.items() if each.container == container]
    chosen = rung or next(iter(fit), None)
    if chosen not in fit:
        expected = f"one of {', '.join(fit)}" if fit else f"a ladder that has it in {container}"
        raise InputError("rendition", expected, "none" if rung is None else repr(rung))
    reloads = {NAME: Reload("", playlist)}
    rules = BreakRules(target_duration(reloads), GRACE, LONGEST)
    version = first_version("", "", reloads, rules)
    return _stitched(version, catalogue, chosen, rules).decode("utf-8", "surrogateescape")


def _stitched(version: ChannelVersion, catalogue: Catalogue, rung: str, rules: BreakRules) -> bytes:
    rungs = {NAME: rung}
    house = HousePods([entry.creative for entry in usable(catalogue, rungs, version)], LONGEST)
    slate = usable_slate(catalogue, rungs, version)
    media = CatalogueMedia(catalogue, rungs, "ads/")
    edges = (version.reached, version.shown_edge)
    plans = []
    for record in version.breaks:
        if record.dropped or not record.marks or slate is None:
            continue
        end = record.end or record.planned_end
        left = None if end is None else Microseconds(end - record.marks[0].at)
        pod: Pod = house.decide(Opening("offline", record.key, record.marks[0].at, left), [0])[0]
        if pod.creatives:
            plans.append(plan(record, pod, slate, 0, rules, edges))
    least = minimum_version(catalogue.ladder, rungs)
    view = View(version, NAME, ContentCache(lambda url: url, strip_cues=True), media, least)
    return view.playlist(plans, 0, 0)


def difference(before: str, after: str) -> str:
    """What stitching changed, as a unified diff."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), "origin", "stitched", n=1
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
