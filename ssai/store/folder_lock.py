"""A lock that the kernel lets go of when its last holder dies: flock on a file of the folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FolderLock:
    """An exclusive lock on ``path``. Held through an open file, so two objects exclude each other in one process too.

    A child that inherits ``fd`` holds the same lock: it stays locked until the child has ended as well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    @property
    def fd(self) -> int:
        """The open file, while the lock is held; ``ValueError`` otherwise."""
        if self._fd is None:
            raise ValueError(f"{self._path}: not locked")
        return self._fd

    def take(self) -> bool:
        """Take the lock if nobody has it, without waiting. ``OSError`` if the file cannot be opened."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        return True

    def free(self) -> None:
        """Close the file, here: not an unlock, which would take the lock from a child that holds it too."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
