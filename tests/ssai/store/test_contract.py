"""One contract, both stores. ``one`` and ``two`` are two workers' clients of the same store."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from domain.errors import FencedError, InputError
from ssai.store.embedded import EmbeddedRedis
from ssai.store.memory import MemoryStore
from ssai.store.port import BLOCK, MAX_SEAT, SeatRow, Store
from ssai.store.redis_store import RedisStore

if TYPE_CHECKING:

    def both_satisfy_the_port(memory: MemoryStore, redis: RedisStore) -> list[Store]:
        return [memory, redis]


@dataclass
class Pair:
    one: MemoryStore | RedisStore
    two: MemoryStore | RedisStore


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    server = EmbeddedRedis(tmp_path_factory.mktemp("r"))
    with asyncio.Runner() as runner:
        runner.run(server.start())
        yield server.socket
        runner.run(server.stop())


@pytest.fixture(params=["memory", "redis"])
async def pair(request: pytest.FixtureRequest, socket: Path) -> AsyncIterator[Pair]:
    if request.param == "memory":
        store = MemoryStore()
        yield Pair(store, store)
        return
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(b"FLUSHALL\r\n")
    assert await reader.readline() == b"+OK\r\n"
    writer.close()
    await writer.wait_closed()
    one, two = RedisStore(socket, limit_ms=5000), RedisStore(f"unix://{socket}", limit_ms=5000)
    yield Pair(one, two)
    await one.close()
    await two.close()


def numbers(assignment: bytes) -> dict[int, int]:
    assert len(assignment) == 2 * BLOCK
    return {row: number for row, number in enumerate(struct.unpack(f"<{BLOCK}H", assignment)) if number}


async def leader(store: Store, channel: str = "c", worker: str = "w1", ttl_ms: int = 60_000) -> int:
    fence = await store.lead(channel, worker, ttl_ms)
    assert fence is not None
    return fence


async def test_ping_and_closing_twice(pair: Pair) -> None:
    await pair.one.ping()
    await pair.one.close()
    await pair.one.close()
    await pair.two.ping()


# Leading


async def test_one_leads_and_a_renewal_keeps_its_number(pair: Pair) -> None:
    fence = await leader(pair.one)
    assert await pair.two.lead("c", "w2", 60_000) is None
    assert await pair.one.lead("c", "w1", 60_000) == fence
    assert await pair.two.lead("other", "w2", 60_000) is not None


async def test_of_many_at_once_one_leads(pair: Pair) -> None:
    answers = await asyncio.gather(*((pair.one, pair.two)[k % 2].lead("c", f"w{k}", 60_000) for k in range(20)))
    assert sum(answer is not None for answer in answers) == 1


async def test_a_lease_expires_and_the_next_term_is_greater(pair: Pair) -> None:
    fence = await leader(pair.one, ttl_ms=250)
    assert await pair.two.lead("c", "w2", 60_000) is None
    await asyncio.sleep(0.27)
    assert await leader(pair.two, worker="w2") > fence
    assert await pair.one.lead("c", "w1", 60_000) is None


async def test_a_renewal_extends_the_lease(pair: Pair) -> None:
    await pair.one.lead("c", "w1", 250)
    await pair.one.lead("c", "w1", 60_000)
    await asyncio.sleep(0.27)
    assert await pair.two.lead("c", "w2", 60_000) is None


async def test_resigning_frees_the_lease_for_a_greater_term(pair: Pair) -> None:
    fence = await leader(pair.one)
    await pair.two.resign("c", "w2")
    assert await pair.two.lead("c", "w2", 60_000) is None
    await pair.one.resign("c", "w1")
    assert await leader(pair.two, worker="w2") > fence


# Publishing and following


async def test_publish_stores_version_and_closed_breaks(pair: Pair) -> None:
    assert await pair.two.snapshot("c") is None
    assert await pair.two.breaks("c") == {}
    fence = await leader(pair.one)
    await pair.one.publish("c", fence, 1, b"\x00one\xff", {"100": b"a\x00", "200": b"b"})
    await pair.one.publish("c", fence, 2, b"two", {"200": b"changed", "300": b"c"})
    assert await pair.two.snapshot("c") == b"two"
    assert await pair.two.breaks("c") == {"100": b"a\x00", "200": b"b", "300": b"c"}
    assert await pair.two.snapshot("d") is None


async def test_an_old_leader_is_refused_and_nothing_changes(pair: Pair) -> None:
    old = await leader(pair.one)
    await pair.one.publish("c", old, 1, b"one", {})
    await pair.one.resign("c", "w1")
    new = await leader(pair.two, worker="w2")
    with pytest.raises(FencedError):
        await pair.one.publish("c", old, 2, b"stale", {"1": b"x"})
    assert await pair.two.snapshot("c") == b"one"
    assert await pair.two.breaks("c") == {}
    await pair.two.publish("c", new, 2, b"two", {})


async def test_a_lapsed_lease_still_publishes_until_a_later_term(pair: Pair) -> None:
    fence = await leader(pair.one, ttl_ms=20)
    await asyncio.sleep(0.04)
    await pair.one.publish("c", fence, 1, b"one", {})
    assert await pair.one.snapshot("c") == b"one"


@pytest.mark.parametrize("number", [6, 7])
async def test_a_number_not_above_the_stored_one_is_refused(pair: Pair, number: int) -> None:
    fence = await leader(pair.one)
    await pair.one.publish("c", fence, 7, b"seven", {})
    with pytest.raises(FencedError):
        await pair.one.publish("c", fence, number, b"again", {"1": b"x"})
    assert await pair.one.snapshot("c") == b"seven"
    assert await pair.one.breaks("c") == {}


async def test_without_a_term_nobody_publishes(pair: Pair) -> None:
    with pytest.raises(FencedError):
        await pair.one.publish("c", 1, 1, b"one", {})


async def test_numbers_compare_as_numbers(pair: Pair) -> None:
    fence = await leader(pair.one)
    await pair.one.publish("c", fence, 9, b"nine", {})
    await pair.one.publish("c", fence, 10, b"ten", {})
    await pair.one.publish("c", fence, (1 << 53) - 1, b"last", {})
    assert await pair.two.snapshot("c") == b"last"


async def test_racing_publishers_of_one_term_store_each_number_once(pair: Pair) -> None:
    fence = await leader(pair.one)
    answers = await asyncio.gather(
        *(store.publish("c", fence, 1, name, {}) for store, name in ((pair.one, b"a"), (pair.two, b"b"))),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers if answer is not None] == [FencedError]
    assert await pair.one.snapshot("c") == (b"a" if answers[0] is None else b"b")


async def test_versions_gives_the_last_and_then_wakes(pair: Pair) -> None:
    fence = await leader(pair.one)
    await pair.one.publish("c", fence, 1, b"one", {})
    await pair.one.publish("c", fence, 2, b"two", {})
    versions = pair.two.versions("c")
    assert await anext(versions) == b"two"
    waits = []
    for number in range(3, 8):
        following = asyncio.ensure_future(anext(versions))
        await asyncio.sleep(0.01)
        assert not following.done()
        begun = time.perf_counter()
        await pair.one.publish("c", fence, number, b"v%d" % number, {})
        assert await following == b"v%d" % number
        waits.append(time.perf_counter() - begun)
    assert min(waits) < 0.1, "woken by the message, not by the poll"
    await versions.aclose()


async def test_versions_waits_for_the_first(pair: Pair) -> None:
    fence = await leader(pair.one)
    versions = pair.two.versions("c")
    first = asyncio.ensure_future(anext(versions))
    await asyncio.sleep(0.02)
    assert not first.done()
    await pair.one.publish("c", fence, 1, b"one", {})
    assert await first == b"one"
    await versions.aclose()


async def test_versions_skips_to_the_newest_and_repeats_none(pair: Pair) -> None:
    fence = await leader(pair.one)
    await pair.one.publish("c", fence, 1, b"v1", {})
    versions = pair.two.versions("c")
    assert await anext(versions) == b"v1"
    for number in range(2, 20):
        await pair.one.publish("c", fence, number, b"v%d" % number, {})
    assert await anext(versions) == b"v19"
    again = asyncio.ensure_future(anext(versions))
    await asyncio.sleep(0.05)
    assert not again.done(), "none comes twice in a row"
    await pair.one.publish("c", fence, 20, b"v20", {})
    assert await again == b"v20"
    await versions.aclose()


async def test_followers_of_a_channel_all_wake_and_of_another_sleep(pair: Pair) -> None:
    fence = await leader(pair.one)
    followers = [store.versions("c") for store in (pair.one, pair.two, pair.two)]
    asleep = pair.one.versions("d")
    waiting = [asyncio.ensure_future(anext(follower)) for follower in followers]
    other = asyncio.ensure_future(anext(asleep))
    await asyncio.sleep(0.05)
    await pair.one.publish("c", fence, 1, b"one", {})
    assert await asyncio.gather(*waiting) == [b"one"] * 3
    assert not other.done()
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)
    for follower in (*followers, asleep):
        await follower.aclose()


# Seats


async def test_seats_count_from_0_and_a_viewer_keeps_seat_and_join(pair: Pair) -> None:
    assert await pair.one.seats("e") == 0
    assert await pair.one.seat("e", "ann", 111) == SeatRow(0, 111)
    assert await pair.two.seat("e", "bob", 222) == SeatRow(1, 222)
    assert await pair.two.seat("e", "ann", 999) == SeatRow(0, 111)
    assert await pair.two.seats("e") == 2
    assert await pair.one.seat("f", "ann", 5) == SeatRow(0, 5)


async def test_one_viewer_at_two_workers_at_once_gets_one_seat(pair: Pair) -> None:
    calls = [
        store.seat("e", f"v{viewer}", 1 + k) for viewer in range(30) for k, store in enumerate((pair.one, pair.two))
    ]
    rows = await asyncio.gather(*calls)
    assert rows[0::2] == rows[1::2]
    assert sorted(row.seat for row in rows[0::2]) == list(range(30)), "none is lost, none given twice"
    assert await pair.one.seats("e") == 30


async def test_joins_hold_every_seat_of_the_block(pair: Pair) -> None:
    assert await pair.one.joins("e", 0) == bytes(8 * BLOCK)
    instants = [1_795_000_000_000_001, -5, (1 << 63) - 1]
    for viewer, instant in enumerate(instants):
        await pair.one.seat("e", f"v{viewer}", instant)
        await pair.two.seat("e", f"v{viewer}", 7)
    joins = struct.unpack(f"<{BLOCK}q", await pair.two.joins("e", 0))
    assert list(joins[:3]) == instants
    assert not any(joins[3:])
    assert await pair.two.joins("e", 1) == bytes(8 * BLOCK)


async def test_the_seat_after_a_full_block_opens_the_next(pair: Pair) -> None:
    rows = []
    for first in range(0, BLOCK + 1, 205):
        batch = range(first, min(first + 205, BLOCK + 1))
        rows += await asyncio.gather(*(pair.one.seat("e", f"v{viewer}", viewer + 1) for viewer in batch))
    last = next(row for row in rows if row.seat == BLOCK)
    assert struct.unpack_from("<q", await pair.two.joins("e", 1))[0] == last.join
    assert 0 not in struct.unpack(f"<{BLOCK}q", await pair.two.joins("e", 0))


async def test_viewers_are_any_text(pair: Pair) -> None:
    odd = ["", "x" * 1025, "\ud800"]
    for viewer in odd:
        with pytest.raises(InputError):
            await pair.one.seat("e", viewer, 1)
    rows = [await pair.one.seat("e", viewer, 1) for viewer in ("a b\n\0", "é" * 512, "{}")]
    assert [row.seat for row in rows] == [0, 1, 2]


# Pods and assignments


async def test_pods_are_numbered_from_1_and_equal_ones_share(pair: Pair) -> None:
    assert await pair.one.pods("e", "b") == []
    assert await pair.one.add_pods("e", "b", [b"p", b"\x00q", b"p"]) == [1, 2, 1]
    assert await pair.two.add_pods("e", "b", [b"r", b"\x00q"]) == [3, 2]
    assert await pair.two.add_pods("e", "b", []) == []
    assert await pair.two.pods("e", "b") == [b"p", b"\x00q", b"r"]
    assert await pair.one.add_pods("e", "b2", [b"r"]) == [1]
    assert await pair.one.add_pods("e2", "b", [b"r"]) == [1]


async def test_racing_tables_of_pods_stay_one_table(pair: Pair) -> None:
    pods = [b"pod-%d" % k for k in range(40)]
    calls = [
        store.add_pods("e", "b", [*pods[k:], *pods[:k]]) for k in range(0, 40, 7) for store in (pair.one, pair.two)
    ]
    answers = await asyncio.gather(*calls)
    table = await pair.one.pods("e", "b")
    assert sorted(table) == sorted(pods)
    for k, answer in zip([k for k in range(0, 40, 7) for _ in "12"], answers, strict=True):
        assert [table[number - 1] for number in answer] == [*pods[k:], *pods[:k]]


async def test_a_long_table_of_pods(pair: Pair) -> None:
    pods = [b"pod-%d" % k for k in range(2500)]
    assert await pair.one.add_pods("e", "b", pods) == list(range(1, 2501))
    assert await pair.two.pods("e", "b") == pods


async def test_pin_gives_rows_once(pair: Pair) -> None:
    assert numbers(await pair.one.assignment("e", "b", 3)) == {}
    assert numbers(await pair.one.pin("e", "b", 3, {5: 7, 0: 65535, BLOCK - 1: 1})) == {0: 65535, 5: 7, BLOCK - 1: 1}
    second = await pair.two.pin("e", "b", 3, {6: 2, 5: 9, 4: 3, BLOCK - 2: 8})
    assert numbers(second) == {0: 65535, 4: 3, 5: 7, 6: 2, BLOCK - 2: 8, BLOCK - 1: 1}
    assert await pair.one.assignment("e", "b", 3) == second
    assert await pair.two.pin("e", "b", 3, {0: 1, 5: 2}) == second
    assert await pair.one.pin("e", "b", 3, {}) == second
    for event, key, block in (("e", "b", 2), ("e", "c", 3), ("f", "b", 3)):
        assert numbers(await pair.one.assignment(event, key, block)) == {}


async def test_racing_pins_agree_row_by_row(pair: Pair) -> None:
    calls = [
        (pair.one, pair.two)[k % 2].pin("e", "b", 0, dict.fromkeys(range(k % 5, BLOCK, 1 + k % 3), k + 1))
        for k in range(12)
    ]
    answers = [numbers(answer) for answer in await asyncio.gather(*calls)]
    final = numbers(await pair.one.assignment("e", "b", 0))
    assert len(final) == BLOCK
    for answer in answers:
        assert answer.items() <= final.items(), "what was answered once never changes"
    for row, number in final.items():
        k = number - 1
        assert row in range(k % 5, BLOCK, 1 + k % 3), "a row holds only a number that somebody gave it"


async def test_an_empty_pin_stores_nothing(pair: Pair) -> None:
    assert numbers(await pair.one.pin("e", "b", 0, {})) == {}
    assert numbers(await pair.one.pin("e", "b", 0, {1: 1})) == {1: 1}


# Secrets and switches


async def test_the_first_secret_stays(pair: Pair) -> None:
    answers = await asyncio.gather(
        *(store.secret("token", secret) for store, secret in ((pair.one, b"a\x00" * 16), (pair.two, b"b\xff" * 16)))
    )
    assert answers[0] == answers[1]
    assert answers[0] in (b"a\x00" * 16, b"b\xff" * 16)
    assert await pair.one.secret("token", b"late") == answers[0]
    assert await pair.one.secret("other", b"late") == b"late"


async def test_traits_are_kept_by_seat_and_the_last_writer_wins(pair: Pair) -> None:
    assert await pair.one.traits("e", 7) == b""
    await pair.one.set_traits("e", 7, b'{"region":"eu"}')
    await pair.two.set_traits("e", 7, b'{"region":"us"}')
    await pair.one.set_traits("e", 7 + BLOCK, b"other block")
    assert await pair.one.traits("e", 7) == b'{"region":"us"}'
    assert await pair.two.traits("e", 7 + BLOCK) == b"other block"
    assert await pair.one.traits("f", 7) == b""
    for seat, traits in ((-1, b""), (MAX_SEAT + 1, b""), (0, bytes(4097))):
        with pytest.raises(ValueError, match=r"seat|traits"):
            await pair.one.set_traits("e", seat, traits)


async def test_insertion_is_on_until_switched_off(pair: Pair) -> None:
    assert await pair.one.insertion("c") is True
    await pair.one.set_insertion("c", False)
    assert await pair.two.insertion("c") is False
    assert await pair.two.insertion("d") is True
    await pair.two.set_insertion("c", True)
    assert await pair.one.insertion("c") is True


# What is refused

BAD_NAMES = ["", "x" * 65, "a b", "a:b", "a{b}", "é", "a\n", "a/b", "*"]


@pytest.mark.parametrize("bad", BAD_NAMES)
async def test_bad_names_are_refused_everywhere(pair: Pair, bad: str) -> None:
    store = pair.one
    calls = [
        store.lead(bad, "w", 1),
        store.resign(bad, "w"),
        store.publish(bad, 1, 1, b"s", {}),
        store.publish("c", 1, 1, b"s", {bad: b"x"}),
        store.snapshot(bad),
        store.breaks(bad),
        store.seat(bad, "v", 1),
        store.joins(bad, 0),
        store.seats(bad),
        store.add_pods(bad, "b", []),
        store.add_pods("e", bad, []),
        store.pods(bad, "b"),
        store.pods("e", bad),
        store.pin(bad, "b", 0, {}),
        store.pin("e", bad, 0, {}),
        store.assignment(bad, "b", 0),
        store.assignment("e", bad, 0),
        store.secret(bad, b"s"),
        store.insertion(bad),
        store.set_insertion(bad, True),
    ]
    for answer in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(answer, InputError)
    with pytest.raises(InputError):
        store.versions(bad)


@pytest.mark.parametrize("good", ["a", "x" * 64, "Final_2026.11-22", "-", "1795000000000000"])
async def test_good_names_work(pair: Pair, good: str) -> None:
    fence = await leader(pair.one, good)
    await pair.one.publish(good, fence, 1, b"s", {good: b"x"})
    assert await pair.one.breaks(good) == {good: b"x"}
    assert (await pair.one.seat(good, "v", 1)).seat == 0
    assert await pair.one.add_pods(good, good, [b"p"]) == [1]


async def test_bad_values_are_refused(pair: Pair) -> None:
    store = pair.one
    fence = await leader(store)
    calls = [
        store.lead("c", "w1", 0),
        store.lead("c", "w1", 86_400_001),
        store.publish("c", fence, -1, b"s", {}),
        store.publish("c", fence, 1 << 53, b"s", {}),
        store.publish("c", fence, 1, b"", {}),
        store.publish("c", fence, 1, bytes((8 << 20) + 1), {}),
        store.publish("c", fence, 1, b"s", {"k": bytes((256 << 10) + 1)}),
        store.publish("c", fence, 1, b"s", {str(k): b"x" for k in range(257)}),
        store.seat("e", "v", 1 << 63),
        store.joins("e", -1),
        store.joins("e", 1 << 21),
        store.add_pods("e", "b", [b""]),
        store.add_pods("e", "b", [bytes((256 << 10) + 1)]),
        store.pin("e", "b", 0, {BLOCK: 1}),
        store.pin("e", "b", 0, {-1: 1}),
        store.pin("e", "b", 0, {0: 0}),
        store.pin("e", "b", 0, {0: 1 << 16}),
        store.assignment("e", "b", -1),
        store.secret("s", b""),
        store.secret("s", bytes(4097)),
    ]
    for call, answer in enumerate(await asyncio.gather(*calls, return_exceptions=True)):
        assert isinstance(answer, ValueError), call
    for worker in ("", "x" * 129, "a b", "é"):
        with pytest.raises(InputError):
            await store.lead("c", worker, 1000)
    assert await store.snapshot("c") is None
    assert await store.seats("e") == 0
