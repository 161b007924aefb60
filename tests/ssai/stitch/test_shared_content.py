"""Content that versions share is what rendering each version from nothing gives, byte for byte."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.pod import Pod
from ssai.channel.codec import decode_version, encode_version
from ssai.channel.version import ChannelVersion
from ssai.stitch import view
from ssai.stitch.plan import plan, start_mark
from ssai.stitch.view import ContentCache, View
from tests.ssai.channel.live_text import RULES, opening, reload, text
from tests.ssai.stitch.channel_play import play
from tests.ssai.stitch.channels import channel
from tests.ssai.stitch.product import Product
from tests.ssai.stitch.test_view import OUT8, POD, SLATE, Media


def fresh() -> ContentCache:
    return ContentCache(lambda url: url, strip_cues=True)


def test_equal_to_rendering_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cases: Counter[str] = Counter()

    @settings(max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**32 - 1), st.sampled_from((1, 2, 3, 8)))
    def sequences(seed: int, stretch: int) -> None:
        monkeypatch.setattr(view, "STRETCH", stretch)
        script = channel(Random(seed))
        product = Product(script)
        for step in play(script, cases):
            product.refresh(step.refresh)
            for viewer in step.joined:
                product.join(viewer)
            for viewer, start, pod in step.assigned:
                product.viewers[viewer].pods[start] = pod
            found = {key: product.playlist(*key) for key in step.playlists}
            version, views = product.version, product.views
            assert version is not None
            product.views = {name: View(version, name, fresh(), one._media, 3) for name, one in views.items()}
            assert {key: product.playlist(*key) for key in step.playlists} == found
            cases["shared"] += sum(
                known is cache._last_stretches.get(key)
                for cache in product.contents.values()
                for key, known in cache._stretches.items()
            )

    sequences()
    names = ("encrypted", "epoch", "fmp4", "kept_departed", "restart", "shared", "two_in_window")
    assert {name: cases[name] for name in names if cases[name] < 20} == {}


def body(version: ChannelVersion, cache: ContentCache, pod: Pod = POD) -> bytes:
    edges = (version.reached, version.shown_edge)
    plans = [
        plan(record, pod, SLATE, start, RULES, edges)
        for record in version.breaks
        if (start := start_mark(record, 0)) is not None
    ]
    return View(version, "v", cache, Media(), 3).playlist(plans, 0, 0)


def test_a_slid_window_renders_its_ends_alone() -> None:
    version, cache = opening(v=text(0, 1000)), fresh()
    body(version, cache)
    for first in range(1, 70):
        version = reload(version, v=text(first, 1000))
        assert body(version, cache) == body(version, fresh())
        new = [key for key, known in cache._stretches.items() if cache._last_stretches.get(key) is not known]
        assert len(new) <= 3
        assert all(high - low <= view.STRETCH for low, high, _ in new)
        assert len(cache._stretches) >= 16


def test_content_between_breaks_is_shared_too() -> None:
    tags = OUT8 | {300: ["#EXT-X-CUE-OUT:8"], 520: ["#EXT-X-CUE-OUT:8"]}
    version, cache = opening(v=text(0, 600, tags=tags)), fresh()
    assert body(version, cache).count(b"/ads/other/") == 3
    later = reload(version, v=text(0, 601, tags=tags))
    assert body(later, cache) == body(later, fresh())
    new = [key for key, known in cache._stretches.items() if cache._last_stretches.get(key) is not known]
    assert new == [(576, 601, None)]
    # Who is shown no ads has other runs.
    assert body(later, cache, Pod(())) == body(later, fresh(), Pod(()))


def test_other_segments_under_the_same_numbers_are_rendered() -> None:
    """The version of a leader that went its own way while the store was away."""
    version, cache = opening(v=text(0, 200)), fresh()
    body(version, cache)
    other = opening(v=text(0, 200, name="t{}.ts"))
    assert body(other, cache) == body(other, fresh())
    assert b"/t77.ts" in body(other, cache)


def test_a_key_that_ended_before_a_stretch_is_put_in_force_in_it() -> None:
    """The stretch is the same, what holds where it begins is not."""
    key, cache = '#EXT-X-KEY:METHOD=AES-128,URI="%s",IV=0x1', fresh()
    version = opening(v=text(0, 130, tags={0: [key % "k"], 64: [key % "k"]}))
    other = opening(v=text(0, 130, tags={0: [key % "k"], 63: [key % "l"], 64: [key % "k"]}))
    assert [body(one, cache).count(b"EXT-X-KEY") for one in (version, other)] == [1, 3]


def test_a_version_that_was_read_is_rendered_from_what_is_there() -> None:
    version, cache = opening(v=text(0, 70)), fresh()
    body(version, cache)
    kept = {index: known for index, (_, known) in cache._bytes.items()}
    again = decode_version(encode_version(version))
    assert body(again, cache) == body(version, fresh())
    assert all(cache.segment(again.windows["v"], index) is kept[index] for index in range(70))
