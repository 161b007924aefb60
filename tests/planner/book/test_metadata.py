"""What holds for creatives that state no advertiser or no categories."""

import pytest

from planner.book.metadata import Identity, host
from planner.book.model import Before, Book
from planner.book.read import booked

BEER = frozenset({"drink-alcohol", "beer"})
CARS = frozenset({"auto"})


def book(creatives, policy="strict", advertisers=("Northbrew", "")):
    return booked(
        Book.model_validate(
            {
                "metadata": policy,
                "campaigns": [
                    {"id": f"c{index}", "advertiser": advertiser, "price": {"amount": 1}}
                    for index, advertiser in enumerate(advertisers)
                ],
                "creatives": [{"id": f"ad{index}", "duration": 10} | each for index, each in enumerate(creatives)],
                "breaks": [{"id": "b", "durations": [{"seconds": 60}]}],
            }
        )
    )


@pytest.mark.parametrize("policy", ["strict", "lenient", "inferred"])
def test_what_is_stated_holds_under_every_policy(policy):
    found = book(
        [
            {"campaign": "c0", "categories": ["Beer"]},
            {"campaign": "c0", "categories": ["Beer", "auto"], "advertiser": "Other"},
        ],
        policy,
    )
    assert found.identities == {"ad0": Identity("Northbrew", BEER), "ad1": Identity("Other", BEER | CARS)}


@pytest.mark.parametrize(("policy", "doubtful"), [("strict", True), ("lenient", False), ("inferred", True)])
def test_what_is_not_stated_is_in_doubt_unless_lenient(policy, doubtful):
    found = book([{"campaign": "c0"}, {"campaign": "c1", "categories": ["Beer"]}, {"campaign": "c1"}], policy)
    assert found.identities == {
        "ad0": Identity("Northbrew", None, doubtful),
        "ad1": Identity(None, BEER, doubtful),
        "ad2": Identity(None, None, doubtful),
    }


def test_inferred_from_the_same_host():
    found = book(
        [
            {"campaign": "c0", "categories": ["Beer"], "domains": ["WWW.Northbrew.example."]},
            {"campaign": "c1", "domains": ["northbrew.example"]},
            {"campaign": "c1", "domains": ["beer.northbrew.example"]},
            {"campaign": "c1", "domains": ["none.example", "www.northbrew.example"], "categories": ["Autos"]},
        ],
        "inferred",
    )
    assert found.identities["ad1"] == Identity("Northbrew", BEER | CARS)
    assert found.identities["ad2"] == Identity(None, None, doubtful=True)
    assert found.identities["ad3"] == Identity("Northbrew", CARS)


def test_inferred_from_hosts_that_disagree():
    """All categories, so that no conflict is lost; the advertiser might be either."""
    found = book(
        [
            {"campaign": "c0", "categories": ["Beer"], "domains": ["shop.example"]},
            {"campaign": "c2", "categories": ["Autos"], "domains": ["shop.example"]},
            {"campaign": "c1", "domains": ["shop.example"]},
            {"campaign": "c1", "domains": ["shop.example"], "advertiser": "Known"},
        ],
        "inferred",
        advertisers=("Northbrew", "", "Volta"),
    )
    assert found.identities["ad2"] == Identity(None, BEER | CARS, doubtful=True)
    assert found.identities["ad3"] == Identity("Known", BEER | CARS)


def test_what_is_inferred_is_not_inferred_from_again():
    found = book(
        [
            {"campaign": "c0", "categories": ["Beer"], "domains": ["a.example"]},
            {"campaign": "c1", "domains": ["a.example", "b.example"]},
            {"campaign": "c1", "domains": ["b.example"]},
        ],
        "inferred",
    )
    assert found.identities["ad1"] == Identity("Northbrew", BEER)
    assert found.identities["ad2"] == Identity(None, None, doubtful=True)


def test_only_the_inferring_policy_infers():
    creatives = [
        {"campaign": "c0", "categories": ["Beer"], "domains": ["a.example"]},
        {"campaign": "c1", "domains": ["a.example"]},
    ]
    assert book(creatives, "strict").identities["ad1"] == Identity(None, None, doubtful=True)
    assert book(creatives, "lenient").identities["ad1"] == Identity(None, None)


def test_what_stands_ahead():
    found = book([{"campaign": "c0", "categories": ["Beer"]}])
    assert found.ahead(Before(creative="ad0")) == Identity("Northbrew", BEER)
    assert found.ahead(Before(creative="ad0", advertiser="Other")) == Identity("Other", BEER)
    assert found.ahead(Before(creative="ad0", categories=("Autos",))) == Identity("Northbrew", CARS)
    assert found.ahead(Before(advertiser="Other", categories=("Autos",))) == Identity("Other", CARS)
    assert found.ahead(Before(advertiser="Other")) == Identity("Other", None, doubtful=True)
    assert book([], "lenient").ahead(Before()) == Identity(None, None)


@pytest.mark.parametrize("domain", ["acme.example", "ACME.example", "www.acme.example", " acme.example. "])
def test_hosts_are_compared_without_case_and_www(domain):
    assert host(domain) == "acme.example"
