"""Each cause has its event, is told in words, and is gone when what it names is set."""

import json
from typing import Any

import pytest

from domain.errors import InputError
from planner.event.why import why
from planner.event.why_cause import Hold, amount_of, assign, caps_of, list_of, number_of
from planner.problem import Rule
from tests.planner.event.asking import Planned, asked_until_it_runs

OUT = "out"


def ad(name: str, seconds: float, amount: float, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A creative with a campaign of its own; ``creative`` has fields that are the creative's."""
    creative = fields.pop("creative", {})
    campaign = {"id": f"c-{name}", "advertiser": f"a-{name}", "price": {"amount": amount}} | fields
    return campaign, {"id": name, "campaign": campaign["id"], "duration": seconds, "categories": ["Food"]} | creative


def event(*ads: tuple[dict[str, Any], dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """Two breaks of 30 s, an hour apart, and one cohort of a thousand."""
    campaigns = {campaign["id"]: campaign for campaign, _ in reversed(ads)}
    breaks = [{"id": f"b{number}", "at": 4_000 * number, "durations": [{"seconds": 30}]} for number in (1, 2)]
    brk = fields.pop("brk", {})
    return {
        "campaigns": list(reversed(campaigns.values())),
        "creatives": [creative for _, creative in ads],
        "breaks": [breaks[0] | brk, breaks[1]],
        "audience": {"cohorts": [{"id": "all", "seats": 1000, "traits": ["adult"]}]},
        "start": "2027-01-09T20:00:00Z",
    } | fields


BEST = ad("in", 30, 7)
CASES: dict[Any, tuple[dict[str, Any], str]] = {
    Rule.DURATION: (event(ad(OUT, 60, 5)), "creatives.out.duration=30"),
    Rule.BREAK_KIND: (
        event(ad(OUT, 30, 5, targeting={"break_kinds": ["injury"]})),
        'campaigns.c-out.targeting.break_kinds=["injury", "planned"]',
    ),
    Rule.FLIGHT: (event(ad(OUT, 30, 5, flight={"end": "2027-01-09T20:30:00Z"})), "campaigns.c-out.flight="),
    Rule.DEAL: (event(ad(OUT, 30, 5), brk={"deals": ["upfront"]}), 'campaigns.c-out.deal="upfront"'),
    Rule.CODECS: (
        event(ad(OUT, 30, 5, creative={"codecs": ["hvc1"]}), brk={"codecs": ["avc1"]}),
        "creatives.out.codecs=[]",
    ),
    Rule.FORBIDDEN: (event(ad(OUT, 30, 5), brk={"forbidden": ["Food"]}), "breaks.b1.forbidden=[]"),
    Rule.METADATA: (
        event(ad(OUT, 30, 5, creative={"categories": []}), brk={"forbidden": ["Autos"]}),
        "breaks.b1.forbidden=[]",
    ),
    Rule.BEFORE: (event(ad(OUT, 30, 5), brk={"before": [{"creative": "out"}]}), "breaks.b1.before.0="),
    Rule.FLOOR: (event(ad(OUT, 30, 5), brk={"floor": 0.2}), "campaigns.c-out.price.amount=6"),
    Rule.EVENT_EXCLUSIVITY: (
        event(ad(OUT, 30, 5), ad("in", 30, 1, exclusivity="event", exclusive_category="Food")),
        "campaigns.c-in.exclusivity=none",
    ),
    Rule.TARGETING: (
        event(ad(OUT, 30, 5, targeting={"not_traits": ["adult"]})),
        "campaigns.c-out.targeting.not_traits=[]",
    ),
    Rule.ROADBLOCK: (event(ad(OUT, 30, 5), ad("in", 30, 1, roadblock=True)), "campaigns.c-in.roadblock=false"),
    Rule.CAP: (
        event(
            ad(OUT, 30, 5, caps=[{"per": "event", "limit": 1}]),
            audience={"cohorts": [{"id": "all", "seats": 9, "seen": [{"creative": "out", "ago": 60}]}]},
        ),
        "campaigns.c-out.caps=[]",
    ),
    Rule.MINIMUM_FILL: (event(ad(OUT, 15, 5), brk={"minimum_fill": 30}), "breaks.b1.minimum_fill=0"),
    Rule.GUARANTEED_POSITION: (
        event(ad(OUT, 15, 50), ad("in", 30, 5, position="first", position_guaranteed=True)),
        "campaigns.c-in.position_guaranteed=false",
    ),
    Hold.NO_VIEWERS: (
        event(ad(OUT, 30, 5), audience={"cohorts": [{"id": "all", "seats": 0}]}),
        "audience.cohorts.all.seats=100000",
    ),
    Hold.BUDGET: (event(ad(OUT, 30, 5, budget=0)), "campaigns.c-out.budget=10"),
    Hold.GOAL: (event(ad(OUT, 30, 5, goal=0)), "campaigns.c-out.goal=2000"),
    Hold.SHARE: (
        event(ad(OUT, 30, 5, share_of_voice={"maximum": 0})),
        "campaigns.c-out.share_of_voice.maximum=1",
    ),
    Hold.SIBLING: (
        event(ad("in", 15, 5), ad(OUT, 30, 5, creative={"campaign": "c-in"}), ad("other", 15, 2)),
        "creatives.in=",
    ),
    Hold.CAP: (
        event(ad(OUT, 30, 5, caps=[{"per": "event", "limit": 1}]), brk={"slate_cost": 0}),
        "campaigns.c-out.caps=[]",
    ),
    Hold.TIER: (event(ad("in", 30, 1), ad(OUT, 30, 50, tier=2)), "campaigns.c-out.tier=1"),
    Hold.PROMISE: (
        event(ad("in", 30, 1, guarantee={"impressions": 2000, "penalty": 90}), ad(OUT, 30, 50)),
        "campaigns.c-in.guarantee=",
    ),
    Hold.SCORE: (
        event(ad(OUT, 30, 5), audience={"cohorts": [{"id": "all", "seats": 9, "scores": {"out": 0}}]}),
        "campaigns.c-out.scores={}",
    ),
    Hold.PRICE: (event(BEST, ad(OUT, 30, 5)), "campaigns.c-out.price.amount=7.37"),
}
ANYWHERE = {Hold.CAP, Hold.SIBLING}
"""Cases whose ad runs in one of the breaks, whichever: asked where it does not."""


@pytest.mark.parametrize("code", [case for case in CASES if case not in ANYWHERE])
def test_each_cause_has_its_event_and_its_remedy(code):
    document, remedy = CASES[code]
    planned = Planned.of(document)
    _, told = planned.asked(OUT, "b1")
    assert not told.runs
    assert told.causes[0].code == code
    assert remedy in told.causes[0].remedy
    after = planned.remedied(told)
    assert all(cause.code != code for cause in after.asked(OUT, "b1")[1].causes)
    assert after.impressions(OUT, "b1") > 0 or code is Rule.DURATION


def test_a_cap_that_lets_an_ad_run_in_one_of_two_breaks():
    document, remedy = CASES[Hold.CAP]
    planned = Planned.of(document)
    brk = next(each for each in ("b1", "b2") if planned.impressions(OUT, each) < 1000)
    _, told = planned.asked(OUT, brk)
    assert told.causes[0].code == Hold.CAP
    assert told.causes[0].remedy == (remedy,)
    assert "cap of campaign c-out per event" in told.causes[0].detail
    assert planned.remedied(told).impressions(OUT, brk) == pytest.approx(1000)


def test_an_ad_of_its_own_campaign_stands_instead():
    document, remedy = CASES[Hold.SIBLING]
    planned = Planned.of(document)
    _, told = planned.asked(OUT, "b1")
    assert told.causes[0].code == Hold.SIBLING
    assert told.causes[0].remedy == (remedy,)
    assert planned.remedied(told).impressions(OUT, "b1") > 0


def test_every_cause_is_shown_here():
    assert set(Hold) - set(CASES) == {Hold.GAP, Hold.NO_POD}


def test_a_price_is_told_in_words_with_who_stands_instead():
    answer, told = Planned.of(CASES[Hold.PRICE][0]).asked(OUT, "b1")
    assert answer.lines() == [
        "c-out in b1: 0 impressions expected",
        "  out does not run:",
        "    price: lost to in by 2.00 USD per thousand: for all in b1, 5 is too little, 7.37 would do",
        "      --set campaigns.c-out.price.amount=7.37",
    ]
    assert told.causes[0].margin == pytest.approx(2_000)
    assert told.causes[0].instead == ("in",)


def test_who_must_stand_beside_an_ad_may_be_what_holds_it():
    """Every pod begins with the first, whose budget is used up."""
    beside = ad("first", 10, 5, budget=1, position="first", position_guaranteed=True)
    document = event(ad("dear", 20, 9), ad(OUT, 20, 8), beside)
    planned = Planned.of(document)
    _, told = planned.asked(OUT, None)
    assert [(cause.code, cause.remedy) for cause in told.causes] == [
        (Rule.GUARANTEED_POSITION, ("campaigns.c-first.position_guaranteed=false",))
    ]
    assert "first must stand beside it" in told.causes[0].detail
    assert "budget c-first" in told.causes[0].detail


def test_a_promise_that_is_kept_does_not_help_a_dearer_price():
    """Its promise is kept in the other break: what that is worth there falls as its price rises."""
    short = ad(OUT, 30, 2, guarantee={"impressions": 400, "penalty": 50}, caps=[{"per": "event", "limit": 1}])
    planned = Planned.of(event(short, ad("in", 30, 20, flight={"end": "2027-01-09T21:30:00Z"}), ad("late", 30, 3)))
    answers = list(asked_until_it_runs(planned, OUT, "b1", 2))
    assert answers[-1].runs


def test_a_budget_rises_in_step_with_the_price():
    planned = Planned.of(event(BEST, ad(OUT, 30, 5, budget=1)))
    _, told = planned.asked(OUT, "b1")
    assert told.causes[0].remedy == ("campaigns.c-out.price.amount=7.37", "campaigns.c-out.budget=14.74")
    assert planned.remedied(told).impressions(OUT, None) == pytest.approx(2000, rel=1e-3)


def test_an_ad_that_runs_is_told_where_and_why_not_more():
    planned = Planned.of(event(ad("in", 30, 5, goal=500)))
    answer, told = planned.asked("in", None)
    assert told.runs
    assert sum(told.impressions.values()) == pytest.approx(500)
    assert told.causes[0].code == Hold.GOAL
    assert answer.lines()[0] == "c-in in the event: 500 impressions expected"


def test_an_ad_that_all_see_has_no_causes():
    answer, told = Planned.of(event(ad("in", 30, 5))).asked("in", None)
    assert told.causes == ()
    assert answer.lines()[-1] == "    all who may see it do, wherever it may run"


def test_all_rules_that_refuse_an_ad_are_named_at_once():
    document = event(ad(OUT, 60, 5, creative={"codecs": ["hvc1"]}), brk={"codecs": ["avc1"], "forbidden": ["Food"]})
    _, told = Planned.of(document).asked(OUT, "b1")
    assert [cause.code for cause in told.causes] == [Rule.DURATION, Rule.CODECS, Rule.FORBIDDEN]


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("roadblock", {"roadblock": True}),
        ("roadblock", {"position": "last", "position_guaranteed": True}),
        ("position_guaranteed", {"roadblock": True}),
        ("position_guaranteed", {"position": "first", "position_guaranteed": True}),
    ],
)
def test_an_ad_that_is_let_in_gives_up_a_contract_that_another_contract_rules_out(own, other):
    kept_out = ad(OUT, 30, 5, position="first", creative={"codecs": ["hvc1"]}, **{own: True})
    document = event(kept_out, ad("in", 30, 1, **other), brk={"codecs": ["avc1"]})
    document["breaks"] = document["breaks"][:1]
    planned = Planned.of(document)
    _, told = planned.asked(OUT, "b1")
    assert [cause.code for cause in told.causes] == [Rule.CODECS]
    assert told.causes[0].remedy[-1] == f"campaigns.c-out.{own}=false"
    assert told.causes[0].detail.endswith("its own contract may not hold beside that of c-in")
    planned.remedied(told)


def test_an_ad_that_is_let_in_keeps_a_contract_that_meets_no_other():
    document = event(
        ad(OUT, 30, 5, roadblock=True, targeting={"traits": ["adult"]}, creative={"codecs": ["hvc1"]}),
        ad("in", 30, 1, roadblock=True, targeting={"not_traits": ["adult"]}),
        brk={"codecs": ["avc1"]},
    )
    document["breaks"] = document["breaks"][:1]
    _, told = Planned.of(document).asked(OUT, "b1")
    assert told.causes[0].remedy == ("creatives.out.codecs=[]",)


def test_of_an_event_the_break_that_is_nearest_is_told():
    document = event(ad(OUT, 60, 5), brk={"forbidden": ["Food"]})
    _, told = Planned.of(document).asked(OUT, None)
    assert told.brk == "b2"
    assert [cause.code for cause in told.causes] == [Rule.DURATION]


def test_an_answer_is_json():
    for document, _ in CASES.values():
        answer, _ = Planned.of(document).asked(OUT, None)
        assert json.loads(json.dumps(answer.table()))["campaign"] == answer.campaign


def test_a_campaign_without_creatives_says_so():
    planned = Planned.of(event(BEST) | {"campaigns": [BEST[0], {"id": "empty", "price": {"amount": 1}}]})
    assert why(planned.booked, planned.staged, planned.plan, "empty", None).lines()[-1] == "  it has no creative"


@pytest.mark.parametrize(("campaign", "brk", "where"), [("nobody", None, "--why"), ("c-in", "b9", "--break")])
def test_a_campaign_or_break_that_is_not_there_is_an_error(campaign, brk, where):
    planned = Planned.of(event(BEST))
    with pytest.raises(InputError, match=where):
        why(planned.booked, planned.staged, planned.plan, campaign, brk)


def test_assignments_are_written_as_they_are_read():
    assert assign("campaigns", "a.b", "budget", to="5") == 'campaigns."a.b".budget=5'
    assert assign("campaigns", 'a"b', "budget") == "campaigns.'a\"b'.budget="
    assert list_of(['x"y', "\n"]) == '["x\\"y", "\\u000a"]'
    assert caps_of(()) == "[]"
    assert number_of(amount_of(12.001)) == "12.01"
    assert number_of(amount_of(300.0)) == "300"
    assert number_of(amount_of(0.0000011, whole=False)) == "0.000002"
