"""The example events, and what a new event begins with: they read, and show what they say."""

import re
import tomllib
from decimal import Decimal
from importlib import resources

import numpy as np
import pytest

from planner.book import forecast, model
from planner.book.fields import Model
from planner.book.model import Book, CapOf, CapPer, Exclusivity, PriceKind
from planner.book.read import read_book

EVENTS = ["brief-bout", "fight-night", "football-final", "leap-worked-example"]
NEW_EVENT = resources.files("halftime") / "new_event.toml"
OPTION = re.compile(r"^#(?=\S)", re.MULTILINE)
EXAMPLE = re.compile(r"^#(?=\S).*# e\.g\..*\n", re.MULTILINE)


@pytest.fixture(scope="module")
def folder(root):
    return root / "fixtures" / "events"


@pytest.fixture(scope="module")
def event(folder):
    """An example's book by its name, read once."""
    books = {}

    def named(name):
        if name not in books:
            books[name] = read_book(folder / f"{name}.toml").book
        return books[name]

    return named


def viewers(book, seconds):
    """Expected viewers at an instant by the general curve; without one all are there all the time."""
    curve = book.forecast.curve
    if not curve:
        return float(book.forecast.viewers)
    share = np.interp(float(seconds), [float(point.at) for point in curve], [point.share for point in curve])
    return book.forecast.viewers * float(share)


def inventory(book):
    """Expected seconds of breaks, all viewers together."""
    return sum(
        brk.probability * sum(float(each.seconds) * each.probability for each in brk.durations) * viewers(book, brk.at)
        for brk in book.breaks
    )


def targeted(book, targeting):
    """Part of the audience that a campaign's targeting admits."""
    cohorts = [
        cohort.seats
        for cohort in book.audience.cohorts
        if (not targeting.traits or set(targeting.traits) & set(cohort.traits))
        and set(targeting.every_trait) <= set(cohort.traits)
        and not set(targeting.not_traits) & set(cohort.traits)
        and (not targeting.regions or cohort.region in targeting.regions)
        and (not targeting.devices or cohort.device in targeting.devices)
    ]
    return sum(cohorts) / sum(cohort.seats for cohort in book.audience.cohorts)


def wanted(book, campaign, *, shortest=False):
    """Viewer seconds that a campaign could take: by budget, goal, maximum share, and caps for those whom it targets."""
    lengths = [float(each.duration) for each in book.creatives if each.campaign == campaign.id]
    length = min(lengths) if shortest else sum(lengths) / len(lengths)
    limits = []
    if campaign.budget is not None:
        per_view = Decimal(1) if campaign.price.kind is PriceKind.COMPLETED_VIEW else Decimal(1000)
        limits.append(float(campaign.budget / (campaign.price.amount / per_view)))
    if campaign.goal is not None:
        limits.append(campaign.goal)
    if campaign.share_of_voice is not None:
        limits.append(campaign.share_of_voice.maximum * inventory(book) / length)
    people = book.forecast.viewers * book.forecast.turnover * targeted(book, campaign.targeting)
    limits.extend(
        people * cap.limit * (len(lengths) if cap.of is CapOf.CREATIVE else 1)
        for cap in campaign.caps
        if cap.per is CapPer.EVENT
    )
    return min(limits) * length


def latest(brk):
    return brk.at + max(each.seconds for each in brk.durations)


@pytest.mark.parametrize("name", EVENTS)
def test_every_example_reads_and_says_what_it_is(folder, event, name):
    book = event(name)
    assert book.forecast is not None
    assert book.turnout is not None
    assert {creative.campaign for creative in book.creatives} == {campaign.id for campaign in book.campaigns}
    head = (folder / f"{name}.toml").read_text().split("\n\n")[0].splitlines()
    assert len(head) >= 5
    assert all(line.startswith("#") for line in head)
    assert f"#   halftime plan fixtures/events/{name}.toml" in head


def test_no_example_is_forgotten(folder):
    assert sorted(path.stem for path in folder.glob("*.toml")) == EVENTS


def test_the_first_one_is_over_in_under_a_minute(event):
    book = event(EVENTS[0])
    assert max(latest(brk) for brk in book.breaks) < 60
    assert max(float(point.at) for point in [*book.forecast.curve, *book.turnout.curve]) < 60
    assert {latest(brk) - brk.at for brk in book.breaks} <= {5, 6}
    assert all(2 <= creative.duration <= 3 for creative in book.creatives)
    assert (len(book.breaks), len(book.campaigns), len(book.audience.cohorts)) == (4, 6, 5)
    assert sum(cohort.seats for cohort in book.audience.cohorts) == 20_000
    assert sum(brk.probability < 1 for brk in book.breaks) == 1


class TestTheFinal:
    @pytest.fixture
    def book(self, event):
        return event("football-final")

    def test_it_is_as_large_as_it_says(self, book):
        assert (len(book.breaks), len(book.campaigns), len(book.audience.cohorts)) == (40, 100, 2_000)
        assert book.forecast.viewers == sum(cohort.seats for cohort in book.audience.cohorts) == 1_000_000
        assert max(point.share for point in book.forecast.curve) == 1.0
        assert 140 <= len(book.creatives) <= 160
        assert sum(len(brk.durations) for brk in book.breaks) <= 48

    def test_its_evening_is_one(self, book):
        unplanned = [brk for brk in book.breaks if brk.probability < 1]
        assert len(unplanned) == 8
        assert {brk.kind for brk in unplanned} == {"unplanned"}
        assert all(30 <= each.seconds <= 180 for brk in book.breaks for each in brk.durations)
        assert 13_000 < max(latest(brk) for brk in book.breaks) <= 13_500

    def test_a_little_more_is_booked_than_fits(self, book):
        demand = sum(wanted(book, campaign) for campaign in book.campaigns)
        least = sum(wanted(book, campaign, shortest=True) for campaign in book.campaigns)
        assert 1.0 <= least / inventory(book) <= demand / inventory(book) <= 1.3

    def test_promises_are_cheap_and_within_what_else_the_campaign_may_take(self, book):
        promised = [campaign for campaign in book.campaigns if campaign.guarantee is not None]
        assert 12 <= len(promised) <= 13
        prices = sorted(campaign.price.amount for campaign in book.campaigns)
        for campaign in promised:
            assert campaign.price.amount <= prices[len(prices) // 2]
            assert campaign.guarantee.penalty > campaign.price.amount
            assert campaign.guarantee.impressions <= campaign.goal

    def test_one_promise_is_more_than_its_cap_lets_through_and_no_other(self, book):
        kept_from = [
            campaign.id
            for campaign in book.campaigns
            if campaign.guarantee is not None
            and campaign.guarantee.impressions
            > 0.8
            * min(cap.limit for cap in campaign.caps)
            * targeted(book, campaign.targeting)
            * book.forecast.viewers
            * book.forecast.turnover
        ]
        assert kept_from == ["lumiere-plus"]

    def test_contracts_that_come_before_all_planning_are_left_to_the_fight_night(self, book):
        assert {campaign.tier for campaign in book.campaigns} == {1}
        assert not any(campaign.roadblock or campaign.position_guaranteed for campaign in book.campaigns)
        assert all(campaign.exclusivity is not Exclusivity.EVENT for campaign in book.campaigns)


def test_the_fight_night_has_what_sponsors_buy_and_ends_in_the_seventh(event):
    book = event("fight-night")
    assert (len(book.breaks), len(book.campaigns), len(book.audience.cohorts)) == (16, 25, 60)
    assert sum(cohort.seats for cohort in book.audience.cohorts) == 300_000
    assert {campaign.tier for campaign in book.campaigns} == {1, 2}
    assert sum(campaign.position_guaranteed for campaign in book.campaigns) == 1
    assert sum(campaign.roadblock for campaign in book.campaigns) == 1
    assert sum(campaign.exclusivity is Exclusivity.EVENT for campaign in book.campaigns) == 1
    rounds = [brk for brk in book.breaks if brk.kind == "between-rounds"]
    chances = [brk.probability for brk in rounds]
    assert len(rounds) == 11
    assert chances == sorted(chances, reverse=True)
    assert chances[0] < 1
    came = [each.id for each in book.turnout.breaks]
    assert [brk.id for brk in rounds if brk.id in came] == [f"round-{number}" for number in range(1, 7)]
    assert came[-1] == "decision"
    guaranteed = next(campaign for campaign in book.campaigns if campaign.position_guaranteed)
    kinds = {brk.kind for brk in book.breaks if brk.probability < 1}
    assert guaranteed.targeting.break_kinds
    assert not kinds & set(guaranteed.targeting.break_kinds)


def test_the_worked_example_is_fifty_two_million_impressions(event):
    book = event("leap-worked-example")
    assert all(creative.duration == 30 for creative in book.creatives)
    planned = sum(min(brk.maximum_ads, int(latest(brk) - brk.at) // 30) * viewers(book, brk.at) for brk in book.breaks)
    assert planned == 52_000_000
    sold = [campaign for campaign in book.campaigns if campaign.price.amount >= 20]
    assert len(sold) == 8
    assert sum(campaign.goal for campaign in sold) == 52_000_000
    surplus = [wanted(book, campaign) / 30 for campaign in book.campaigns if campaign not in sold]
    assert sum(surplus) >= 4 * 10 * (2_400_000 - 1_300_000)
    assert [revision.viewers for revision in book.forecast.revisions] == [1_800_000]
    came = [round(1_300_000 * point.share, -2) for point in book.turnout.curve]
    assert (came[0], came[-1]) == (1_800_000, 2_400_000)


def test_what_its_document_says_stands_where_the_event_says_nothing(folder, event):
    said = tomllib.loads((folder / "leap-worked-example.toml").read_text())["forecast"]
    assert "low" not in said
    assert (said["viewers"], said["document"]) == (1_300_000, "leap-worked-example.json")
    assert event("leap-worked-example").forecast.low == 1_200_000


class TestANewEvent:
    @pytest.fixture
    def text(self):
        return NEW_EVENT.read_text()

    def test_it_reads(self, tmp_path, text):
        (tmp_path / "new.toml").write_text(text)
        book = read_book(tmp_path / "new.toml").book
        assert book.campaigns
        assert book.forecast is not None

    def test_its_options_are_the_defaults(self, text):
        spelt = OPTION.sub("", EXAMPLE.sub("", text))
        assert spelt.count("\n#") < text.count("\n#")
        assert Book.model_validate(tomllib.loads(spelt)) == Book.model_validate(tomllib.loads(text))

    def test_its_examples_are_books_too(self, text):
        spelt = Book.model_validate(tomllib.loads(OPTION.sub("", text)))
        assert spelt.turnout is not None
        assert spelt.audience.cohorts

    def test_it_shows_every_field(self, text):
        shown = set(re.findall(r"(?:^#?|[{,] ?)([a-z_]+) = ", text, flags=re.MULTILINE))
        tables = set(re.findall(r"^#?\[+([a-z.]+)\]", text, flags=re.MULTILINE))
        shown |= {part for table in tables for part in table.split(".")}
        models = {
            each
            for room in (model, forecast)
            for each in vars(room).values()
            if isinstance(each, type) and issubclass(each, Model)
        }
        assert forecast.TurnedUp in models
        assert set().union(*(each.model_fields for each in models)) - shown == set()
