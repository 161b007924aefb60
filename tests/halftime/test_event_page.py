"""The page of an event's plan, read as text."""

import itertools
import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halftime.event_page import delivery, running
from halftime.event_page.curves import curves
from halftime.event_page.markup import Html, name, tag
from halftime.event_page.page import page
from halftime.event_page.words import (
    ENDED,
    ENDS,
    REASONS,
    TAGS,
    finite,
    instant,
    money,
    nearness,
    short,
    tick,
    whole_money,
)
from planner.eventfile import Band, Ended, ShortReason
from tests.halftime.event_evenings import HOSTILE, changed, empty, evening, unwatched

EMPTY = {"meta", "link", "br", "rect", "line", "path", "circle", "polygon", "input"}
LARGEST = 1_500_000
"""Bytes: a page that a mail server still takes."""
SECTIONS = [
    "figures",
    "evening",
    "delivery",
    "earnings",
    "prices",
    "rivals",
    "shortfalls",
    "caps",
    "campaigns",
]


class Reader(HTMLParser):
    """What a browser makes of a page: elements, and text by the element that it stands in."""

    def __init__(self, source):
        super().__init__()
        self.elements = []
        self.words = []
        self.open = []
        self.feed(source)
        self.close()

    def handle_starttag(self, element, attributes):
        self.elements.append((element, dict(attributes), tuple(self.open)))
        if element not in EMPTY:
            self.open.append(element)

    def handle_startendtag(self, element, attributes):
        assert element in EMPTY
        self.elements.append((element, dict(attributes), tuple(self.open)))

    def handle_endtag(self, element):
        assert self.open.pop() == element

    def handle_data(self, data):
        self.words.append((self.open[-1] if self.open else "", data))

    def of(self, element):
        return [attributes for found, attributes, _ in self.elements if found == element]

    def shape(self):
        """How often which element stands with which attributes."""
        return Counter((element, *sorted(attributes)) for element, attributes, _ in self.elements)

    def text(self):
        return " ".join(words for element, words in self.words if element not in {"style", "script"})


@pytest.fixture(scope="module")
def large():
    plan, spots = evening()
    return plan, page(plan, spots=spots)


@pytest.fixture(params=["large", "plain", "late", "changed", "hostile", "empty", "unwatched"])
def source(request):
    """Pages of all kinds."""
    plan, spots = evening()
    return {
        "large": lambda: page(plan, spots=spots),
        "plain": lambda: page(plan),
        "late": lambda: page(evening(2, over=15, ended=Ended.INTERRUPTED)[0]),
        "changed": lambda: page(changed(plan), compared=plan, spots=spots),
        "hostile": lambda: page(evening(3, 9, 12, names=HOSTILE)[0]),
        "empty": lambda: page(empty()),
        "unwatched": lambda: page(unwatched()),
    }[request.param]()


def test_a_page_is_whole(source):
    read = Reader(source)
    assert read.open == []
    assert source.startswith("<!DOCTYPE html>\n")
    assert read.of("html") == [{"lang": "en"}]
    assert len(read.of("head")) == len(read.of("main")) == len(read.of("h1")) == len(read.of("nav")) == 1
    ids = [attributes["id"] for _, attributes, _ in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    referred = {attributes["href"][1:] for attributes in read.of("a")}
    referred |= {attributes["aria-labelledby"] for attributes in read.of("section")}
    assert referred <= set(ids)


def test_whoever_does_not_see_it_gets_it_too(source):
    read = Reader(source)
    assert len(read.of("caption")) == len(read.of("table"))
    assert all(attributes["scope"] in {"col", "row"} for attributes in read.of("th"))
    for attributes in read.of("svg"):
        assert attributes.get("aria-hidden") == "true" or (attributes["role"] == "img" and attributes["aria-label"])
    for attributes in read.of("section"):
        assert attributes["aria-labelledby"] == f"{attributes['id']}-title"


def test_nothing_is_asked_of_anyone(source):
    read = Reader(source)
    (policy,) = (each["content"] for each in read.of("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "://" not in policy
    for element, attributes, _ in read.elements:
        assert element not in {"iframe", "img", "object", "embed", "form", "base", "audio", "video"}
        assert not {"src", "srcset", "style", "action", "xlink:href"} & attributes.keys()
        assert not [key for key in attributes if key.startswith("on")]
        assert attributes.get("href", "#")[0] == "#" or attributes["href"] == "data:,"
    assert not re.search(r"@import|url\((?!#)", "".join(words for element, words in read.words if element == "style"))


def test_the_same_plan_gives_the_same_page(large):
    plan, source = large
    assert page(plan, spots=evening()[1]) == source


def test_parts_stand_in_order(large):
    _, source = large
    assert [attributes["id"] for attributes in Reader(source).of("section")] == SECTIONS


@pytest.mark.parametrize(("breaks", "campaigns"), [(40, 100), (40, 3_000)])
def test_a_large_event_is_a_page_that_can_be_sent(breaks, campaigns):
    plan, spots = evening(4, breaks, campaigns)
    source = page(plan, spots=spots)
    assert len(source.encode()) < LARGEST
    assert len(Reader(source).of("figure")) == delivery.CHARTS


def test_figures_are_the_plans(large):
    plan, source = large
    words = Reader(source).text()
    point = plan.levels[0]
    assert whole_money(point.value, "USD") in words
    for level in plan.levels:
        assert money(level.value, "USD") in words
        assert money(level.upper_bound, "USD") in words
    assert "at most 0.42 % from the best possible" in words
    assert all(each.campaign in words for each in plan.campaigns)
    assert all(each.id in words for each in plan.breaks)
    late = [each for each in plan.campaigns if each.short.point > 0]
    assert late
    for each in late:
        assert f"{round(each.short.point):,}" in words
        assert REASONS[each.reason] in words


def test_pods_are_listed_in_order_and_the_rest_is_counted():
    plan, spots = evening(5, 1, 20)
    (brk,) = plan.breaks
    words = Reader(page(plan, spots=spots)).text()
    for pod in brk.pods[: running.PODS]:
        assert re.search(r"\s+\+\s+".join(map(re.escape, pod.creatives)), words)
    rest = brk.others + sum(pod.share for pod in brk.pods[running.PODS :])
    assert f"{rest * 100:.1f} %" in words


def test_an_interrupted_plan_says_so_before_anything_else():
    marked = page(evening(2, ended=Ended.INTERRUPTED)[0])
    assert 0 < marked.index("<strong>Interrupted</strong>") < marked.index("<nav")
    assert "<strong>Interrupted</strong>" not in page(evening(2)[0])


def test_what_if_shows_what_changed(large):
    plan, source = large
    after = changed(plan)
    read = Reader(page(after, compared=plan))
    words = read.text()
    assert "difference" in [attributes["id"] for attributes in read.of("section")]
    assert f"+{money(after.levels[0].value - plan.levels[0].value, 'USD')}" in words
    most = max(
        zip(after.campaigns, plan.campaigns, strict=True),
        key=lambda pair: pair[0].expected.point - pair[1].expected.point,
    )
    assert f"+{round(most[0].expected.point - most[1].expected.point):,}" in words
    assert sum("before" in attributes.get("class", "").split() for attributes in read.of("path")) == delivery.CHARTS
    assert 'id="difference"' not in source


def test_a_change_within_both_gaps_is_no_certain_one(large):
    plan, _ = large

    def told(value, upper):
        level = plan.levels[0].model_copy(update={"value": value, "upper_bound": upper})
        return plan.model_copy(update={"levels": (level, *plan.levels[1:])})

    within = "within what the two plans may be from their best"
    assert within in page(told(1_010, 1_030), compared=told(1_000, 1_020))
    assert within not in page(told(1_030, 1_040), compared=told(1_000, 1_020))
    assert within not in page(told(1_000, 1_020), compared=told(1_000, 1_020))


def test_a_break_is_drawn_by_what_is_known_of_it():
    """By seconds where its pods are listed, by impressions where most of them are not."""
    plan, spots = evening(breaks=4, campaigns=6)
    known = plan.model_copy(update={"breaks": tuple(b.model_copy(update={"others": 0.05}) for b in plan.breaks)})
    assert "Seconds of a viewer" in page(known, spots=spots)
    few = plan.model_copy(update={"breaks": tuple(b.model_copy(update={"others": 0.5}) for b in plan.breaks)})
    assert "Seconds of a viewer" not in page(few, spots=spots)
    assert "Impressions of the break" in page(few, spots=spots)


def test_a_plan_without_anything_is_still_a_page():
    words = Reader(page(empty())).text()
    assert "Nothing was planned" in words
    assert "The event has no breaks" in words


def test_nobody_watches():
    words = Reader(page(unwatched())).text()
    assert "nothing to compare with the best possible" in words
    assert REASONS[ShortReason.NO_VIEWERS] in words


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf"), 1e300, -1e300, 5e-324])
def test_figures_that_are_none_are_drawn_all_the_same(odd):
    plan = evening(6, 4, 6)[0]
    strange = Band(point=odd, low=odd, surge=odd)
    brk = plan.breaks[1]
    parts = tuple(each.model_copy(update={"expected": strange, "price": odd}) for each in brk.allotments)
    breaks = list(plan.breaks)
    breaks[1] = brk.model_copy(update={"viewers": strange, "value": strange, "allotments": parts})
    campaigns = tuple(
        each.model_copy(update={"expected": strange, "reserved": strange, "short": strange, "price": odd})
        for each in plan.campaigns[:2]
    )
    prices = dict.fromkeys(plan.prices, odd)
    update = {"breaks": tuple(breaks), "campaigns": campaigns + plan.campaigns[2:], "prices": prices}
    source = page(plan.model_copy(update=update))
    assert Reader(source).open == []
    drawn = " ".join(str(value) for _, attributes, _ in Reader(source).elements for value in attributes.values())
    assert not re.search(r"\b(nan|inf)\b", drawn)


def test_no_name_becomes_markup():
    plain = [f"name-{index}" for index in range(len(HOSTILE))]
    pages = [page(evening(3, 9, 12, names=names)[0]) for names in (HOSTILE, plain)]
    hostile, harmless = map(Reader, pages)
    assert hostile.shape() == harmless.shape()
    assert "<b>bold" not in pages[0]
    words = hostile.text()
    for told in HOSTILE:
        if told.isprintable():
            assert told in words


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=60), min_size=5, max_size=5, unique=True))
def test_whatever_names_are_the_page_is_the_same(names):
    plain = [f"name-{index}" for index in range(5)]
    source = page(evening(7, 3, 5, names=names)[0])
    assert Reader(source).shape() == Reader(page(evening(7, 3, 5, names=plain)[0])).shape()
    source.encode()


def test_markup_escapes_what_is_not_markup():
    assert tag("p", "a<b>&\"'", title='"><i>') == '<p title="&quot;&gt;&lt;i&gt;">a&lt;b&gt;&amp;&quot;&#x27;</p>'
    assert tag("p", name("<"), None, Html("<br/>")) == "<p><bdi>&lt;</bdi><br/></p>"
    assert (
        tag("rect", width=1.25, height=2, class_="x", hidden=False, focusable=None)
        == '<rect width="1.2" height="2" class="x"/>'
    )


@pytest.mark.parametrize("over", [0, 10])
def test_curves_end_where_the_plan_does(over):
    plan = evening(8, over=over)[0]
    made = curves(plan)
    for each in plan.campaigns:
        curve = made[each.campaign]
        assert len(curve.point) == 1 + len(plan.breaks) - over
        assert curve.point[0] == curve.low[0] == each.delivered
        assert curve.point[-1] == pytest.approx(each.expected.point)
        assert curve.low[-1] == pytest.approx(each.expected.low)
        assert all(later >= earlier for earlier, later in itertools.pairwise(curve.point))


def test_every_code_has_words():
    assert set(REASONS) == set(TAGS) == set(ShortReason)
    assert set(ENDED) == set(ENDS) == set(Ended)
    assert all(words for code, words in {**REASONS, **TAGS}.items() if code)


@pytest.mark.parametrize(
    ("value", "told", "round_"),
    [
        (0, "0", "0"),
        (812, "812", "812"),
        (61.72, "61.7", "61.7"),
        (999.4, "999", "999"),
        (999.9, "1.00 k", "1 k"),
        (1_250, "1.25 k", "1.25 k"),
        (50_000, "50.0 k", "50 k"),
        (999_900, "1.00 M", "1 M"),
        (1_250_000, "1.25 M", "1.25 M"),
        (-105_000_000, "-105 M", "-105 M"),
        (2.5e9, "2.50 bn", "2.5 bn"),
        (float("nan"), "0", "0"),
    ],
)
def test_three_digits(value, told, round_):
    assert short(value) == told
    assert tick(value) == round_


@pytest.mark.parametrize(
    ("gap", "told"),
    [
        (None, "nothing to compare with the best possible"),
        (0.0, "the best possible"),
        (1e-9, "at most 0.01 % from the best possible"),
        (0.0042, "at most 0.42 % from the best possible"),
        (0.00420001, "at most 0.43 % from the best possible"),
        (2.0, "at most 200.00 % from the best possible"),
    ],
)
def test_a_gap_is_rounded_up(gap, told):
    assert nearness(gap) == told


@pytest.mark.parametrize(("at", "told"), [(0, "0:00:00"), (3_750, "1:02:30"), (-59.6, "-0:01:00"), (1e5, "27:46:40")])
def test_instants(at, told):
    assert instant(at) == told


def test_amounts():
    assert money(12_345_670_000, "USD") == "12,345.67 USD"
    assert whole_money(12_345_670_000, "USD") == "12,346 USD"
    assert whole_money(45_670_000, "USD") == "45.67 USD"
    assert finite(10**400) == finite(float("inf")) > 0
