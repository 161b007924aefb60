"""What a channel worker is made of, chosen by the wiring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.pod import Slate
from ssai.breaks.book import BreakRules
from ssai.channel.version import ChannelVersion
from ssai.decide.port import Decisions
from ssai.stitch.render import AdMedia, ContentAddress
from ssai.store.port import Store


@dataclass(frozen=True, slots=True)
class Supply:
    """What can be inserted into a channel of a given make: who decides, where the segments are, what fills the rest.

    ``slate``: None where there is none, so that nothing is inserted. ``minimum_version``: what the creatives need (8).
    """

    decisions: Decisions
    media: AdMedia
    slate: Slate | None
    minimum_version: int = 3


@dataclass(frozen=True, slots=True)
class ChannelParts:
    """What a channel worker is made of. ``supply`` is asked once, when the channel's renditions are known."""

    name: str
    event: str
    store: Store
    supply: Callable[[ChannelVersion], Supply]
    address: ContentAddress
    rules: Callable[[], BreakRules]
    clock: Callable[[], int]
    """Wall clock, microseconds since the Unix epoch."""
    strip_cues: bool = True
