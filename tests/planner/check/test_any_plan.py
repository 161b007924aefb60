"""Whatever stands in a plan file and in a book, the check answers."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.book.model import Book
from planner.book.read import booked
from planner.check.facts import duration_of
from planner.check.history import check_history
from planner.check.plan import MAX_VIOLATIONS, check_plan
from planner.check.pod import check_pod
from planner.planfile import PlanFile
from planner.problem import Rule

CAMPAIGNS = ["a", "b", "c"]
CREATIVES = ["a1", "a2", "b1", "c1"]
NODES = ["Alcohol", "Beer", "Food", "Snacks and sweets", "Autos"]
TRAITS = ["sport", "news"]
SECONDS = st.sampled_from(["5", "10", "14.999999", "15", "30", "60"])
MONEY = st.sampled_from(["0", "0.000001", "0.5", "1", "8", "1000000000000"])
STARTS = ["0001-01-01T00:00:00Z", "2026-07-01T20:00:00+14:00"]
ENDS = ["2026-07-01T20:45:00Z", "9999-12-31T23:59:59Z"]


def some(values, size=2):
    return st.lists(st.sampled_from(values), max_size=size, unique=True)


def rarely(strategy):
    """A field's default mostly, so that not every book is broken in every way."""
    return st.one_of(st.none(), st.none(), strategy)


@st.composite
def tables(draw, always, **rare):
    """A table of fields that are always there and of fields that are there now and then."""
    found = {key: draw(value) for key, value in always.items()}
    for key, value in rare.items():
        content = draw(rarely(value))
        if content is not None:
            found[key] = content
    return found


CAPS = st.lists(
    st.fixed_dictionaries(
        {
            "of": st.sampled_from(["creative", "campaign", "advertiser"]),
            "per": st.sampled_from(["break", "hour", "day", "event", "lifetime"]),
            "limit": st.integers(1, 3),
        }
    ),
    max_size=2,
)
PRICES = st.one_of(
    st.fixed_dictionaries({"kind": st.sampled_from(["cpm", "first_price", "completed_view"]), "amount": MONEY}),
    st.fixed_dictionaries({"kind": st.just("second_price"), "amount": MONEY, "floor": MONEY}),
)
TARGETING = tables(
    {},
    traits=some(TRAITS),
    every_trait=some(TRAITS),
    not_traits=some(TRAITS),
    regions=some(["north", "south"]),
    devices=some(["tv"]),
    break_kinds=some(["planned", "injury"]),
)


def campaign(name):
    return tables(
        {"id": st.just(name), "price": PRICES, "exclusive_category": st.sampled_from(NODES)},
        advertiser=st.sampled_from(["A", "B"]),
        budget=MONEY,
        goal=st.integers(0, 200),
        guarantee=st.fixed_dictionaries({"impressions": st.integers(1, 10**12), "penalty": MONEY}),
        flight=tables({}, start=st.sampled_from(STARTS), end=st.sampled_from(ENDS)),
        targeting=TARGETING,
        caps=CAPS,
        separation=some(NODES),
        avoid=some(["airliner"]),
        position=st.sampled_from(["first", "last", "first_or_last"]),
        exclusivity=st.sampled_from(["category", "pod", "event"]),
        roadblock=st.just(True),
        share_of_voice=st.fixed_dictionaries(
            {"minimum": st.floats(0, 0.5), "maximum": st.floats(0.5, 1), "penalty": MONEY}
        ),
        deal=st.just("gold"),
    )


def creative(name):
    return tables(
        {"id": st.just(name), "campaign": st.just(name[0]), "duration": SECONDS},
        advertiser=st.sampled_from(["A", "C"]),
        domains=some(["a.example", "b.example"]),
        categories=some(NODES),
        tags=some(["airliner"]),
        codecs=some(["avc1", "hvc1"]),
        completion=st.floats(0, 1),
    )


BEFORE = tables({}, creative=st.sampled_from(CREATIVES), advertiser=st.just("A"), categories=some(NODES))
BREAK = tables(
    {
        "id": st.just("half"),
        "durations": st.just([{"seconds": "30", "probability": 0.5}, {"seconds": "60"} | {"probability": 0.5}]),
    },
    kind=st.just("injury"),
    at=st.sampled_from(["0", "2700", "1000000"]),
    minimum_fill=SECONDS,
    maximum_ads=st.integers(1, 3),
    slate_cost=MONEY,
    floor=MONEY,
    forbidden=some(NODES),
    before=st.lists(BEFORE, max_size=2),
    codecs=some(["avc1"]),
    deals=st.just(["gold"]),
)
SEEN = st.fixed_dictionaries(
    {
        "creative": st.sampled_from(CREATIVES),
        "times": st.integers(1, 100_000),
        "ago": st.sampled_from(["0", "60", "3600", "86400", "1000000000"]),
    }
)
VIEWING = tables(
    {},
    leave_per_minute=st.floats(0, 1),
    early_return_per_minute=st.floats(0, 1),
    first=st.floats(0.1, 10),
    repeat_cost=MONEY,
    load_cost=MONEY,
    load_free=SECONDS,
    maximum_ad_seconds_per_hour=SECONDS,
    maximum_ad_seconds=SECONDS,
    maximum_repeats=st.integers(1, 3),
    separation_gap=st.sampled_from(["60", "1000000"]),
)


def cohort(name):
    return tables(
        {"id": st.just(name), "seats": st.integers(0, 100_000_000)},
        traits=some(TRAITS),
        region=st.sampled_from(["north", "west"]),
        device=st.just("tv"),
        seen=st.lists(SEEN, max_size=3),
        scores=st.dictionaries(st.sampled_from(CREATIVES), st.floats(0, 1_000), max_size=2),
    )


def each(names, table):
    return st.tuples(*(table(name) for name in names)).map(list)


BOOKS = tables(
    {
        "campaigns": each(CAMPAIGNS, campaign),
        "creatives": each(CREATIVES, creative),
        "breaks": BREAK.map(lambda table: [table]),
        "audience": each(["x", "y"], cohort).map(lambda cohorts: {"cohorts": cohorts}),
    },
    start=st.sampled_from(STARTS + ENDS),
    metadata=st.sampled_from(["strict", "lenient", "inferred"]),
    separation=st.fixed_dictionaries({"categories": some(NODES), "advertisers": st.booleans()}),
    caps=CAPS,
    viewing=VIEWING,
).map(lambda table: booked(Book.model_validate(table)))

NAMES = st.sampled_from([*CREATIVES, "nobody"])
PODS = st.lists(NAMES, max_size=4)
MICROS = st.one_of(st.integers(-10, 10**9), st.sampled_from([10**4_000, -(10**4_000)]))
DECIMALS = st.sampled_from(["30", "60", "60.0", "0", "-1", "45.0000001", "1E+999999", "1E-999999", "-1E+999999"])
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)
POD = tables(
    {"creatives": PODS, "share": st.floats(0, 1)},
    seats=st.integers(0, 10**12),
    value=MICROS,
    cohorts=st.dictionaries(st.sampled_from(["x", "y", "nobody"]), st.integers(0, 10**12), max_size=3),
)
DELIVERY = st.fixed_dictionaries(
    {
        "campaign": st.sampled_from([*CAMPAIGNS, "nobody"]),
        "impressions": st.integers(0, 10**12),
        "reserved": MICROS,
        "payment": MICROS,
        "short": st.integers(0, 10**12),
    }
)
MENU = tables(
    {
        "kind": st.sampled_from(["contingency", "extension", "other"]),
        "seconds": DECIMALS,
        "creatives": PODS,
        "value": MICROS,
    },
    after=PODS,
)
ENTRY = tables(
    {
        "id": st.sampled_from(["half", "half", "half", "full"]),
        "duration": st.one_of(st.sampled_from(["30", "60"]), DECIMALS),
        "value": MICROS,
        "upper_bound": MICROS,
        "gap": st.one_of(st.none(), st.floats(min_value=0, allow_infinity=True)),
        "fill": st.floats(0, 1),
        "pods": st.lists(POD, max_size=3),
    },
    probability=st.floats(0, 1),
    seats=st.integers(0, 10**12),
    revenue=MICROS,
    delivery=st.lists(DELIVERY, max_size=3),
    prices=st.dictionaries(st.just("budget a"), ANY_FLOAT, max_size=1),
    menu=st.lists(MENU, max_size=2),
)
LEFT_OUT = st.fixed_dictionaries(
    {
        "creative": NAMES,
        "break": st.sampled_from(["half", "full"]),
        "reason": st.sampled_from([*map(str, Rule), "lost"]),
    }
)
PLANS = tables(
    {"breaks": st.lists(ENTRY, max_size=3)}, currency=st.just("EUR"), left_out=st.lists(LEFT_OUT, max_size=3)
).map(PlanFile.model_validate)


@given(BOOKS, PLANS)
@settings(max_examples=150, deadline=None)
def test_every_plan_gets_an_answer(book, plan):
    found = check_plan(book, plan)
    assert found == check_plan(book, plan)
    assert len(found) <= MAX_VIOLATIONS + 1
    assert all(violation.where and violation.message for violation in found)


@given(BOOKS, PODS, DECIMALS.map(Decimal).filter(lambda seconds: 0 <= seconds <= 60))
@settings(max_examples=150, deadline=None)
def test_every_pod_gets_an_answer_and_none_is_legal_that_repeats_or_names_an_unknown_ad(book, pod, seconds):
    brk = book.book.breaks[0]
    found = check_pod(book, brk, duration_of(seconds), pod)
    for viewers in book.book.audience.cohorts:
        found += check_history(book, brk, viewers, pod)
    if "nobody" in pod or len(set(pod)) < len(pod):
        assert found
    if not pod:
        assert found == []
