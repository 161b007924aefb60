"""EXT-X-DEFINE in media playlists: text in, text out, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssai.hls.errors import PlaylistError
from ssai.hls.media import parse
from ssai.hls.variables import MAX_SUBSTITUTED, resolved, substituted

URL = "https://o/live/v.m3u8?token=a%20b&empty=#token=no"
IMPORTED = {"cdn": "https://cdn", "x_1-y": "{$cdn}"}

GOOD = {
    # name: (text after #EXTM3U, what comes back)
    "by name": ('#EXT-X-DEFINE:NAME="a",VALUE="v"\n#EXTINF:4,\n{$a}/s.ts\n', "\n#EXTINF:4,\nv/s.ts\n"),
    "imported": ('#EXT-X-DEFINE:IMPORT="cdn"\n#EXTINF:4,\n{$cdn}/s.ts\n', "\n#EXTINF:4,\nhttps://cdn/s.ts\n"),
    "from the address": ('#EXT-X-DEFINE:QUERYPARAM="token"\ns?{$token}', "\ns?a b"),
    "an empty parameter": ('#EXT-X-DEFINE:QUERYPARAM="empty"\ns{$empty}', "\ns"),
    "in attributes": (
        '#EXT-X-DEFINE:NAME="k",VALUE="key"\n#EXT-X-KEY:METHOD=AES-128,URI="{$k}/1",IV=0x1\n#EXT-X-MAP:URI="{$k}"',
        '\n#EXT-X-KEY:METHOD=AES-128,URI="key/1",IV=0x1\n#EXT-X-MAP:URI="key"',
    ),
    "twice in a line": ('#EXT-X-DEFINE:NAME="a",VALUE="v"\n{$a}{$a}{$a', "\nvv{$a"),
    "a value is not looked at again": ('#EXT-X-DEFINE:IMPORT="x_1-y"\n{$x_1-y}', "\n{$cdn}"),
    "not in titles and comments": (
        '#EXT-X-DEFINE:NAME="a",VALUE="v"\n#EXTINF:4,{$b} {$a}\n# {$b}\n{$a}',
        "\n#EXTINF:4,{$b} {$a}\n# {$b}\nv",
    ),
    "line endings": ('#EXT-X-DEFINE:NAME="a",VALUE="v"\r\n#EXTINF:4,\r\n{$a}\r\n', "\n#EXTINF:4,\r\nv\r\n"),
    "none": ("#EXTINF:4,\n$a{a}\n", "#EXTINF:4,\n$a{a}\n"),
}


@pytest.mark.parametrize("case", GOOD)
def test_variables_are_substituted(case):
    text, wanted = GOOD[case]
    assert resolved("#EXTM3U\n" + text, URL, IMPORTED) == "#EXTM3U\n" + wanted


REFUSED = {
    "nothing defines it": ("#EXTINF:4,\n{$a}", "line 3: URI: expected a definition before it, found '{$a}'"),
    "nothing defines it in a tag": ('#EXT-X-MAP:URI="{$a}"', "line 2: EXT-X-MAP: expected a definition before it"),
    "defined after it": ('{$a}\n#EXT-X-DEFINE:NAME="a",VALUE="v"', "line 2: URI: expected a definition before it"),
    "no such import": ('#EXT-X-DEFINE:IMPORT="b"', "line 2: EXT-X-DEFINE: expected b defined in the multivariant"),
    "no such parameter": ('#EXT-X-DEFINE:QUERYPARAM="b"', "line 2: EXT-X-DEFINE: expected b in the query"),
    "a value that ends the attribute": (
        '#EXT-X-DEFINE:QUERYPARAM="q"',
        "line 2: EXT-X-DEFINE: expected a value that a quoted string can hold",
    ),
    "a value that ends the line": (
        '#EXT-X-DEFINE:QUERYPARAM="n"',
        "line 2: EXT-X-DEFINE: expected a value that a quoted string can hold",
    ),
    "nothing to define": ("#EXT-X-DEFINE:VALUE=1", "line 2: EXT-X-DEFINE: expected NAME, QUERYPARAM or IMPORT"),
    "a name without value": ('#EXT-X-DEFINE:NAME="x"', "line 2: EXT-X-DEFINE: expected a VALUE attribute"),
    "defined twice": ('#EXT-X-DEFINE:NAME="x",VALUE="1"\n' * 2, "line 3: EXT-X-DEFINE: expected one value"),
    "a long value": (f'#EXT-X-DEFINE:NAME="x",VALUE="{"v" * 4097}"', "line 2: EXT-X-DEFINE: expected one value of at"),
    "many": (
        "".join(f'#EXT-X-DEFINE:NAME="x{n}",VALUE=""\n' for n in range(501)),
        "line 502: EXT-X-DEFINE: expected one value",
    ),
    "many in a line": ('#EXT-X-DEFINE:NAME="x",VALUE=""\n' + "{$x}" * 65, "line 3: URI: expected at most 64 variables"),
    "a text that grows without end": (
        f'#EXT-X-DEFINE:NAME="x",VALUE="{"v" * 4096}"\n' + ("{$x}" * 64 + "\n") * (MAX_SUBSTITUTED // 4096 // 64 + 2),
        f"line 130: URI: expected at most {MAX_SUBSTITUTED} characters in all",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    text, message = REFUSED[case]
    with pytest.raises(PlaylistError) as error:
        resolved("#EXTM3U\n" + text, "https://o/v.m3u8?q=%22&n=%0A", IMPORTED)
    assert str(error.value).startswith(message)


def test_what_uses_no_variables_comes_back_as_it_is():
    text = "#EXTM3U\n" + "#EXTINF:4,\ns.ts\n" * 1000
    assert resolved(text, URL, None) is text


def test_the_multivariant_playlist_cannot_import():
    with pytest.raises(PlaylistError, match=r"^line 1: EXT-X-DEFINE: expected NAME or QUERYPARAM"):
        substituted('#EXT-X-DEFINE:IMPORT="x"', URL, None)


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("carlanton-m3u8-parser/media/media-variables.m3u8", "segment_1.m4s?a=1"),
        ("eyevinn-hls-m3u8/media-playlist-with-defines.m3u8", "Value1.ts"),
        ("eyevinn-hls-m3u8/media-playlist-with-queryparam.m3u8", "ad0.ts"),
    ],
)
def test_real_playlists(data, name, uri):
    text = (data / "hls" / name).read_text(encoding="utf-8")
    found = parse(resolved(text, "http://o/?Define2=2", {"auth": "?a=1", "Define3": "3"}))
    assert found.segments[0].uri == uri
    assert not any(tag.name == "EXT-X-DEFINE" for tag in found.header)


LINES = st.sampled_from(
    [
        "#EXTM3U",
        '#EXT-X-DEFINE:NAME="a",VALUE="b"',
        '#EXT-X-DEFINE:IMPORT="cdn"',
        "{$a}",
        '#EXT-X-K:U="{$cdn}"',
        "s",
        "\r",
    ]
)


@given(st.lists(LINES | st.text(max_size=20), max_size=8))
def test_any_text_gives_as_many_lines_or_one_error(lines):
    text = "\n".join(lines)
    try:
        found = resolved(text, URL, IMPORTED)
    except PlaylistError:
        return
    assert found.count("\n") == text.count("\n")
    assert resolved(found, URL, IMPORTED) == found or "{$" in found
