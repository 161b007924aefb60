"""The default store's server: ``redis-server`` run by the edge itself in a folder of its own.

Three locks of the folder say who is there; the kernel frees each when its holder dies, however it dies:

    start.lock    held while one process starts, adopts or cleans up: one at a time
    server.lock   inherited by the server, held as long as it runs
    owner.lock    held by the process that started the server; a new file for each server

Server and owner alive: adopt. Server alive without owner: it is going down, wait and start another. No server: start.
"""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from domain.errors import StoreError
from ssai.store import redis_process
from ssai.store.folder_lock import FolderLock

MAX_SOCKET: Final = 103
"""Bytes of a socket's path: ``sun_path`` has 108 on Linux and 104 on macOS, the last one zero."""
_STOP: Final = 5.0
"""Seconds until a server that does not end is killed; it ends in about 0.1 s."""
_STEP: Final = 0.005
"""Seconds between two looks."""
_ANSWER: Final = 0.5
"""Seconds for one answer of a server that is there."""
_PONG: Final = b"+PONG\r\n"
_SOCKET: Final = "redis.sock"
_RECORD: Final = "socket"


class EmbeddedRedis:
    """A Redis on a UNIX socket, its data in ``folder`` (made, and closed to others), without a TCP port.

    Every acknowledged write is on disk. ``start`` (or entering the context) returns when the server answers, within
    ``limit_ms``, and may be called again: it starts the server anew if it has died. It adopts the server if another
    live process (or object) runs one in this folder; that one is not ended by ``stop``. The server dies with its parent
    (on Linux, with the thread that called ``start``). All errors are ``StoreError`` with the server's last log lines.
    """

    def __init__(self, folder: Path, *, limit_ms: int = 30_000) -> None:
        self._folder = folder.absolute()
        self._limit = limit_ms / 1000
        self._near = self._folder / _SOCKET
        self._owner = FolderLock(self._folder / "owner.lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None

    @property
    def socket(self) -> Path:
        """Where the server listens; ``StoreError`` before the first start."""
        if self._socket is None:
            raise StoreError(f"redis-server in {self._folder}: not started")
        return self._socket

    @property
    def pid(self) -> int | None:
        """The server's process, None if it was adopted or is not running."""
        return None if self._process is None else self._process.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the server, or adopt the one that runs."""
        try:
            if self._process is not None:
                async with asyncio.timeout(self._limit):
                    if await _answers(self._process, self.socket):
                        return
                self._forget()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            async with asyncio.timeout(self._limit), self._alone():
                await self._start_or_adopt()
        except TimeoutError as error:
            raise self._error("no answer in time") from error
        except OSError as error:
            raise self._error(str(error)) from error

    async def stop(self) -> None:
        """End the server if this object started it, let go of it if not; idempotent and bounded."""
        process = self._process
        if process is None:
            return
        # First, so that whoever starts meanwhile does not adopt a server that is going down.
        self._forget()
        process.terminate()
        try:
            async with asyncio.timeout(_STOP):
                await _until(lambda: process.poll() is not None)
        except TimeoutError:
            redis_process.kill(process)
        except BaseException:
            redis_process.kill(process)
            raise
        self._clean()

    async def _start_or_adopt(self) -> None:
        server = FolderLock(self._folder / "server.lock")
        while not server.take():
            socket = self._known_socket()
            if self._owner_lives():
                if socket is not None and await _say(socket, b"PING") == _PONG:
                    self._socket = socket
                    return
            elif socket is not None:
                await _say(socket, b"SHUTDOWN NOSAVE")  # where nothing tells an orphan to end
            await asyncio.sleep(_STEP)
        try:
            await self._launch(server.fd)
        finally:
            server.free()

    async def _launch(self, lock: int) -> None:
        socket = self._known_socket() or self._new_socket()
        # A new file: a former owner whose server died may still hold the old one.
        path = self._folder / "owner.lock"
        path.unlink(missing_ok=True)
        if not self._owner.take():
            raise self._error("another process took owner.lock")
        try:
            process = redis_process.launch(self._folder, socket, lock)
        except StoreError:
            self._owner.free()
            raise
        try:
            answers = await _answers(process, socket)
        except BaseException:
            self._owner.free()
            redis_process.kill(process)
            raise
        if not answers:
            self._owner.free()
            raise self._error(f"ended with status {process.returncode}")
        self._process, self._socket = process, socket

    def _forget(self) -> None:
        self._process = None
        self._owner.free()

    def _owner_lives(self) -> bool:
        probe = FolderLock(self._folder / "owner.lock")
        taken = probe.take()
        probe.free()
        return not taken

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        lock = FolderLock(self._folder / "start.lock")
        await _until(lock.take)
        try:
            yield
        finally:
            lock.free()

    def _known_socket(self) -> Path | None:
        """In the folder where its path is short enough, else where the folder says, if that is still ours alone."""
        if len(os.fsencode(self._near)) <= MAX_SOCKET:
            return self._near
        try:
            path = Path((self._folder / _RECORD).read_text())
            place = path.parent.lstat()
        except (OSError, ValueError):
            return None
        private = stat.S_ISDIR(place.st_mode) and place.st_uid == os.geteuid() and not place.st_mode & 0o077
        return path if private else None

    def _new_socket(self) -> Path:
        path = Path(tempfile.mkdtemp(prefix="halftime-")) / _SOCKET
        if len(os.fsencode(path)) > MAX_SOCKET:
            path.parent.rmdir()
            raise self._error(f"the path of a socket has at most {MAX_SOCKET} bytes, and {path} has more")
        fresh = self._folder / f"{_RECORD}.new"
        fresh.write_text(str(path))
        fresh.replace(self._folder / _RECORD)
        return path

    def _clean(self) -> None:
        """Remove a socket's folder outside ours, unless somebody has begun to use it again."""
        socket = self._known_socket()
        if socket is None or socket == self._near:
            return
        start, server = FolderLock(self._folder / "start.lock"), FolderLock(self._folder / "server.lock")
        try:
            if start.take() and server.take():
                socket.unlink(missing_ok=True)
                socket.parent.rmdir()
                (self._folder / _RECORD).unlink(missing_ok=True)
        except OSError as error:
            raise self._error(str(error)) from error
        finally:
            server.free()
            start.free()

    def _error(self, what: str) -> StoreError:
        return StoreError(f"redis-server in {self._folder}: {what}; its log ends: {redis_process.tail(self._folder)}")


async def _until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110 - another process's death or lock sets no event of ours
        await asyncio.sleep(_STEP)


async def _answers(process: subprocess.Popen[bytes], socket: Path) -> bool:
    """Wait until the server answers (it may be loading), or has ended: a process that dies may still seem alive."""
    while process.poll() is None:
        if await _say(socket, b"PING") == _PONG:
            return process.poll() is None  # or the answer was another server's
        await asyncio.sleep(_STEP)
    return False


async def _say(socket: Path, command: bytes) -> bytes:
    """The first line of the server's answer, empty if there is none."""
    try:
        async with asyncio.timeout(_ANSWER):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(command + b"\r\n")
                return await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return b""
