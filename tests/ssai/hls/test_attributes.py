"""Attribute lists: strict ones, and those seen in the wild."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssai.hls.attributes import attributes, replace_attribute

LISTS = [
    ("", {}),
    ("A=1", {"A": "1"}),
    ('A=1,B="x",C=YES', {"A": "1", "B": "x", "C": "YES"}),
    ('URI="a,b=c",B=2', {"URI": "a,b=c", "B": "2"}),
    ('A=""', {"A": ""}),
    ("A=,B=2", {"A": "", "B": "2"}),
    # A space after the comma, around the sign, at the end.
    (' A = 1 , B = "x" ', {"A": "1", "B": "x"}),
    # The first of a name wins; names keep their case.
    ("A=1,A=2,a=3", {"A": "1", "a": "3"}),
    ("X-COM.foo_1=0xFF", {"X-COM.foo_1": "0xFF"}),
    # What is no NAME=value is passed over.
    ("30,DURATION=5", {"DURATION": "5"}),
    ("junk,,=5,A=1", {"A": "1"}),
    ("no sign at all", {}),
    ("RESOLUTION=1920x1080,A=1", {"RESOLUTION": "1920x1080", "A": "1"}),
    # Only a pair of quotes is taken off.
    ('URI="abc', {"URI": '"abc'}),
    ('URI="a"x,B=1', {"URI": '"a"x', "B": "1"}),
    ('URI="', {"URI": '"'}),
    ('URI="a\x1cb"', {"URI": "a\x1cb"}),
    ("A=b=c", {"A": "b=c"}),
]


@pytest.mark.parametrize(("text", "found"), LISTS)
def test_list(text, found):
    assert attributes(text) == found


REPLACED = [
    ('METHOD=AES-128,URI="k"', 'METHOD=AES-128,URI="NEW"'),
    ('METHOD=AES-128, URI = "k" ,IV=0x1', 'METHOD=AES-128, URI = "NEW" ,IV=0x1'),
    ('X-CERT-URI="c",URI="k"', 'X-CERT-URI="c",URI="NEW"'),
    ('X="a,URI=b",URI="k"', 'X="a,URI=b",URI="NEW"'),
    ('URI="k",URI="l"', 'URI="NEW",URI="l"'),
    ("METHOD=NONE", "METHOD=NONE"),
    ("URI=k", 'URI="NEW"'),
]


@pytest.mark.parametrize(("text", "after"), REPLACED)
def test_one_value_is_replaced_and_all_else_kept(text, after):
    assert replace_attribute(text, "URI", "NEW") == after


def test_the_new_value_is_no_pattern():
    assert replace_attribute('URI="k"', "URI", r"\1\g<0>") == r'URI="\1\g<0>"'


@given(st.text(st.sampled_from('Aa=", \t-.1\n\r\x0b\x1c\u00e9\udce9'), max_size=60))
def test_any_text_gives_a_dictionary(text):
    for name, value in attributes(text).items():
        assert name in text
        assert value in text


@given(
    st.dictionaries(
        st.text("ABCXYZ-019", min_size=1), st.text(st.characters(exclude_characters='"', codec="utf-8")), max_size=8
    )
)
def test_what_is_written_is_read(wanted):
    assert attributes(",".join(f'{name}="{value}"' for name, value in wanted.items())) == wanted


@pytest.mark.parametrize("text", ["A" * 500_000, 'A="' + "x," * 250_000, " " * 500_000, "A=" + " " * 500_000 + "="])
def test_a_long_line_takes_no_quadratic_time(text):
    before = time.perf_counter()
    attributes(text)
    assert time.perf_counter() - before < 2
