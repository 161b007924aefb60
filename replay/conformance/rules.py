"""What the rules are called: the numbers that findings carry, in the order of the project's list.

Sections are those of draft-pantos-hls-rfc8216bis-22. Rules 24 and 27 are about replies and hints, not playlists: they
have no check.
"""

from __future__ import annotations

from typing import Final

from replay.conformance.model import STALL, SYNTAX

RULES: Final = {
    "1": "only appending, removing from the head, and ENDLIST change a playlist (6.2.1)",
    "2": "target duration, version and sequence tags are fixed (6.2.1)",
    "3": "no segment rounds to more than the target duration (4.4.3.1)",
    "4": "the media sequence number rises by what left, before the first segment (6.2.2)",
    "5": "a media sequence number keeps its address (6.3.4)",
    "6": "the discontinuity sequence number counts the tags that left (6.2.2)",
    "7": "a discontinuity stands at each boundary of content and ads (4.4.4.3)",
    "8": "three target durations stay when segments leave (6.2.2)",
    "9": "a new segment comes within 1.5 target durations (6.2.1)",
    "10": "what is listed, or left a moment ago, can be downloaded (6.2.2)",
    "11": "missing media is a gap, a playlist of a type does not slide, renditions end together (6.2.1)",
    "12": "ads stand in the clear, keys come back after them (4.4.4.4)",
    "13": "keys that need an IV state it (6.2.3)",
    "14": "formats do not mix in one playlist (4.4.4.5)",
    "15": "the head of the window has what is in force (4.4.4)",
    "16": "variables are defined before they are used (4.4.2.3)",
    "17": "the version is at least what the features need (8)",
    "18": "dates stand after discontinuities and are never ambiguous (6.2.1)",
    "19": "date ranges keep their attributes and stay while listed, out and in share an ID (4.4.5.1)",
    "20": "renditions agree on discontinuities, ads and where they are cut (6.2.4)",
    "21": "renditions agree on target duration, dates, date ranges and control (6.2.4)",
    "22": "codecs are stated and name the sound, nothing leads players round the ads (7.3)",
    "23": "hold backs are long enough (4.4.3.8)",
    "25": "a delta skips only what the client has (6.2.5.1)",
    "26": "an interstitial names its assets (App. D)",
    SYNTAX: "the text is a playlist (4)",
    STALL: "the origin publishes without a gap (6.2.1)",
}
"""Title by the rule's number or name."""
