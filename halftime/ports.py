"""Ports that are taken: said in one line, before the work if possible."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from domain.errors import InputError


def refuse_taken(host: str, ports: tuple[int, ...]) -> None:
    """Raise ``InputError`` for the first port on which nobody could listen now."""
    for port in ports:
        with closing(socket.socket()) as probe:
            # As servers do: connections of an ended process that linger take no port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with naming_taken(str(port)):
                probe.bind((host, port))


@contextmanager
def naming_taken(port: str) -> Iterator[None]:
    """A port that cannot be listened on becomes an ``InputError`` that names it."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port}", "a free port", "one in use") from error
        if error.errno == errno.EACCES:
            raise InputError(f"port {port}", "a port that this user may take", "one that is not") from error
        raise
