"""Pods as one viewer sees them: one a break, whichever playlist it is read from."""

from replay.viewers.pods import MAX_BREAKS, PodReader, Pods, PodSeen

STEP = 2_000_000


def see(reader: PodReader, line: str, start: int = 0) -> list[str]:
    """Show segments written as words: "-" is content, a capital begins with a discontinuity; what was told."""
    told = []
    for place, word in enumerate(line.split()):
        creative = None if word == "-" else word.lower()
        told.append(reader.see(start + place * STEP, creative, tagged=word != word.lower()))
    return [each for each in told if each is not None]


def test_a_pod_is_the_creatives_in_order_between_content():
    pods = Pods()
    assert see(PodReader(pods), "- - A a B b Slate slate Slate - - C c") == []
    assert pods.breaks == [
        PodSeen(2 * STEP, ["a", "b", "slate", "slate"], closed=True),
        PodSeen(11 * STEP, ["c"], closed=False),
    ]


def test_two_playlists_read_one_break_together():
    pods = Pods()
    video, sound = PodReader(pods), PodReader(pods)
    assert see(video, "- A a B b") == []
    # Sound is cut at its own frames, up to 21 ms off.
    assert see(sound, "- A a B b C -", start=21_000) == []
    assert see(video, "C -", start=5 * STEP) == []
    assert pods.breaks == [PodSeen(STEP, ["a", "b", "c"], closed=True)]


def test_another_creative_in_the_same_place_is_told_once():
    pods = Pods()
    see(PodReader(pods), "- A a B b -")
    (told,) = see(PodReader(pods), "- A a C c D -")
    assert told == "the pod was a b and is read a c"


def test_a_pod_that_goes_on_after_its_end_was_seen_is_told():
    pods = Pods()
    see(PodReader(pods), "- A a -")
    assert see(PodReader(pods), "- A a B -") == ["the pod was a and is read a b"]


def test_a_pod_that_ends_before_what_was_seen_of_it_is_told():
    pods = Pods()
    see(PodReader(pods), "- A a B")
    assert see(PodReader(pods), "- A a -") == ["the pod was a b and is read a"]


def test_a_break_whose_beginning_was_not_seen_is_not_judged():
    pods = Pods()
    see(PodReader(pods), "- A B -")
    late = PodReader(pods)
    assert see(late, "B -", start=2 * STEP) == []
    late.missed()
    assert see(late, "b - C -", start=10 * STEP) == []
    assert [pod.creatives for pod in pods.breaks] == [["a", "b"], ["c"]]


def test_a_break_without_dates_is_not_known_again():
    pods = Pods()
    reader = PodReader(pods)
    assert [reader.see(None, creative, tagged=True) for creative in (None, "a", "b", None)] == [None] * 4
    assert pods.breaks == []


def test_breaks_are_kept_up_to_a_bound():
    pods = Pods()
    reader = PodReader(pods)
    for place in range(MAX_BREAKS + 5):
        see(reader, "- A -", start=place * 10 * STEP)
    assert len(pods.breaks) == MAX_BREAKS
    assert pods.breaks[-1].start == (MAX_BREAKS + 4) * 10 * STEP + STEP
