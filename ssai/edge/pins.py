"""Pods and who has them, as this worker knows them: pinned in the store, first writer wins; kept here while it is away.

A break's table of pods is append-only and the same for all workers, so that a seat's decision is one small number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from domain.errors import StoreError
from ssai.decide.codec import PinnedPod, decode_pod, encode_pod
from ssai.sessions.seats import Column16, SeatBlock, column16
from ssai.store.port import Store


class Pins:
    """The tables of pods of one event, and what the store does not know yet."""

    def __init__(self, store: Store, event: str, count: Callable[[str], None]) -> None:
        self._store = store
        self._event = event
        self._count = count
        self._tables: dict[str, list[PinnedPod]] = {}
        self._owed: dict[str, dict[int, dict[int, int]]] = {}
        """By break and block: rows decided here while the store was away, with their number in the table here."""

    def pod(self, key: str, number: int) -> PinnedPod:
        """Pod ``number`` (from 1) of a break."""
        return self._tables[key][number - 1]

    def owes(self, key: str) -> bool:
        """Whether the store still lacks decisions of this break."""
        return key in self._owed

    async def fetch(self, key: str, number: int) -> Column16:
        """The block's assignment in a break, its pods at hand. ``StoreError`` when the store is away."""
        column = column16(await self._store.assignment(self._event, key, number))
        await self._know(key, int(column.max(initial=0)))
        return column

    async def pin(self, key: str, number: int, block: SeatBlock, chosen: Mapping[int, PinnedPod]) -> None:
        """Give rows of a block their pods; what the store says holds. Without the store what is decided here does."""
        # By identity first: hashing a pod takes microseconds, and thousands of seats share a few.
        objects = {id(pod): pod for pod in chosen.values()}
        different = list(dict.fromkeys(objects.values()))
        if not self.owes(key):
            try:
                numbers = await self._store.add_pods(self._event, key, [encode_pod(pod) for pod in different])
                known = dict(zip(different, numbers, strict=True))
                places = {name: known[pod] for name, pod in objects.items()}
                rows = {row: places[id(pod)] for row, pod in chosen.items()}
                column = column16(await self._store.pin(self._event, key, number, rows))
                await self._know(key, int(column.max(initial=0)))
            except StoreError:
                self._count("unpinned")
            else:
                block.pods[key] = column
                return
        table = self._tables.setdefault(key, [])
        table.extend(pod for pod in different if pod not in table)
        places = {name: table.index(pod) + 1 for name, pod in objects.items()}
        owed = self._owed.setdefault(key, {}).setdefault(number, {})
        for row, pod in chosen.items():
            block.pods[key][row] = owed[row] = places[id(pod)]

    async def deliver(self, blocks: Mapping[int, SeatBlock]) -> None:
        """Tell the store what it missed, and take its numbers for ours, a break at a time."""
        for key, waiting in list(self._owed.items()):
            table = list(self._tables[key])
            try:
                numbers = await self._store.add_pods(self._event, key, [encode_pod(pod) for pod in table])
                pinned: dict[int, Column16] = {}
                for number, rows in waiting.items():
                    theirs = {row: numbers[ours - 1] for row, ours in rows.items()}
                    pinned[number] = column16(await self._store.pin(self._event, key, number, theirs))
                bodies = await self._store.pods(self._event, key)
            except StoreError:
                return
            self._tables[key] = [decode_pod(body) for body in bodies]
            translated = np.array([0, *numbers], np.uint16)
            for number, block in blocks.items():
                column = block.pods.get(key)
                if column is not None:
                    block.pods[key] = pinned[number] if number in pinned else translated[column]
            del self._owed[key]

    async def _know(self, key: str, highest: int) -> None:
        if highest > len(self._tables.get(key, ())):
            self._tables[key] = [decode_pod(body) for body in await self._store.pods(self._event, key)]
