"""The line model gives back any text, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssai.hls.lines import Document, Tag, decode, encode, tag


def test_every_playlist_of_the_shared_data_comes_back(data):
    files = sorted((data / "hls").rglob("*.m3u8"))
    assert len(files) > 200
    for file in files:
        body = file.read_bytes()
        document = Document.of(decode(body))
        assert encode(document.text) == body, file
        assert all(line.endswith("\n") for line in document.lines[:-1]), file


@given(st.binary(max_size=200))
def test_any_bytes_come_back(body):
    assert encode(Document.of(decode(body)).text) == body


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a\n", ("a\n",)),
        ("a\r\nb", ("a\r\n", "b")),
        ("\n\n", ("\n", "\n")),
        # Only LF ends a line: a lone CR and Unicode's separators stay inside.
        ("a\rb\x0bc\x0cd\x1ce\x85f\u2028g\nh", ("a\rb\x0bc\x0cd\x1ce\x85f\u2028g\n", "h")),
    ],
)
def test_lines(text, lines):
    assert Document.of(text).lines == lines


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("#EXTM3U", "EXTM3U", None),
        ("#EXTINF:4.0,a:b", "EXTINF", "4.0,a:b"),
        ("#EXT-X-KEY:", "EXT-X-KEY", ""),
        ("#", "", None),
    ],
)
def test_a_tag_is_cut_at_its_first_colon_and_comes_back(line, name, value):
    assert tag(line) == Tag(name, value)
    assert tag(line).line == line
