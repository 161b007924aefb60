"""Pods as bytes for the store: equal pods are equal bytes."""

from __future__ import annotations

import json

from domain.pod import Creative, Pod
from domain.units import Microseconds


def encode_pod(pod: Pod) -> bytes:
    """A pod with everything that stitching it needs, so that a later change of the catalogue changes nothing."""
    rows = [[creative.id, list(creative.durations)] for creative in pod.creatives]
    return json.dumps(rows, separators=(",", ":")).encode()


def decode_pod(body: bytes) -> Pod:
    """The inverse of ``encode_pod``."""
    return Pod(
        tuple(Creative(id_, tuple(Microseconds(duration) for duration in row)) for id_, row in json.loads(body))
    )
