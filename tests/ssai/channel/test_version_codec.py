"""What a codec remembers changes nothing but the time it takes, whatever the versions are that follow one another."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.units import Microseconds, date
from ssai.channel import chunks
from ssai.channel.codec import VersionCodec, encode_version
from ssai.channel.version import ChannelVersion
from tests.ssai.channel.live_text import at, opening, reload, text
from tests.ssai.stitch.channels import channel
from tests.ssai.stitch.product import Product

SIZES = (1, 2, 5, 64)


def test_versions_come_back_whoever_writes_and_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that lead in turn and read what the others wrote; some of them restart."""
    cases: Counter[str] = Counter()

    @settings(max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**32 - 1), st.sampled_from(SIZES))
    def sequences(seed: int, size: int) -> None:
        monkeypatch.setattr(chunks, "SIZE", size)
        rng = Random(seed)
        script = channel(rng)
        product = Product(script)
        workers, leader = [VersionCodec() for _ in range(3)], 0
        read: dict[int, ChannelVersion] = {}
        for number in range(len(script.refreshes)):
            before = product.version
            product.refresh(number)
            version = product.version
            assert version is not None
            if rng.random() < 0.1:
                leader = rng.randrange(3)
                cases["takeover"] += 1
            body = workers[leader].encode(version)
            assert body == encode_version(version)
            for place in range(len(workers)):
                if place == leader or rng.random() < 0.1:
                    read.pop(place, None)
                    continue
                if rng.random() < 0.1:
                    workers[place] = VersionCodec()
                    read.pop(place, None)
                    cases["restart"] += 1
                found = workers[place].decode(body)
                assert found == version
                if place in read:
                    shared(read[place], found, size, cases)
                read[place] = found
            if before is not None:
                count(before, version, cases)

    sequences()
    print(dict(cases))
    assert min(cases[name] for name in ("takeover", "restart", "epoch", "trimmed", "shared")) >= 20


def shared(before: ChannelVersion, found: ChannelVersion, size: int, cases: Counter[str]) -> None:
    """Chunks that are wholly in both versions are of the same objects."""
    for name, window in found.windows.items():
        known = before.windows[name]
        low = -(-max(window.first, known.first) // size) * size
        high = min(window.after, known.after) // size * size
        ours = slice(low - window.first, high - window.first)
        theirs = slice(low - known.first, high - known.first)
        if low < high and (window.segments[ours], window.starts[ours]) == (
            known.segments[theirs],
            known.starts[theirs],
        ):
            pairs = zip(window.segments[ours], known.segments[theirs], strict=True)
            assert all(new is old for new, old in pairs)
            cases["shared"] += 1


def count(before: ChannelVersion, version: ChannelVersion, cases: Counter[str]) -> None:
    for name, window in version.windows.items():
        known = before.windows[name]
        cases["epoch"] += window.clocks != known.clocks
        cases["trimmed"] += window.first > known.first


def test_the_edge_moves_between_two_versions() -> None:
    """The next segment's date corrects where the last one ended; no chunk holds that instant before."""
    before = opening(v=text(0, 70))
    later = reload(before, v=text(0, 71).replace(date(at(280)), date(at(280.3))))
    assert (before.windows["v"].edge, later.windows["v"].start(70)) == (at(280), at(280.3))
    writer, reader = VersionCodec(), VersionCodec()
    for version in (before, later):
        assert reader.decode(writer.encode(version)) == version


def test_only_what_is_new_is_encoded_and_decoded() -> None:
    """A window of 1000 segments that slides: in each version its two ends are new, the other chunks the same bytes."""
    version = opening(v=text(0, 1000))
    writer, reader = VersionCodec(), VersionCodec()
    reader.decode(writer.encode(version))
    for first in range(1, 130):
        version = reload(version, v=text(first, 1000))
        before, held = writer._chunks._known, reader._chunks._known
        assert reader.decode(writer.encode(version)) == version
        for old, new in ((before, writer._chunks._known), (held, reader._chunks._known)):
            assert len(new) in (16, 17)
            fresh = [number for (_, number), known in new.items() if old.get(("v", number)) is not known]
            assert set(fresh) <= {first // 64, (first + 999) // 64}


def test_a_chunk_begins_at_a_multiple_of_its_size() -> None:
    window = opening(v=text(70, 150)).windows["v"]
    cut = list(chunks.chunks(window))
    assert [(number, len(chunk.segments)) for number, chunk in cut] == [(1, 58), (2, 64), (3, 28)]
    assert cut[1][1].starts[0] == Microseconds(window.start(128))
    for _, chunk in cut:
        assert chunks.decode_chunk(chunks.encode_chunk(chunk)) == chunk
