import json
import shutil

import av
import pytest

from domain.errors import InputError
from halftime.demo.media import recipe, render
from ssai.creatives.catalogue import Catalogue, ineligible


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    seen = []
    render(folder, seen.append, small=True)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    return folder


def test_what_it_makes(rendered):
    content, ads = Catalogue.load(rendered / "content"), Catalogue.load(rendered / "ads")
    assert content.ladder == ads.ladder == recipe(small=True).ladder
    assert [(entry.kind, entry.durations) for entry in content.entries] == [("content", (4_000_000,) * 6)]
    assert sorted({sum(entry.durations) for entry in ads.ads}) == [4_000_000, 8_000_000]
    assert len({entry.advertiser for entry in ads.ads}) == 8
    assert ads.slate.run.durations == (1_920_000,) * 4
    assert [piece.duration for piece in ads.slate.small] == [960_000, 480_000, 240_000]
    assert all(ineligible(entry, ads.ladder.names, 4_000_000) is None for entry in (*ads.entries, *content.entries))


def first_frame(folder, entry, rung):
    with av.open(str(folder / entry.renditions[rung].files[0])) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_every_ad_has_a_colour_of_its_own_and_words_on_it(rendered):
    ads = Catalogue.load(rendered / "ads")
    grounds = []
    for entry in ads.ads:
        picture = first_frame(rendered / "ads", entry, "144p")
        grounds.append(picture[5, 5].astype(int))
        assert (picture.min(axis=2) > 200).mean() > 0.02, "white words"
    apart = [abs(one - other).max() for n, one in enumerate(grounds) for other in grounds[:n]]
    assert min(apart) > 25


def test_it_is_rendered_once(rendered):
    before = {path: path.stat().st_mtime_ns for path in rendered.rglob("*.ts")}
    render(rendered, small=True)
    assert {path: path.stat().st_mtime_ns for path in rendered.rglob("*.ts")} == before


def test_what_broke_off_is_rendered_again(rendered, tmp_path):
    shutil.copytree(rendered, tmp_path / "demo")
    (tmp_path / "demo/demo-media.json").write_text(json.dumps({"recipe": "unfinished"}))
    shutil.rmtree(tmp_path / "demo/content")
    (tmp_path / "demo/ads/catalogue.json").unlink()
    render(tmp_path / "demo", small=True, audio="muxed")
    ads = Catalogue.load(tmp_path / "demo/ads")
    assert ads.ladder.names == ("144p", "90p")
    with av.open(str(tmp_path / "demo/ads" / ads.ads[0].renditions["90p"].files[0])) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


def test_a_folder_of_someone_else_is_left_alone(tmp_path):
    (tmp_path / "ads").mkdir()
    (tmp_path / "ads/mine.mp4").write_bytes(b"x")
    with pytest.raises(InputError, match="an empty folder"):
        render(tmp_path, small=True)
    assert (tmp_path / "ads/mine.mp4").exists()
    assert not (tmp_path / "content").exists()


def test_the_full_recipe_covers_long_and_short_breaks():
    full = recipe()
    assert [rung.name for rung in full.ladder.video] == ["360p", "270p", "180p"]
    assert sorted(brand.seconds for brand in full.brands) == [15] * 5 + [30] * 3
    assert full.content == 120
    assert len({full.digest, recipe("muxed").digest, recipe(small=True).digest}) == 3
