"""The configuration file of ``halftime serve``: TOML, checked whole before anything starts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import InputError

MAX_FILE: Final = 1024 * 1024
"""Bytes: a thousand channels fit."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Key = Annotated[str, Field(min_length=16, max_length=256)]


class SettingsError(InputError):
    """A configuration that cannot be used: file and field."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the edge listens and what it refuses (``ssai.edge.limits`` has the reasons for the numbers)."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    connections: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    sessions: Annotated[int, Field(ge=0)] = 500_000
    worker: str | None = None
    """This worker's name in elections; its host name and port where nothing is said."""


class StoreSettings(_Section):
    """``redis``: "embedded", "memory" (nothing outlives the process) or a redis:// address."""

    redis: str = "embedded"
    folder: Path = Path(".halftime")


class ChannelSettings(_Section):
    """One channel. ``origin``: an http(s) address, or ``folder:PATH`` of snapshots."""

    origin: str
    backups: Annotated[tuple[str, ...], Field(max_length=8)] = ()
    """Other origins of the same event, asked in this order when the one before fails or stands still."""
    stale: Annotated[float, Field(gt=0, le=3600)] | None = None
    """Seconds without a new segment after which an origin stands still; three target durations if nothing is said."""
    creatives: Path | None = None
    event: Name | None = None
    content_prefix: str | None = None
    """A CDN's address that stands for the folder of the origin's multivariant playlist."""
    ads_prefix: str | None = None
    strip_cues: bool = True
    viewer_parameter: str = "viewer"
    traits: Annotated[dict[str, Name], Field(max_length=8)] = {}
    """Query parameters that say something of the viewer, and the names of what they say."""
    origin_parameters: tuple[str, ...] = ()
    redirect_hosts: tuple[str, ...] = ()
    token_keys: tuple[Key, ...] = ()
    """The signing key first; keys that only verify after it. None given: the store keeps one."""
    grace: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """Seconds that a break without auto return waits for its IN after its planned end."""
    longest: Annotated[float, Field(gt=0, le=86400)] = 600.0
    """Seconds: the end of a break of unknown duration that gets no IN."""
    underfill: Literal["slate", "content"] = "slate"
    """What follows the last ad when a pod is shorter than its break."""
    snapshot_interval: Annotated[float, Field(gt=0, le=3600)] = 4.0


class Settings(_Section):
    """The whole file."""

    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    channels: Annotated[dict[Name, ChannelSettings], Field(min_length=1, max_length=1000)]

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read a file; relative folders in it are relative to it.

        Raises ``SettingsError`` naming file and field.
        """
        try:
            with path.open("rb") as file:
                body = file.read(MAX_FILE + 1)
            if len(body) > MAX_FILE:
                raise SettingsError(str(path), f"at most {MAX_FILE} bytes", "more")
            document = tomllib.loads(body.decode())
        except OSError as error:
            raise SettingsError(str(path), "a readable file", error.strerror or "an error") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(str(path), "TOML", str(error)) from error
        return cls.of(document, str(path)).beside(path.parent)

    @classmethod
    def of(cls, document: dict[str, Any], where: str) -> Settings:
        """Check a document. ``SettingsError`` names the first field that is wrong."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise SettingsError(f"{where}: {field}", first["msg"], repr(first["input"])[:80]) from error

    def beside(self, folder: Path) -> Settings:
        """The same settings with relative folders taken from ``folder``."""
        channels = {
            name: channel.model_copy(update={"creatives": folder / channel.creatives})
            if channel.creatives is not None
            else channel
            for name, channel in self.channels.items()
        }
        store = self.store.model_copy(update={"folder": folder / self.store.folder})
        return self.model_copy(update={"channels": channels, "store": store})
