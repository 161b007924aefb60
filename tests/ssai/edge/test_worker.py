"""Workers over a store that answers late and in any order give what the pure core gives, restarts and hops included."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from typing import Any

import pytest

from domain.pod import Pod
from domain.units import Microseconds
from ssai.channel.codec import decode_version, encode_break, encode_version
from ssai.channel.version import ChannelVersion
from ssai.decide.house import hash_of
from ssai.decide.port import Opening
from ssai.edge.parts import ChannelParts, Supply
from ssai.edge.worker import ChannelWorker
from ssai.sessions.token import Session
from ssai.stitch.render import AdSegment
from ssai.store.memory import MemoryStore
from tests.ssai.stitch.channels import Channel, channel
from tests.ssai.stitch.product import Product, shown

SEEDS = 120


class LateStore:
    """The shipped double, each answer some turns of the loop late: what runs together may overtake."""

    def __init__(self, store: MemoryStore, rng: Random) -> None:
        self._store = store
        self._rng = rng

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)

        async def late(*arguments: Any) -> Any:
            for _ in range(self._rng.randrange(6)):
                await asyncio.sleep(0)
            answer = await call(*arguments)
            for _ in range(self._rng.randrange(6)):
                await asyncio.sleep(0)
            return answer

        return late


class Choice:
    """A pod by break and seat."""

    def __init__(self, script: Channel) -> None:
        self._pods = [pod for pods in script.pods.values() for pod in pods if pod is not None and pod.creatives]

    def pod(self, key: str, seat: int) -> Pod:
        if not self._pods:
            return Pod(())
        return self._pods[hash_of(f"{key}/{seat}") % len(self._pods)]

    def decide(self, opening: Opening, seats: list[int]) -> list[Pod]:
        return [self.pod(opening.key, seat) for seat in seats]


class _Media:
    def __init__(self, script: Channel) -> None:
        self._mapped = {name for name, wardrobe in script.wardrobes.items() if "fmp4" in wardrobe.form}

    def segment(self, creative: str, rendition: str, index: int) -> AdSegment:
        init = f"{creative}/init.mp4" if rendition in self._mapped else None
        return AdSegment(f"{creative}/{index}", Microseconds(1_000_000), init)


async def run(script: Channel, rng: Random, cases: Counter[str]) -> None:
    product, choice = Product(script), Choice(script)
    memory = MemoryStore()
    store: Any = LateStore(memory, rng)
    fence = await memory.lead("c", "w", 1_000_000)
    assert fence is not None

    def made() -> ChannelWorker:
        supply = Supply(choice, _Media(script), script.slate)
        return ChannelWorker(ChannelParts("c", "e", store, lambda _: supply, str, lambda: product.rules, lambda: 0))

    workers = [made(), made()]
    sessions: dict[str, Session] = {}
    recorded: set[str] = set()
    for number, refresh in enumerate(script.refreshes):
        before = product.version
        product.refresh(number)
        version = product.version
        assert version is not None
        if before is None or version.number > before.number:
            folded = {one.key: encode_break(one) for one in version.breaks if one.folded and one.key not in recorded}
            recorded |= folded.keys()
            await memory.publish("c", fence, version.number, encode_version(version), folded)
        if number and rng.random() < 0.15:
            place = rng.randrange(2)
            workers[place] = made()
            body = await memory.snapshot("c")
            assert body is not None
            await workers[place].adopt(decode_version(body) if rng.random() < 0.5 or before is None else before)
            cases["restart"] += 1
        # New versions, and viewers who come to workers that do not know their block, all at once.
        await asyncio.gather(
            *(_some_turns_later(worker, version, rng.randrange(60)) for worker in workers),
            *(worker.prepare(session) for worker in workers for session in sessions.values() if worker.version),
        )
        for viewer in refresh.joins:
            product.join(viewer)
            sessions[viewer] = await workers[rng.randrange(2)].join(viewer, {})
            assert sessions[viewer].join == product.viewers[viewer].join
        for viewer, session in sessions.items():
            for record in version.breaks:
                if record.marks:
                    pod = choice.pod(record.key, session.seat)
                    product.viewers[viewer].pods[record.marks[0].at] = pod if pod.creatives else None
            for rendition in script.renditions:
                worker = workers[rng.randrange(2)]
                body = worker.playlist(session.seat, session.join, rendition)
                if body is None:
                    await worker.prepare(session)
                    cases["prepared"] += 1
                    body = worker.playlist(session.seat, session.join, rendition)
                assert body is not None
                assert shown(body.decode()) == shown(product.playlist(viewer, rendition)), (number, viewer, rendition)
                cases["playlists"] += 1
                cases["folded"] += any(product.viewers[viewer].numbers.values())


async def _some_turns_later(worker: ChannelWorker, version: ChannelVersion, turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    await worker.adopt(version)


async def test_two_workers_give_what_the_core_gives() -> None:
    cases: Counter[str] = Counter()
    for seed in range(SEEDS):
        await run(channel(Random(seed)), Random(seed), cases)
    print(dict(cases))
    assert min(cases[name] for name in ("restart", "prepared", "folded")) >= 50


@pytest.mark.parametrize("known", [True, False])
async def test_without_the_store_known_seats_go_on_and_are_told_later(known: bool) -> None:
    script = next(one for one in map(channel, map(Random, range(100))) if len(one.refreshes) > 20)
    product, choice, memory = Product(script), Choice(script), MemoryStore()
    supply = Supply(choice, _Media(script), script.slate)
    worker = ChannelWorker(ChannelParts("c", "e", memory, lambda _: supply, str, lambda: product.rules, lambda: 0))
    product.refresh(0)
    assert product.version is not None
    await worker.adopt(product.version)
    session = await worker.join("ann", {})
    if known:
        await worker.prepare(session)
    memory.set_away(True)
    decided = []
    for number in range(1, len(script.refreshes)):
        product.refresh(number)
        await worker.adopt(product.version)
        decided = [record.key for record in product.version.breaks if record.marks]
        body = worker.playlist(session.seat, session.join, script.renditions[0])
        assert (body is not None) is known
    memory.set_away(False)
    assert decided
    again = encode_version(product.version)
    later = decode_version(again)
    await worker.adopt(type(later)(**{name: getattr(later, name) for name in later.__slots__} | {"number": 10_000}))
    pinned = [await memory.assignment("e", key, 0) for key in decided]
    assert any(any(blob) for blob in pinned) is known
