"""What the edge counts, and how Prometheus reads it.

Requests are counted in plain lists on the request path (a client library's counter with labels costs as much as the
stitching itself) and turned into metric families only when they are read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

BOUNDS: Final = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0)
"""Seconds: a look-up takes 50 microseconds, a held request up to 1.5 target durations."""


class _Latency:
    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0


class RequestMetrics(Collector):
    """Requests by kind and status, and their latency by kind."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], int] = {}
        self._latency: dict[str, _Latency] = {}

    def observe(self, kind: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (kind, status)
        self._counts[key] = self._counts.get(key, 0) + 1
        latency = self._latency.get(kind)
        if latency is None:
            latency = self._latency[kind] = _Latency()
        latency.counts[bisect_left(BOUNDS, seconds)] += 1
        latency.total += seconds

    def collect(self) -> Iterable[Metric]:
        """The families, for Prometheus."""
        requests = CounterMetricFamily("halftime_requests", "Requests by kind and status", labels=["kind", "status"])
        for (kind, status), count in self._counts.items():
            requests.add_metric([kind, str(status)], count)
        yield requests
        latency = HistogramMetricFamily("halftime_request_seconds", "Time to answer", labels=["kind"])
        for kind, seen in self._latency.items():
            total, buckets = 0, []
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), seen.counts, strict=True):
                total += count
                buckets.append((bound, float(total)))
            latency.add_metric([kind], buckets, seen.total)
        yield latency


Labels = tuple[tuple[str, ...], float]


class Readings(Collector):
    """Gauges and counters that are read from where they are kept, when they are asked for."""

    def __init__(self) -> None:
        self._sources: list[
            tuple[
                type[GaugeMetricFamily | CounterMetricFamily], str, str, tuple[str, ...], Callable[[], Iterable[Labels]]
            ]
        ] = []

    def gauge(self, name: str, text: str, labels: tuple[str, ...], read: Callable[[], Iterable[Labels]]) -> None:
        """Add a gauge; ``read`` yields (label values, value)."""
        self._sources.append((GaugeMetricFamily, name, text, labels, read))

    def counter(self, name: str, text: str, labels: tuple[str, ...], read: Callable[[], Iterable[Labels]]) -> None:
        """Add a counter; ``read`` yields (label values, value)."""
        self._sources.append((CounterMetricFamily, name, text, labels, read))

    def collect(self) -> Iterable[Metric]:
        """The families, for Prometheus."""
        for family, name, text, labels, read in self._sources:
            metric = family(name, text, labels=labels)
            for values, value in read():
                metric.add_metric(values, value)
            yield metric


def registry(*collectors: Collector) -> CollectorRegistry:
    """A registry of these collectors alone."""
    made = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        made.register(collector)
    return made
