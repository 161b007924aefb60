"""What a channel worker is made of, chosen by the wiring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from domain.pod import Slate
from ssai.breaks.book import BreakRules
from ssai.channel.version import ChannelVersion
from ssai.channel.window import Window
from ssai.decide.port import Decisions
from ssai.hls.container import Container, container_of
from ssai.stitch.render import AdMedia, ContentAddress
from ssai.store.port import Store


@dataclass(frozen=True, slots=True)
class Supply:
    """What can be inserted into a channel of a given make: who decides, where the segments are, what fills the rest.

    ``slate``: None where there is none, so that nothing is inserted. ``minimum_version``: what the creatives need (8).
    ``containers``: by rendition, what content was in when the supply was chosen: formats never mix (4.4.4.5), and while
    a rendition's newest content is in another nothing is inserted.
    """

    decisions: Decisions
    media: AdMedia
    slate: Slate | None
    minimum_version: int = 3
    containers: Mapping[str, Container] = field(default_factory=dict)

    def fits(self, windows: Mapping[str, Window]) -> bool:
        """Whether the newest content of every rendition is in the container that this was chosen for."""
        return all(
            container_of(windows[name].segments, subtitles=container is Container.WEBVTT) is container
            for name, container in self.containers.items()
        )


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
