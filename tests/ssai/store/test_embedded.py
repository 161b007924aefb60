"""The embedded server's life: restart, adoption, deaths of server and parent, both at once, and a torn file."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.errors import StoreError
from ssai.store.embedded import MAX_SOCKET, EmbeddedRedis
from ssai.store.folder_lock import FolderLock
from ssai.store.redis_store import RedisStore

PARENT = """
import asyncio, sys
from pathlib import Path
from ssai.store.embedded import EmbeddedRedis

async def main():
    server = EmbeddedRedis(Path(sys.argv[1]))
    await server.start()
    print(server.pid or 0, server.socket, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await server.stop()

asyncio.run(main())
"""


@contextmanager
def parent(folder: Path, root: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the embedded server until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def started(process: subprocess.Popen[str]) -> tuple[int, Path]:
    assert process.stdout is not None
    pid, socket = process.stdout.readline().split(" ", 1)
    return int(pid), Path(socket.strip())


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def alive(server: EmbeddedRedis) -> int:
    assert server.pid is not None
    return server.pid


async def gone(pid: int, seconds: float = 3) -> bool:
    until = time.monotonic() + seconds
    while running(pid):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.005)
    return True


async def write(socket: Path, secret: bytes = b"kept") -> bytes:
    store = RedisStore(socket, limit_ms=5000)
    try:
        return await store.secret("s", secret)
    finally:
        await store.close()


async def test_restart_finds_the_data_and_stop_is_idempotent(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path / "r")
    for _ in range(3):
        async with server:
            pid = alive(server)
            assert await write(server.socket) == b"kept"
            await server.start()
            assert alive(server) == pid, "a second start changes nothing"
        assert server.pid is None
        assert not running(pid)
        await server.stop()
    async with EmbeddedRedis(tmp_path / "r") as other:
        assert await write(other.socket, b"new") == b"kept"


async def test_only_this_user_gets_in_and_nothing_listens_on_tcp(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir(mode=0o755)
    async with EmbeddedRedis(folder) as server:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        reader, writer = await asyncio.open_unix_connection(server.socket)
        for key, value in {
            "port": "0", "appendonly": "yes", "appendfsync": "always", "save": "", "maxmemory-policy": "noeviction",
            "aof-load-truncated": "yes",
        }.items():  # fmt: skip
            writer.write(f"CONFIG GET {key}\r\n".encode())
            lines = [(await reader.readline()).strip().decode() for _ in range(5)]
            assert lines[2::2] == [key, value]
        writer.close()
        await writer.wait_closed()


async def test_a_killed_server_starts_again_with_every_acknowledged_write(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path / "r") as server:
        store = RedisStore(server.socket, limit_ms=5000)
        pods: list[bytes] = []

        async def write_on() -> None:
            while True:
                pod = b"pod-%d" % len(pods)
                await store.add_pods("e", "b", [pod])
                pods.append(pod)

        writing = asyncio.ensure_future(write_on())
        await asyncio.sleep(0.1)
        os.kill(alive(server), signal.SIGKILL)
        with pytest.raises(StoreError):
            await writing
        assert len(pods) > 10
        await server.start()
        found = await store.pods("e", "b")
        assert found[: len(pods)] == pods
        assert len(found) <= len(pods) + 1, "at most the one that was not acknowledged"
        await store.close()


async def test_a_torn_last_write_loads(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    async with EmbeddedRedis(folder) as server:
        await write(server.socket)
        store = RedisStore(server.socket, limit_ms=5000)
        await store.secret("torn", b"x" * 100)
        await store.close()
    log = folder / "appendonly.aof"
    os.truncate(log, log.stat().st_size - 50)
    async with EmbeddedRedis(folder) as server:
        assert await write(server.socket, b"new") == b"kept"
        store = RedisStore(server.socket, limit_ms=5000)
        assert await store.secret("torn", b"again") == b"again"
        await store.close()


async def test_a_killed_parent_ends_the_server_and_the_next_start_finds_the_data(tmp_path: Path, root: Path) -> None:
    with parent(tmp_path, root) as process:
        pid, socket = await asyncio.to_thread(started, process)
        await write(socket)
        process.kill()
        process.wait()
        # At once, while the old server is still going down.
        async with EmbeddedRedis(tmp_path) as server:
            assert server.pid not in (None, pid), "a dying server is not adopted"
            assert not running(pid)
            assert await write(server.socket, b"new") == b"kept"


async def test_a_killed_parent_leaves_no_orphan(tmp_path: Path, root: Path) -> None:
    with parent(tmp_path, root) as process:
        pid, _ = await asyncio.to_thread(started, process)
        assert running(pid)
        process.kill()
        process.wait()
        assert await gone(pid)


async def test_an_interrupt_of_the_terminal_does_not_reach_the_server(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path) as server:
        assert os.getpgid(alive(server)) != os.getpgid(0)


async def test_a_running_server_is_adopted_and_left_running(tmp_path: Path, root: Path) -> None:
    with parent(tmp_path, root) as process:
        pid, socket = await asyncio.to_thread(started, process)
        async with EmbeddedRedis(tmp_path) as server:
            assert server.pid is None
            assert server.socket == socket
            await write(server.socket)
        assert running(pid)
        assert await write(socket, b"new") == b"kept"
        # The owner ends in good order: the adopter's next start runs a server of its own.
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) == 0
        assert not running(pid)
        async with server as again:
            assert again.pid not in (None, pid)
            assert await write(again.socket, b"new") == b"kept"


async def test_an_adopter_takes_over_when_the_owner_is_killed(tmp_path: Path, root: Path) -> None:
    with parent(tmp_path, root) as process:
        _, socket = await asyncio.to_thread(started, process)
        async with EmbeddedRedis(tmp_path) as server:
            await write(socket)
            process.kill()
            process.wait()
            await server.start()
            assert server.pid is not None
            assert await write(server.socket, b"new") == b"kept"


async def test_the_owner_may_adopt_who_replaced_its_dead_server(tmp_path: Path) -> None:
    first, second = EmbeddedRedis(tmp_path), EmbeddedRedis(tmp_path)
    async with first:
        pid = alive(first)
        os.kill(pid, signal.SIGKILL)
        assert await gone(pid)
        async with second:
            assert second.pid is not None
            await first.start()
            assert first.pid is None
            await first.stop()
            assert await write(second.socket) == b"kept"


async def test_many_starts_at_once_run_one_server(tmp_path: Path) -> None:
    servers = [EmbeddedRedis(tmp_path) for _ in range(6)]
    await asyncio.gather(*(server.start() for server in servers))
    try:
        assert sum(server.pid is not None for server in servers) == 1
    finally:
        for server in servers:
            await server.stop()


async def test_a_start_waits_for_another_that_is_under_way(tmp_path: Path) -> None:
    other = FolderLock(tmp_path / "start.lock")
    assert other.take()
    server = EmbeddedRedis(tmp_path, limit_ms=100)
    with pytest.raises(StoreError, match="no answer in time"):
        await server.start()
    assert not (tmp_path / "redis.log").exists(), "nothing was started"
    other.free()
    async with server:
        assert server.pid is not None


async def test_two_processes_at_once_run_one_server(tmp_path: Path, root: Path) -> None:
    with parent(tmp_path, root) as one, parent(tmp_path, root) as two:
        answers = await asyncio.gather(asyncio.to_thread(started, one), asyncio.to_thread(started, two))
        assert sorted(pid > 0 for pid, _ in answers) == [False, True]
        assert answers[0][1] == answers[1][1]


async def test_a_long_path_gets_a_socket_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30) / "r"
    async with EmbeddedRedis(folder) as server, EmbeddedRedis(folder) as other:
        assert len(os.fsencode(server.socket)) <= MAX_SOCKET
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
        assert other.socket == server.socket
        assert other.pid is None
        await write(server.socket)
        os.kill(alive(server), signal.SIGKILL)
        await server.start()
        assert server.socket == other.socket, "clients find it where it was"
    assert not server.socket.parent.exists()
    async with server:
        assert await write(server.socket, b"new") == b"kept"


async def test_a_recorded_socket_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    folder, shared = tmp_path / ("long" * 30), tmp_path / "shared"
    folder.mkdir()
    shared.mkdir(mode=0o755)
    (folder / "socket").write_text(str(shared / "redis.sock"))
    async with EmbeddedRedis(folder) as server:
        assert server.socket.parent != shared


async def test_a_broken_file_is_an_error_with_the_log_and_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "appendonly.aof").write_bytes(b"*1\r\n$7\r\nNOTGOOD\r\nrubbish\r\n" * 3)
    server = EmbeddedRedis(tmp_path)
    with pytest.raises(StoreError, match=r"ended with status 1.*log ends.*Unknown command"):
        await server.start()
    assert server.pid is None
    with pytest.raises(StoreError, match="not started"):
        _ = server.socket
    (tmp_path / "appendonly.aof").unlink()
    async with server:
        assert await write(server.socket) == b"kept"


async def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        await EmbeddedRedis(tmp_path / "file" / "r").start()


async def test_a_server_that_does_not_answer_is_an_error_in_time(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path) as server:
        os.kill(alive(server), signal.SIGSTOP)
        begun = time.monotonic()
        with pytest.raises(StoreError, match="no answer in time"):
            await EmbeddedRedis(tmp_path, limit_ms=300).start()
        assert time.monotonic() - begun < 1.5
        os.kill(alive(server), signal.SIGCONT)


async def test_a_cancelled_start_leaves_nothing_behind(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    for wait in (0, 0.001, 0.003, 0.006):
        starting = asyncio.ensure_future(server.start())
        await asyncio.sleep(wait)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await server.stop()
    async with server:
        assert await write(server.socket) == b"kept"


async def test_a_large_log_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "redis.log").write_bytes(b"old\n" * (1 << 19))
    async with EmbeddedRedis(tmp_path):
        assert (tmp_path / "redis.log").stat().st_size < 1 << 20
        assert (tmp_path / "redis.log.1").read_bytes().startswith(b"old")
