"""Pods as bytes for the store: equal pods are equal bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from domain.pod import Creative, Pod, Slate
from domain.units import Microseconds


@dataclass(frozen=True, slots=True)
class PinnedPod:
    """A pod with everything that stitching it needs: a later change of the catalogue changes nothing."""

    pod: Pod
    slate: Slate


def encode_pod(pinned: PinnedPod) -> bytes:
    """A pod and its slate as the store keeps them."""
    slate = pinned.slate
    document = {
        "ads": [_row(creative) for creative in pinned.pod.creatives],
        "slate": [_row(slate.run), *(_row(small) for small in slate.small)],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def decode_pod(body: bytes) -> PinnedPod:
    """The inverse of ``encode_pod``."""
    document = json.loads(body)
    run, *small = (_creative(*row) for row in document["slate"])
    return PinnedPod(Pod(tuple(_creative(*row) for row in document["ads"])), Slate(run, tuple(small)))


def _row(creative: Creative) -> tuple[str, tuple[Microseconds, ...]]:
    return creative.id, creative.durations


def _creative(name: str, durations: list[int]) -> Creative:
    return Creative(name, tuple(Microseconds(duration) for duration in durations))
