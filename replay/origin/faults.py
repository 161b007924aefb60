"""What may go wrong at the origin, switched at run time, drawn from a seed."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Scope(StrEnum):
    """Which replies are concerned."""

    ALL = "all"
    LIVE = "live"
    MEDIA = "media"


class Faults(BaseModel):
    """The faults that hold until the next are set; the default is none.

    ``scope`` and ``renditions`` (empty: all, the multivariant playlist too) say which replies are concerned.
    ``delay_ms`` goes before each; a ``drop_share`` of connections is closed without a reply; a ``status_share`` of
    replies is an empty one with ``status``; ``drip`` sends bodies at that many bytes a second. ``stall`` holds the
    live edge of the renditions where it is. Draws follow ``seed`` and the order of requests since the faults were set.

    An origin that is gone closes every connection (``drop_share`` 1), or says nothing for longer than anybody waits
    (``delay_ms``). Code can stop the server, which then refuses connections.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Scope = Scope.ALL
    renditions: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=64)
    delay_ms: int = Field(default=0, ge=0, le=120_000)
    drop_share: Share = 0
    status: int = Field(default=503, ge=400, le=599)
    status_share: Share = 0
    drip: int | None = Field(default=None, ge=1, le=1 << 30)
    stall: bool = False
    seed: int = Field(default=0, ge=0, lt=1 << 64)

    def concern(self, scope: Scope, rendition: str | None) -> bool:
        """Whether a reply is concerned; ``rendition`` is None for the multivariant playlist."""
        return self.scope in {Scope.ALL, scope} and (not self.renditions or rendition in self.renditions)

    def drops(self, request: int) -> bool:
        """Whether the connection of the request of that number is closed."""
        return self._draw(request, "drop") < self.drop_share

    def fails(self, request: int) -> bool:
        """Whether the request of that number gets ``status``."""
        return self._draw(request, "status") < self.status_share

    def _draw(self, request: int, what: str) -> float:
        """A number in [0, 1)."""
        digest = blake2b(f"{self.seed}/{request}/{what}".encode(), digest_size=6).digest()
        return int.from_bytes(digest) / (1 << 48)


class FaultOrder(Faults):
    """What ``POST /faults`` takes: the faults that hold from now on, and whether the packager restarts once."""

    restart: bool = False
