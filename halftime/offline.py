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
from ssai.creatives.supply import CatalogueMedia, usable
from ssai.decide.house import HousePods
from ssai.decide.port import Opening
from ssai.hls.errors import PlaylistError
from ssai.hls.media import is_multivariant, parse
from ssai.stitch.plan import plan
from ssai.stitch.view import ContentCache, View

NAME: Final = "r0"
LONGEST: Final = Microseconds(600 * SECOND)
GRACE: Final = Microseconds(60 * SECOND)


def stitch_text(text: str, creatives: Path, rung: str | None) -> str:
    """The playlist with house pods in its breaks, content addresses as they were.

    Raises ``PlaylistError`` for a text that is no media playlist, ``InputError`` for an unknown rung, ``CreativeError``
    for a catalogue that cannot be read.
    """
    if is_multivariant(text):
        raise PlaylistError(1, "playlist", "a media playlist", "a multivariant playlist")
    playlist = parse(text)
    if not playlist.segments:
        return text
    catalogue = Catalogue.load(creatives)
    chosen = rung or catalogue.ladder.video[0].name
    if chosen not in catalogue.ladder.names:
        raise InputError("rendition", f"one of {', '.join(catalogue.ladder.names)}", repr(chosen))
    reloads = {NAME: Reload("", playlist)}
    rules = BreakRules(target_duration(reloads), GRACE, LONGEST)
    version = first_version("", "", reloads, rules)
    return _stitched(version, catalogue, chosen, rules).decode("utf-8", "surrogateescape")


def _stitched(version: ChannelVersion, catalogue: Catalogue, rung: str, rules: BreakRules) -> bytes:
    fit = usable(catalogue, {NAME: rung}, version)
    house = HousePods([entry.creative for entry in fit], LONGEST)
    slate = catalogue.slate
    media = CatalogueMedia(catalogue, {NAME: rung}, "ads/")
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
    view = View(version, NAME, ContentCache(lambda url: url, strip_cues=True), media, 3)
    return view.playlist(plans, 0, 0)


def difference(before: str, after: str) -> str:
    """What stitching changed, as a unified diff."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), "origin", "stitched", n=1
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
