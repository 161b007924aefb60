"""Multivariant playlists: interpretation, and the same text with other addresses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssai.hls.errors import PlaylistError
from ssai.hls.media import is_multivariant
from ssai.hls.multivariant import MAX_VARIANTS, Media, parse, rewrite, version

BASE = "https://origin.example/live/ch1/index.m3u8?auth=s3cret&x=1"
FULL = """#EXTM3U
#EXT-X-VERSION:8
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-DEFINE:NAME="dir",VALUE="hd"
# a comment, kept
#EXT-X-CONTENT-STEERING:SERVER-URI="/steer",PATHWAY-ID="a"
#EXT-X-SESSION-KEY:METHOD=AES-128,URI="../key?k={$dir}"
#EXT-X-SESSION-DATA:DATA-ID="com.example.title",VALUE="x"
#EXT-X-SESSION-DATA:DATA-ID="com.example.more",URI="more.json"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="English, main",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,\
CHANNELS="2",URI="a/en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="In the video"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="sub",NAME="English",URI="s/en.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC1",INSTREAM-ID="CC1"

#EXT-X-STREAM-INF:BANDWIDTH=800000,AVERAGE-BANDWIDTH=700000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360,\
FRAME-RATE=25.000,AUDIO="aud",SUBTITLES="sub",CLOSED-CAPTIONS="cc"
v/sd.m3u8
#EXT-X-STREAM-INF:SUBTITLES="sub",BANDWIDTH=3000000.7,AUDIO="aud"
# between a variant and its URI
/{$dir}/v.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100000,URI="i/sd.m3u8",RESOLUTION=640x360
#EXT-X-UNKNOWN:URI="as it was"
"""
AUDIO, SUBTITLES, SD, HD = (
    "https://origin.example/live/ch1/a/en.m3u8",
    "https://origin.example/live/ch1/s/en.m3u8",
    "https://origin.example/live/ch1/v/sd.m3u8",
    "https://origin.example/hd/v.m3u8",
)


def test_what_a_playlist_offers():
    found = parse(FULL)
    assert (found.version, found.independent) == (8, True)
    assert found.variables == (("dir", "hd"),)
    first, second = found.variants
    assert (first.uri, first.bandwidth, first.average_bandwidth) == ("v/sd.m3u8", 800_000, 700_000)
    assert (first.codecs, first.resolution, first.frame_rate) == ("avc1.4d401e,mp4a.40.2", (640, 360), "25.000")
    assert (first.audio, first.video, first.subtitles, first.closed_captions) == ("aud", None, "sub", "cc")
    assert (second.uri, second.bandwidth, second.average_bandwidth) == ("/hd/v.m3u8", 3_000_000, None)
    assert (second.codecs, second.resolution, second.frame_rate) == (None, None, None)
    assert (first.line, first.uri_line, second.line, second.uri_line) == (15, 16, 17, 19)
    assert found.media[0] == Media("AUDIO", "aud", "English, main", "en", "a/en.m3u8", True, True, "2", 10)
    assert [each.uri for each in found.media] == ["a/en.m3u8", None, "s/en.m3u8", None]
    assert found.iframes == ("i/sd.m3u8",)


def test_with_its_address_uris_are_absolute():
    found = parse(FULL, BASE)
    assert [each.uri for each in found.variants] == [SD, HD]
    assert found.media[0].uri == AUDIO
    assert found.playlists == (SD, HD, AUDIO)
    assert found.subtitles == (SUBTITLES,)


def test_media_playlists_are_named_once():
    text = "#EXTM3U\n" + "#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n" * 3
    assert parse(text, BASE).playlists == ("https://origin.example/live/ch1/a.m3u8",)


def test_rewriting_replaces_addresses_and_nothing_else():
    new = {AUDIO: "t/r0.m3u8", SD: "t/r1.m3u8", HD: "t/r2.m3u8"}
    text, dropped = rewrite(FULL, new.get, BASE)
    expected = FULL.replace('"a/en.m3u8"', '"t/r0.m3u8"').replace("v/sd.m3u8\n#", "t/r1.m3u8\n#")
    expected = expected.replace("/{$dir}/v.m3u8", "t/r2.m3u8")
    expected = expected.replace('"../key?k={$dir}"', '"https://origin.example/live/key?k=hd"')
    expected = expected.replace('"more.json"', '"https://origin.example/live/ch1/more.json"')
    expected = expected.replace(',SUBTITLES="sub"', "").replace('SUBTITLES="sub",', "")
    expected = expected.replace('#EXT-X-DEFINE:NAME="dir",VALUE="hd"\n', "\n")
    left_out = ("#EXT-X-CONTENT-STEERING", "#EXT-X-MEDIA:TYPE=SUBTITLES", "#EXT-X-I-FRAME-STREAM-INF")
    expected = "".join(line for line in expected.splitlines(keepends=True) if not line.startswith(left_out))
    assert text == expected
    assert [line.split(":")[0] for line in dropped] == [
        "#EXT-X-CONTENT-STEERING",
        "#EXT-X-MEDIA",
        "#EXT-X-I-FRAME-STREAM-INF",
    ]
    assert "origin.example/live/ch1/v" not in text


def test_subtitles_that_are_carried_keep_their_group():
    text, dropped = rewrite(FULL, lambda url: "t/r3.m3u8" if url == SUBTITLES else "x", BASE)
    assert 'TYPE=SUBTITLES,GROUP-ID="sub",NAME="English",URI="t/r3.m3u8"' in text
    assert text.count('SUBTITLES="sub"') == 2
    assert not any("SUBTITLES" in line for line in dropped)
    assert "SUBT" not in rewrite(FULL.replace(',URI="s/en.m3u8"', ""), lambda _: "x", BASE).text


def test_nothing_is_left_that_only_the_origins_address_could_resolve():
    text = '#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM="auth"\n#EXT-X-DEFINE:NAME="n",VALUE="{$auth}"\n'
    text += '#EXT-X-SESSION-DATA:DATA-ID="a.b",VALUE="{$x}"\n#EXT-X-STREAM-INF:NAME="at {$auth}"\nv.m3u8?{$auth}\n'
    found, _ = rewrite(text.replace("{$x}", "{$auth}"), lambda url: url.rpartition("/")[2], BASE)
    assert found == (
        '#EXTM3U\n\n\n#EXT-X-SESSION-DATA:DATA-ID="a.b",VALUE="s3cret"\n'
        '#EXT-X-STREAM-INF:NAME="at s3cret"\nv.m3u8?s3cret\n'
    )
    with pytest.raises(PlaylistError, match=r"^line 4: EXT-X-SESSION-DATA: expected a definition before it"):
        rewrite(text, str, BASE)


def test_session_keys_come_from_where_keys_do():
    text = '#EXTM3U\n#EXT-X-SESSION-KEY:METHOD=AES-128,URI="k"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n'
    found, _ = rewrite(text, lambda _: "x", BASE, lambda url: "cdn:" + url)
    assert '#EXT-X-SESSION-KEY:METHOD=AES-128,URI="cdn:https://origin.example/live/ch1/k"\n' in found


def test_a_dropped_variant_goes_with_its_uri():
    text, dropped = rewrite(FULL, {AUDIO: "a", SD: "b"}.get, BASE)
    assert [each.uri for each in parse(text).variants] == ["b"]
    assert "# between a variant and its URI" in text
    assert dropped[-3:-1] == ('#EXT-X-STREAM-INF:SUBTITLES="sub",BANDWIDTH=3000000.7,AUDIO="aud"', "/hd/v.m3u8")


def test_a_group_without_members_is_no_longer_referred_to():
    text = (
        '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="x",URI="a.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="g",NAME="AUDIO=,"\nv.m3u8\n'
        '#EXT-X-STREAM-INF:AUDIO="g"\nw.m3u8\n#EXT-X-STREAM-INF:AUDIO="never defined"\nx.m3u8\n'
    )
    found, _ = rewrite(text, lambda url: None if url.endswith("/a.m3u8") else url.rpartition("/")[2], BASE)
    assert found == (
        '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,NAME="AUDIO=,"\nv.m3u8\n#EXT-X-STREAM-INF:\nw.m3u8\n'
        '#EXT-X-STREAM-INF:AUDIO="never defined"\nx.m3u8\n'
    )
    kept, _ = rewrite(FULL, {SD: "b", HD: "c"}.get, BASE)
    assert 'AUDIO="aud"' in kept  # the rendition inside the video is still there


def test_line_endings_blanks_and_marks_stay():
    text = '\ufeff#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g", URI = "a" \r\n'
    text += '#EXT-X-STREAM-INF:AUDIO="g"\r\n  v \r\n\r\n'
    found, _ = rewrite(text, lambda url: "NEW" + url[-1], "http://h/")
    assert found == text.replace('"a"', '"NEWa"').replace("  v ", "  NEWv ")


def test_an_unquoted_uri_at_the_end_of_its_line_keeps_the_line():
    text = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=g,URI=a\r\n#EXT-X-STREAM-INF:AUDIO=g\nv"
    assert rewrite(text, lambda url: url[-1] * 2, "http://h/").text == text.replace("URI=a", 'URI="aa"')[:-1] + "vv"


def test_a_variable_from_the_address():
    text = '#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM="auth"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8?t={$auth}\n'
    assert parse(text, BASE).playlists == ("https://origin.example/live/ch1/v.m3u8?t=s3cret",)
    with pytest.raises(PlaylistError, match=r"^line 2: EXT-X-DEFINE: expected auth in the query"):
        parse(text)


REFUSED = {
    "empty": ("", "line 1: playlist: expected #EXTM3U, found ''"),
    "no header": ("#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", "line 1: playlist: expected #EXTM3U"),
    "not a playlist": ("<html>", "line 1: playlist: expected #EXTM3U, found '<html>'"),
    "a media playlist": ("#EXTM3U\n#EXTINF:4,\na.ts\n", "line 2: EXTINF: expected a multivariant playlist"),
    "no URI": ("#EXTM3U\n\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "line 3: EXT-X-STREAM-INF: expected a URI after it"),
    "a variant in place of the URI": (
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n",
        "line 2: EXT-X-STREAM-INF: expected a URI after it, found 'another'",
    ),
    "a URI alone": ("#EXTM3U\nv.m3u8\n", "line 2: URI: expected an EXT-X-STREAM-INF before it, found 'v.m3u8'"),
    "a rendition without group": ("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO\n", "line 2: EXT-X-MEDIA: expected a GROUP-ID"),
    "an unknown variable": (
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv{$x}\n",
        "line 3: URI: expected a definition before it, found '{$x}'",
    ),
    "IMPORT": ('#EXTM3U\n#EXT-X-DEFINE:IMPORT="x"\n', "line 2: EXT-X-DEFINE: expected NAME or QUERYPARAM"),
    "a name without value": ('#EXTM3U\n#EXT-X-DEFINE:NAME="x"\n', "line 2: EXT-X-DEFINE: expected a VALUE attribute"),
    "a name defined twice": (
        "#EXTM3U\n" + '#EXT-X-DEFINE:NAME="x",VALUE="1"\n' * 2,
        "line 3: EXT-X-DEFINE: expected one",
    ),
    "variables without end": (
        '#EXTM3U\n#EXT-X-DEFINE:NAME="x",VALUE="1"\n#EXT-X-STREAM-INF:A=' + "{$x}" * 65 + "\nv\n",
        "line 3: EXT-X-STREAM-INF: expected at most 64 variables",
    ),
    "too many variants": (
        "#EXTM3U\n" + "#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n" * (MAX_VARIANTS + 1),
        "line 1002: EXT-X-STREAM-INF: expected at most 500",
    ),
    "too many lines": ("#EXTM3U\n" * 20_001, "line 20001: playlist: expected at most 20000 lines"),
    "a URI without end": (
        "#EXTM3U\n#EXT-X-STREAM-INF:A=1\n" + "v" * 5000,
        "line 3: URI: expected at most 4096 characters",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    text, message = REFUSED[case]
    with pytest.raises(PlaylistError) as error:
        parse(text)
    assert str(error.value).startswith(message)


def test_an_address_that_is_none_is_refused():
    with pytest.raises(PlaylistError, match=r"^line 3: URI: expected an address"):
        rewrite("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://[::1/v\n", str, BASE)


def test_a_playlist_without_bandwidth_is_read():
    assert [each.bandwidth for each in parse("#EXTM3U\n#EXT-X-STREAM-INF:\nv\n").variants] == [0]


def test_version_alone():
    assert version("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:\nv\n") == 7
    assert version("#EXTM3U\n#EXT-X-VERSION:x\n") is None
    assert version("#EXTM3U\n") is None


# Files that cannot be read, or not without more than their text.
UNREADABLE = {
    "master-with-defines.m3u8": "a query parameter of an address that is not known",
    "master-with-defines-invalid.m3u8": "IMPORT",
    "master-with-req-video-layout.m3u8": "a query parameter of an address that is not known",
    "variant_playlist_with_iframe_stable_variant_id.m3u8": "no #EXTM3U",
    "variant_playlist_with_stable_rendition_id.m3u8": "no #EXTM3U",
    "variant_playlist_with_stable_variant_id.m3u8": "no #EXTM3U",
}


def real(data):
    for path in sorted((data / "hls").rglob("*.m3u8")):
        text = path.read_bytes().decode()
        if is_multivariant(text):
            yield path, text


def test_every_real_playlist_is_read_and_rewritten(data):
    count = 0
    for path, text in real(data):
        if path.name in UNREADABLE:
            with pytest.raises(PlaylistError):
                parse(text)
            continue
        count += 1
        offered = parse(text, BASE)
        assert len(offered.variants) == text.count("#EXT-X-STREAM-INF"), path
        asked: list[str] = []

        def replace(url, asked=asked, offered=offered):
            if url in offered.subtitles:
                return None
            asked.append(url)
            return f"r{len(asked)}.m3u8"

        new = rewrite(text, replace, BASE)
        again = parse(new.text)
        assert list(dict.fromkeys(sorted(asked))) == sorted(offered.playlists), path
        assert [each.uri for each in again.variants] == [f"r{k + 1}.m3u8" for k in range(len(asked))][
            -len(again.variants) :
        ]
        assert again.iframes == ()
        assert all(each.subtitles is None or ("TYPE=SUBTITLES" not in text) for each in again.variants), path
        # What is neither replaced nor dropped stands as it was.
        kept = [line for line in text.split("\n") if line.startswith("#") and "URI" not in line and "SUBT" not in line]
        assert [line for line in new.text.split("\n") if line in kept] == [
            line
            for line in kept
            if not line.startswith(("#EXT-X-I-FRAME", "#EXT-X-IMAGE", "#EXT-X-CONTENT-ST", "#EXT-X-DEFINE"))
        ], path
    assert count == 63


@settings(max_examples=200, deadline=None)
@given(draws=st.data())
def test_mutations_give_a_playlist_or_one_error(data, draws):
    _, text = draws.draw(st.sampled_from(list(real(data))))
    for _ in range(draws.draw(st.integers(1, 4))):
        at, length = draws.draw(st.integers(0, len(text))), draws.draw(st.integers(0, 30))
        text = text[:at] + draws.draw(st.text(max_size=5)) + text[at + length :]
    try:
        found = rewrite(text, lambda url: "x" if len(url) % 3 else None, BASE)
    except PlaylistError:
        return
    assert {each.uri for each in parse(found.text, None).variants} <= {"x"}


@given(st.text())
def test_any_text_gives_a_playlist_or_one_error(text):
    for each in (text, "#EXTM3U\n" + text):
        try:
            parse(each, BASE)
        except PlaylistError:
            continue
