"""Which query parameters mean something, and which go on to the origin."""

import json
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from ssai.sessions.traits import MAX_VALUE, QueryRules
from ssai.store import limits

RULES = QueryRules("uid", {"dev": "device", "co": "country"}, ("lang", "key"))


def test_listed_parameters_are_read_and_others_stay_where_they_are() -> None:
    query = {"uid": "ann", "dev": "tv", "lang": "de", "secret": "x", "device": "forged", "viewer": "ben"}
    assert RULES.viewer_key(query) == "ann"
    assert RULES.read(query) == {"device": "tv"}
    assert RULES.for_origin(query) == "lang=de"


def test_nothing_listed_is_nothing_used() -> None:
    rules = QueryRules()
    assert rules.viewer_key({"viewer": "ann"}) == "ann"
    assert rules.viewer_key({}) is None
    assert rules.read({"dev": "tv"}) == {}
    assert rules.for_origin({"dev": "tv"}) == ""


def test_empty_and_long_values() -> None:
    longest, longer = "x" * MAX_VALUE, "x" * (MAX_VALUE + 1)
    assert RULES.viewer_key({"uid": ""}) is None
    assert RULES.viewer_key({"uid": longest}) == longest
    assert RULES.viewer_key({"uid": longer}) is None
    assert RULES.read({"dev": longer, "co": longest}) == {"country": longest}
    assert RULES.for_origin({"lang": longer, "key": ""}) == "key="


def test_all_traits_of_a_viewer_fit_into_the_store() -> None:
    """In JSON a letter beyond ASCII takes six bytes, a rarer one twelve."""
    names = [f"{place}" * 64 for place in range(8)]
    rules = QueryRules(traits=dict(zip("abcdefgh", names, strict=True)))
    for letter in ("x", "\\", "\0", "é", "🏆"):
        found = [rules.read(dict.fromkeys("abcdefgh", letter * length)) for length in range(MAX_VALUE + 1)]
        sizes = [len(limits.traits(json.dumps(traits, sort_keys=True).encode())) for traits in found]
        assert max(sizes) > 2_500
        assert found[10] == dict.fromkeys(names, letter * 10)
    assert found[MAX_VALUE] == {}


def test_the_origin_gets_its_parameters_in_one_order() -> None:
    assert RULES.for_origin({"key": "2", "lang": "1"}) == RULES.for_origin({"lang": "1", "key": "2"}) == "lang=1&key=2"


@given(st.dictionaries(st.text(max_size=10), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)))
def test_what_the_origin_gets_says_what_the_viewer_said(query: dict[str, str]) -> None:
    rules = QueryRules(origin=tuple(name for name in query if name.isascii()))
    sent = rules.for_origin(query)
    assert dict(parse_qsl(sent, keep_blank_values=True)) == {name: query[name] for name in rules.origin}
    assert sent.isascii()
    assert not set(sent) & set(" \r\n#?/")
