import copy
import json
import threading
from dataclasses import replace

import pytest

from domain.pod import Creative
from ssai.creatives.catalogue import Catalogue, Entry, Ineligible, Rendition, ineligible
from ssai.creatives.errors import CreativeError


def entry(id_, kind="ad", durations=(2_000_000, 1_800_000), sound=(2_005_333, 1_792_000)):
    return Entry(
        id_,
        id_.title(),
        "acme",
        kind,
        durations,
        {
            name: Rendition(tuple(f"{id_}/{name}/{n}.ts" for n in range(len(lengths))), lengths)
            for name, lengths in (("hi", durations), ("lo", durations), ("snd", sound))
        },
    )


def put(folder, *entries):
    for one in entries:
        for rendition in one.renditions.values():
            for name in rendition.files:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"G")


@pytest.fixture
def folder(tmp_path, make_ladder):
    put(tmp_path, entry("one"))
    Catalogue(tmp_path, make_ladder(), (entry("one"),)).save()
    return tmp_path


def test_round_trip(folder):
    catalogue = Catalogue.load(folder)
    assert catalogue.entries == (entry("one"),)
    assert catalogue.find("one").creative == Creative("one", (2_000_000, 1_800_000))
    assert catalogue.find("two") is None
    assert catalogue.slate is None
    before = (folder / "catalogue.json").read_bytes()
    catalogue.save()
    assert (folder / "catalogue.json").read_bytes() == before


def test_sizes_are_those_on_disk(folder):
    (folder / "one/lo/1.ts").write_bytes(b"G" * 188)
    catalogue = Catalogue.load(folder)
    assert catalogue.find("one").renditions["lo"].sizes == (1, 188)
    put(folder, entry("two"))
    assert [one.renditions["snd"].sizes for one in catalogue.add(entry("two")).entries] == [(1, 1), (1, 1)]
    assert "sizes" not in (folder / "catalogue.json").read_text()


@pytest.fixture
def mapped(tmp_path, make_ladder):
    """A catalogue whose rung ``hi`` is fMP4."""
    ladder = make_ladder()
    ladder = ladder.model_copy(
        update={"video": (ladder.video[0].model_copy(update={"container": "fmp4"}), ladder.video[1])}
    )
    one = entry("one")
    put(tmp_path, one)
    (tmp_path / "one/hi/init.mp4").write_bytes(b"M")
    one.renditions["hi"] = replace(one.renditions["hi"], map="one/hi/init.mp4")
    Catalogue(tmp_path, ladder, (one,)).save()
    return tmp_path


def test_an_initialisation_section_round_trip(mapped):
    renditions = Catalogue.load(mapped).find("one").renditions
    assert [renditions[name].map for name in ("hi", "lo", "snd")] == ["one/hi/init.mp4", None, None]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("hi", None, "an initialisation section for fmp4"),
        ("hi", "../init.mp4", "String should match pattern"),
        ("hi", "one/hi/none.mp4", "a file"),
        ("hi", "one/hi", "a file"),
        ("lo", "one/hi/init.mp4", "no initialisation section for ts"),
        ("snd", "one/hi/init.mp4", "no initialisation section for ts"),
    ],
)
def test_initialisation_sections_are_checked(mapped, name, value, expected):
    file = mapped / "catalogue.json"
    document = json.loads(file.read_text())
    document["creatives"][0]["renditions"][name]["map"] = value
    file.write_text(json.dumps(document))
    with pytest.raises(CreativeError) as raised:
        Catalogue.load(mapped)
    assert raised.value.where == f"{file}: creatives[0].renditions.{name}.map"
    assert expected in raised.value.expected


def test_sound_is_held_against_its_own_frame(folder, make_ladder):
    def with_sound(codecs):
        main = make_ladder().sound.model_dump()
        ladder = make_ladder(sound=main | {"name": "main"}, alternates=[main | {"codecs": codecs}])
        return Catalogue(folder, ladder, (entry("one", sound=(1_968_000, 1_820_000)),))

    with_sound("ac-3").save()
    with pytest.raises(CreativeError, match=r"renditions\.snd\.durations\[0\]: expected an end within 22\.3 ms"):
        with_sound("mp4a.40.2").save()


def test_slate_and_ads(folder):
    quarter, half = (entry(f"p{n}", "slate-piece", (n,), (n,)) for n in (240_000, 480_000))
    run = entry("run", "slate")
    put(folder, quarter, half, run)
    catalogue = Catalogue.load(folder).add(quarter, run, half)
    assert catalogue == Catalogue.load(folder)
    assert catalogue.slate.run == run.creative
    assert catalogue.slate.small == (half.creative, quarter.creative)
    assert [one.id for one in catalogue.ads] == ["one"]
    put(folder, entry("run2", "slate"))
    with pytest.raises(CreativeError, match=r"creatives\[4\]\.kind: expected one slate at most"):
        catalogue.add(entry("run2", "slate"))


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("version",), 2, "version"),
        (("extra",), 2, "extra"),
        (("ladder", "frame_rate"), "25fps", "ladder.frame_rate"),
        (("creatives", 0, "id"), "a/b", "creatives[0].id"),
        (("creatives", 0, "id"), "..", "creatives[0].id"),
        (("creatives", 0, "kind"), "advert", "creatives[0].kind"),
        (("creatives", 0, "durations"), [], "creatives[0].durations"),
        (("creatives", 0, "durations", 1), 0, "creatives[0].durations[1]"),
        (("creatives", 0, "durations", 1), 1.5, "creatives[0].durations[1]"),
        (("creatives", 0, "durations", 1), True, "creatives[0].durations[1]"),
        (("creatives", 0, "durations", 1), 10**12, "creatives[0].durations[1]"),
        (("creatives", 0, "renditions"), {}, "creatives[0].renditions"),
        (("creatives", 0, "renditions", "hi", "files", 0), "../x.ts", "creatives[0].renditions.hi.files[0]"),
        (("creatives", 0, "renditions", "hi", "files", 0), "one/../../x.ts", "creatives[0].renditions.hi.files[0]"),
        (("creatives", 0, "renditions", "hi", "files", 0), "/etc/passwd", "creatives[0].renditions.hi.files[0]"),
        (("creatives", 0, "renditions", "hi", "files", 0), "one//x.ts", "creatives[0].renditions.hi.files[0]"),
        (("creatives", 0, "renditions", "hi", "files", 0), "one/x.ts\n", "creatives[0].renditions.hi.files[0]"),
        (("creatives", 0, "renditions", "hi", "files", 0), "one/x.ts?a=b", "creatives[0].renditions.hi.files[0]"),
        (("creatives", 0, "renditions", "hi", "files", 0), "one/é.ts", "creatives[0].renditions.hi.files[0]"),
        (("creatives", 0, "renditions", "hi", "files", 0), "one/none.ts", "creatives[0].renditions.hi.files[0]"),
        (("creatives", 0, "renditions", "hi", "files", 0), "one/hi", "creatives[0].renditions.hi.files[0]"),
        (("creatives", 0, "renditions", "hi", "files"), ["one/hi/0.ts"], "creatives[0].renditions.hi.files"),
        (("creatives", 0, "renditions", "snd", "durations", 0), 1_977_000, "creatives[0].renditions.snd.durations[0]"),
        (("creatives", 0, "renditions", "snd", "durations", 1), 1_818_000, "creatives[0].renditions.snd.durations[1]"),
    ],
)
def test_refusals_name_file_and_field(folder, path, value, field):
    file = folder / "catalogue.json"
    document = json.loads(file.read_text())
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    file.write_text(json.dumps(document))
    with pytest.raises(CreativeError) as raised:
        Catalogue.load(folder)
    assert raised.value.where == f"{file}: {field}"


def test_counts_and_names_must_agree(folder):
    file = folder / "catalogue.json"
    good = json.loads(file.read_text())
    shorter = copy.deepcopy(good)
    shorter["creatives"][0]["renditions"]["lo"] = {"files": ["one/lo/0.ts"], "durations": [2_000_000]}
    file.write_text(json.dumps(shorter))
    with pytest.raises(CreativeError, match=r"renditions\.lo\.durations: expected 2 durations"):
        Catalogue.load(folder)
    stranger = copy.deepcopy(good)
    stranger["creatives"][0]["renditions"]["mid"] = stranger["creatives"][0]["renditions"].pop("lo")
    file.write_text(json.dumps(stranger))
    with pytest.raises(CreativeError, match=r"renditions\.mid: expected one of hi, lo, snd"):
        Catalogue.load(folder)
    file.write_text(json.dumps(good | {"creatives": good["creatives"] * 2}))
    with pytest.raises(CreativeError, match=r"creatives\[1\]\.id: expected an id of its own"):
        Catalogue.load(folder)


def test_a_link_out_of_the_folder(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.ts"
    secret.write_bytes(b"G")
    (folder / "one/hi/0.ts").unlink()
    (folder / "one/hi/0.ts").symlink_to(secret)
    with pytest.raises(CreativeError, match="expected a file inside the catalogue's folder"):
        Catalogue.load(folder)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"version":1,"version":'])
def test_what_is_not_a_catalogue(folder, body):
    (folder / "catalogue.json").write_bytes(body)
    with pytest.raises(CreativeError, match=r"catalogue\.json"):
        Catalogue.load(folder)


def test_too_large_is_not_even_parsed(folder):
    with (folder / "catalogue.json").open("wb") as file:
        file.truncate(33 * 1024 * 1024)
    with pytest.raises(CreativeError, match="expected at most 33554432 bytes, found more"):
        Catalogue.load(folder)


def test_a_refused_entry_leaves_the_catalogue_as_it_was(folder):
    before = (folder / "catalogue.json").read_bytes()
    catalogue = Catalogue.load(folder)
    with pytest.raises(CreativeError, match="an id of its own"):
        catalogue.add(entry("one"))
    with pytest.raises(CreativeError, match=r"files\[0\]: expected a file"):
        catalogue.add(entry("two"))
    assert (folder / "catalogue.json").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "catalogue.json", "one"]


def test_writers_at_the_same_time_lose_nothing(folder):
    names = [f"n{number}" for number in range(12)]
    put(folder, *(entry(name) for name in names))
    stale = Catalogue.load(folder)
    threads = [threading.Thread(target=stale.add, args=(entry(name),)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.id for one in Catalogue.load(folder).entries) == sorted(["one", *names])


def test_eligibility():
    assert ineligible(entry("one"), ["hi", "snd"], 2_000_000) is None
    assert ineligible(entry("one"), ["hi", "subs"], 2_000_000) == Ineligible.RENDITION_MISSING
    # 4.4.3.1 rounds half up: 2.5 s needs a target duration of 3, which Python's round would not see.
    assert ineligible(entry("one", durations=(2_500_000,)), ["hi"], 2_000_000) == Ineligible.SEGMENT_TOO_LONG
    assert ineligible(entry("one", durations=(2_499_999,)), ["hi"], 2_000_000) is None
    assert ineligible(entry("one", sound=(2_500_000, 1)), ["hi"], 2_000_000) is None
