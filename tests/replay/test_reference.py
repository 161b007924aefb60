"""The slow reference stitcher: examples worked out by hand from the rules of the window, then laws at random."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from domain.errors import InputError
from domain.pod import Creative, Pod, Slate
from domain.units import Microseconds
from replay.reference import Break, Change, Entry, In, Out, Piece, Playlist, Reference, Rules
from tests.ssai.stitch.channel_play import Step, is_item, play
from tests.ssai.stitch.channels import Channel, channel, channels

S = 1_000_000
RULES = Rules(4 * S, grace=4 * S, longest=20 * S)


def creative(name: str, *seconds: float) -> Creative:
    return Creative(name, tuple(Microseconds(round(second * S)) for second in seconds))


SLATE = Slate(creative("slate", 2), (creative("one", 1), creative("half", 0.5)))
AD = creative("ad", 2, 2, 2)


def window(
    name: str, edges: Sequence[float], index: int = 10, tags: Sequence[float] = (), sequence: int = 0
) -> list[Piece]:
    """Segments between these instants, in seconds; ``sequence`` is the discontinuity number before the first."""
    pieces = []
    for k, (start, end) in enumerate(pairwise(edges)):
        sequence += start in tags
        pieces.append(Piece(index + k, round(start * S), round(end * S), f"{name}{index + k}", start in tags, sequence))
    return pieces


def fours(first: int, last: int) -> list[Piece]:
    """Segments of 4 s; number 10 starts at 0."""
    return window("v", [4 * (k - 10) for k in range(first, last + 2)], first)


def shown(playlist: Playlist) -> str:
    """``MEDIA-SEQUENCE/DISCONTINUITY-SEQUENCE`` and the URIs; ``*`` for a DISCONTINUITY."""
    uris = " ".join("*" * entry.tagged + entry.uri for entry in playlist.entries)
    return f"{playlist.media_sequence}/{playlist.discontinuity_sequence} {uris}"


def one() -> Reference:
    return Reference(["v"], RULES, SLATE)


def test_a_planned_break_comes_and_goes() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 12)}, [Out(8 * S, 8 * S)])
    assert reference.join("w") == 0
    reference.assign("w", 8 * S, Pod((AD,)))
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 *ad/0 ad/1"
    reference.refresh({"v": fours(11, 14)})
    assert [(found.start, found.end) for found in reference.breaks] == [(8 * S, 16 * S)]
    assert shown(reference.playlist("w", "v")) == "11/0 v11 *ad/0 ad/1 ad/2 *slate/0 *v14"
    # 24 s are there, the origin lists 14 and 15: 12 and 13 stay, without 12 there would be 12 s and not 14.
    reference.refresh({"v": fours(14, 15)})
    assert shown(reference.playlist("w", "v")) == "12/0 *ad/0 ad/1 ad/2 *slate/0 *v14 v15"
    reference.refresh({"v": fours(15, 17)})
    assert shown(reference.playlist("w", "v")) == "16/2 *v14 v15 v16 v17"


def test_an_in_read_late_ends_the_break_at_what_was_exposed() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 12)}, [Out(8 * S, 16 * S)])
    reference.join("w")
    reference.assign("w", 8 * S, Pod((AD,)))
    reference.refresh({"v": fours(10, 14)})
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 *ad/0 ad/1 ad/2 *slate/0 *slate/0 *slate/0"
    reference.refresh({"v": fours(10, 15)}, [In(12 * S)])
    assert reference.breaks[0].end == 20 * S
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 *ad/0 ad/1 ad/2 *slate/0 *slate/0 *slate/0 *v15"


def test_an_in_in_time_cuts_the_pod() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 12)}, [Out(8 * S, 16 * S), In(12 * S)])
    reference.join("w")
    reference.assign("w", 8 * S, Pod((AD,)))
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 *ad/0 ad/1"
    reference.refresh({"v": fours(10, 13)})
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 *ad/0 ad/1 *v13"


def test_small_slate_pieces_fill_what_a_pod_leaves() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 13)}, [Out(8 * S, 4 * S)])
    reference.join("w")
    reference.assign("w", 8 * S, Pod((creative("short", 1.5),)))
    playlist = reference.playlist("w", "v")
    # 8 to 9.5 the ad, to 11.5 the run; a whole second would end at 12.5, half a one ends at 12.
    assert shown(playlist) == "10/0 v10 v11 *short/0 *slate/0 *half/0 *v13"
    assert playlist.entries[4] == Entry("half/0", tagged=True, start=11_500_000, end=12 * S)


@pytest.mark.parametrize(
    ("durations", "items"),
    [
        ((2, 2.125), "*over/0 over/1"),
        ((2, 2.126), "*over/0 *slate/0"),
        ((0.125,), "*over/0 *slate/0 *slate/0"),
        ((0.126,), "*over/0 *slate/0 *one/0 *half/0"),
    ],
)
def test_an_item_may_reach_over_the_end_by_tau(durations: tuple[float, ...], items: str) -> None:
    reference = one()
    reference.refresh({"v": fours(10, 13)}, [Out(8 * S, 4 * S)])
    reference.join("w")
    reference.assign("w", 8 * S, Pod((creative("over", *durations),)))
    assert shown(reference.playlist("w", "v")) == f"10/0 v10 v11 {items} *v13"


def searching() -> Reference:
    """The break of 12 to 16 s looks for its end: 16 and 20 are not common, 24 is not there yet, and L is 21."""
    reference = Reference(["v", "a", "b"], RULES, SLATE)
    windows = {"v": window("v", range(0, 25, 4)), "a": window("a", range(0, 22, 3)), "b": window("b", range(0, 13, 4))}
    reference.refresh(windows, [Out(12 * S, 4 * S)])
    assert reference.join("w") == 0
    reference.assign("w", 12 * S, Pod(()))
    assert shown(reference.playlist("w", "a")) == "10/0 a10 a11 a12 a13 *slate/0 *slate/0 *slate/0 *slate/0"
    return reference


def test_items_go_on_showing_when_a_stalled_rendition_comes_back() -> None:
    reference = searching()
    reference.refresh({"b": window("b", range(0, 17, 4))})
    assert reference.timeline.least == 16 * S
    assert reference.breaks[0].end is None
    assert shown(reference.playlist("w", "a")) == "10/0 a10 a11 a12 a13 *slate/0 *slate/0 *slate/0 *slate/0"


def test_no_cut_behind_what_was_exposed_when_another_rendition_stalls() -> None:
    reference = searching()
    reference.refresh({"v": window("v", range(0, 33, 4))})
    assert reference.timeline.stalled == {"a", "b"}
    assert reference.breaks[0].end == 24 * S
    assert shown(reference.playlist("w", "a")) == "10/0 a10 a11 a12 a13 *slate/0 *slate/0 *slate/0 *slate/0"
    assert shown(reference.playlist("w", "v")) == f"10/0 v10 v11 v12{' *slate/0' * 6} *v16 v17"


def test_without_a_common_boundary_the_break_ends_at_what_was_exposed() -> None:
    reference = Reference(["v", "a"], RULES, SLATE)
    odd = [0, 3, 6, 9, 12, 15, 18, 21.5, 25.5, 29.5]
    reference.refresh({"v": window("v", range(0, 21, 4)), "a": window("a", odd[:8])}, [Out(12 * S, 4 * S)])
    reference.join("w")
    reference.assign("w", 12 * S, Pod(()))
    assert shown(reference.playlist("w", "v")) == f"10/0 v10 v11 v12{' *slate/0' * 4}"
    reference.refresh({"v": window("v", range(0, 29, 4)), "a": window("a", odd[:9])})
    # L is 25.5: neither 20 nor 24 is common; an end at 16 would take back the slate that showed to 20.
    assert [(found.end, found.forced) for found in reference.breaks] == [(20 * S, True)]
    assert shown(reference.playlist("w", "v")) == f"10/0 v10 v11 v12{' *slate/0' * 4} *v15"
    assert shown(reference.playlist("w", "a")) == f"10/0 a10 a11 a12 a13{' *slate/0' * 4} *a17"


def test_an_end_off_the_grid_moves_on_and_the_ads_do_not() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 14)}, [Out(8 * S, 6 * S)])
    reference.join("w")
    reference.assign("w", 8 * S, Pod((AD, AD)))
    assert reference.breaks[0].end == 16 * S
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 *ad/0 ad/1 ad/2 *slate/0 *v14"


def test_breaks_back_to_back_have_one_discontinuity_between_them() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 12)}, [Out(4 * S, 4 * S), Out(8 * S, 4 * S)])
    reference.join("w")
    reference.assign("w", 4 * S, Pod((creative("a", 2, 2),)))
    reference.assign("w", 8 * S, Pod((creative("b", 2, 2),)))
    assert shown(reference.playlist("w", "v")) == "10/0 v10 *a/0 a/1 *b/0 b/1"
    reference.refresh({"v": fours(10, 14)})
    assert shown(reference.playlist("w", "v")) == "10/0 v10 *a/0 a/1 *b/0 b/1 *v13 v14"


def test_what_was_held_back_shows_before_it_leaves() -> None:
    reference = Reference(["v", "a"], RULES, SLATE)
    audio = {"a": window("a", range(0, 13, 4))}
    reference.refresh({"v": fours(10, 14), **audio})
    reference.join("w")
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 v12"
    # The audio is stalled now and L jumps from 12 to 36: 14 s would be kept without 13 and 14, which nobody saw.
    reference.refresh({"v": fours(14, 18), **audio})
    assert shown(reference.playlist("w", "v")) == "13/0 v13 v14 v15 v16 v17 v18"


def test_a_late_joiner_starts_the_pod_at_the_join() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 15)}, [Out(8 * S, 16 * S)])
    assert reference.join("w") == 12 * S
    reference.assign("w", 8 * S, Pod((AD,)))
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 v12 *ad/0 ad/1 ad/2 *slate/0 *slate/0 *slate/0"
    reference.refresh({"v": fours(10, 17)})
    assert reference.join("w") == 12 * S  # a rejoin keeps the first
    assert reference.join("late") == 20 * S
    reference.assign("late", 8 * S, None)
    assert shown(reference.playlist("late", "v")) == "10/0 v10 v11 v12 v13 v14 v15 v16 v17"


def test_renditions_count_alike_where_the_origin_has_a_discontinuity_at_the_return() -> None:
    video = window("v", [0, 4, 8, 12, 16, 20], 10, tags=[4, 16], sequence=5)
    audio = window("a", [0, 3.99, 8.02, 11.99, 16.01, 20.01], 100, tags=[3.99, 16.01], sequence=5)
    reference = Reference(["v", "a"], RULES, SLATE)
    reference.refresh({"v": video, "a": audio}, [Out(8 * S, 8 * S)])
    assert reference.join("w") == 8 * S
    reference.assign("w", 8 * S, Pod((creative("x", 2, 2), creative("y", 2, 2))))
    assert shown(reference.playlist("w", "v")) == "10/5 v10 *v11 *x/0 x/1 *y/0 y/1 *v14"
    assert shown(reference.playlist("w", "a")) == "100/5 a100 *a101 *x/0 x/1 *y/0 y/1 *a104"


def test_no_common_boundary_within_two_target_durations_drops_the_break() -> None:
    reference = Reference(["v", "a"], RULES, SLATE)
    windows = {"v": window("v", range(0, 25, 4)), "a": window("a", range(0, 25, 3))}
    reference.refresh(windows, [Out(13 * S, 8 * S)])
    reference.join("w")
    assert [(found.start, found.dropped) for found in reference.breaks] == [(None, "unconditioned")]
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 v12 v13 v14 v15"


def test_a_late_out_starts_at_what_was_exposed() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 13)})
    reference.join("w")
    assert shown(reference.playlist("w", "v")) == "10/0 v10 v11 v12 v13"
    reference.refresh({"v": fours(11, 14)}, [Out(8 * S, 12 * S)])
    assert reference.wants("w")[0].start == 16 * S
    reference.assign("w", 16 * S, Pod((AD,)))
    # p - the end of 10 is 16 s: it goes. The planned end stays 20: two segments of the ad.
    assert shown(reference.playlist("w", "v")) == "11/0 v11 v12 v13 *ad/0 ad/1"


def test_what_cannot_be_answered_says_so() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 13)}, [Out(8 * S, 8 * S)])
    reference.join("w")
    with pytest.raises(InputError, match="viewer w: expected a pod for the break at 8000000"):
        reference.playlist("w", "v")
    reference.assign("w", 8 * S, Pod((AD,)))
    with pytest.raises(InputError, match="viewer w, break 8000000"):
        reference.assign("w", 8 * S, None)
    with pytest.raises(InputError, match="v, segment 15: expected a successor"):
        reference.refresh({"v": fours(15, 16)})


def test_a_change_of_what_was_published_is_noticed() -> None:
    reference = one()
    reference.refresh({"v": fours(10, 13)}, [Out(8 * S, 8 * S)])
    reference.join("w")
    reference.assign("w", 8 * S, Pod((AD,)))
    reference.playlist("w", "v")
    reference.timeline.breaks[0].end = 12 * S
    with pytest.raises(Change, match=r"viewer w, rendition v: number 14: published .*ad/2.*, now .*v13"):
        reference.playlist("w", "v")


# -- laws --------------------------------------------------------------------------------------------------------------


def numbered(playlist: Playlist) -> Iterator[tuple[int, int, Entry]]:
    """Media sequence number, discontinuity number (its own tag counted) and entry."""
    sequence = playlist.discontinuity_sequence
    for number, entry in enumerate(playlist.entries, playlist.media_sequence):
        sequence += entry.tagged
        yield number, sequence, entry


class Laws:
    """What holds for every viewer, whatever the origin does; told step by step."""

    def __init__(self, origin: Channel) -> None:
        self.origin = origin
        self.pieces = {
            (rendition, piece.uri): piece
            for refresh in origin.refreshes
            for rendition, pieces in refresh.windows.items()
            for piece in pieces
        }
        self.header: dict[tuple[str, str], tuple[int, int]] = {}
        self.kept: dict[tuple[str, str], dict[int, tuple[int, Entry]]] = {}
        self.joins: list[int] = []
        self.breaks: tuple[Break, ...] = ()

    def step(self, step: Step) -> None:
        self.joins += step.joined.values()
        self.breaks = step.breaks
        for key, playlist in step.playlists.items():
            assert playlist.entries
            header = (playlist.media_sequence, playlist.discontinuity_sequence)
            before = self.header.setdefault(key, header)
            assert before[0] <= header[0]
            assert before[1] <= header[1]
            self.header[key] = header
            kept = self.kept.setdefault(key, {})
            for number, sequence, entry in numbered(playlist):
                assert kept.setdefault(number, (sequence, entry)) == (sequence, entry)
            self.tags(key[1], playlist)

    def tags(self, rendition: str, playlist: Playlist) -> None:
        """A DISCONTINUITY where the recording changes (rule 7 of hls.md) or the origin has one, and nowhere else."""
        for before, entry in pairwise(playlist.entries):
            if is_item(entry.uri):
                last, now = before.uri.split("/"), entry.uri.split("/")
                assert entry.tagged == ([now[0], str(int(now[1]) - 1)] != last)
            else:
                assert entry.tagged == (is_item(before.uri) or self.pieces[rendition, entry.uri].tagged)

    def finish(self) -> None:
        for found in self.breaks:
            assert found.start is None or found.end is None or found.start <= found.end
        for (viewer, rendition), kept in self.kept.items():
            assert list(kept) == list(range(min(kept), max(kept) + 1))  # nothing was missed between two polls
            content = [entry.uri for _, entry in kept.values() if not is_item(entry.uri)]
            indexes = [self.pieces[rendition, uri].index for uri in content]
            assert indexes == sorted(set(indexes))
            if viewer == "v0":
                assert self.outside(rendition) <= set(content)
        if self.common_cuts():
            for viewer in {viewer for viewer, _ in self.kept}:
                self.across(viewer)

    def outside(self, rendition: str) -> set[str]:
        """Content that nothing may replace: it ends before or starts after every break, and every rendition has it."""
        last = min(pieces[-1].end for pieces in self.origin.refreshes[-1].windows.values())
        breaks = [found for found in self.breaks if found.start is not None]
        return {
            uri
            for (name, uri), piece in self.pieces.items()
            if name == rendition
            and piece.end <= last
            and all(
                piece.end <= found.start or (found.end is not None and piece.start >= found.end)
                for found in breaks
                if found.start is not None
            )
        }

    def common_cuts(self) -> bool:
        """Whether every rendition had a boundary at each cut: not where an end was forced or a rendition was away, nor
        where they began anew at different instants.
        """
        anew = [self.began(rendition) for rendition in self.origin.renditions if self.origin.epochs]
        if None in anew or (anew and max(anew) - min(anew) > 100_000):
            return False
        edges: dict[str, set[int]] = {rendition: set() for rendition in self.origin.renditions}
        for (rendition, _), piece in self.pieces.items():
            edges[rendition] |= {piece.start, piece.end}
        cuts = [cut for found in self.breaks for cut in (found.start, found.end) if cut is not None] + self.joins
        return all(any(abs(cut - edge) <= 100_000 for edge in own) for cut in cuts for own in edges.values())

    def began(self, rendition: str) -> int | None:
        """When this rendition's numbers began anew."""
        first = self.origin.epochs.get(rendition, (-1, 0))[0]
        pieces = self.pieces.items()
        return next((piece.start for (name, _), piece in pieces if (name, piece.index) == (rendition, first)), None)

    def across(self, viewer: str) -> None:
        """Rule 20 of hls.md: matching content has matching discontinuity numbers."""
        for one, other in combinations(self.origin.renditions, 2):
            theirs = [
                (s, self.pieces[other, e.uri]) for s, e in self.kept[viewer, other].values() if not is_item(e.uri)
            ]
            for sequence, entry in self.kept[viewer, one].values():
                if is_item(entry.uri):
                    continue
                here = self.pieces[one, entry.uri]
                for there_sequence, there in theirs:
                    if abs(here.start - there.start) <= 100_000 and here.sequence == there.sequence:
                        assert sequence == there_sequence, (viewer, here, there)


def obey(origin: Channel, cases: Counter[str] | None = None) -> None:
    laws = Laws(origin)
    for step in play(origin, cases):
        laws.step(step)
    laws.finish()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(channels())
def test_laws_of_a_window(origin: Channel) -> None:
    obey(origin)


HARD = """
    back_to_back early_return empty_break end_forced end_off_grid grid_aac grid_different head_inside_ad in_ignored
    join_after join_before join_inside kept_departed late_in late_out least_fell no_auto_return out_ignored planned
    restart slate_wrapped stall start_off_grid start_pushed stretched tail_inside_ad two_in_window unconditioned unknown
    unknown_open
"""


def test_laws_on_channels_that_hold_every_hard_case() -> None:
    cases: Counter[str] = Counter()
    for seed in range(120):
        obey(channel(Random(seed)), cases)
    assert not [case for case in HARD.split() if not cases[case]]
