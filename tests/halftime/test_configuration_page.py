import re
import tomllib

from halftime.settings import ChannelSettings, ServerSettings, Settings, StoreSettings


def test_the_page_has_every_field_and_its_examples_are_valid(root):
    page = (root / "docs" / "configuration.md").read_text()
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    told = [set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)) for section in sections]
    assert told == [set(model.model_fields) for model in (ServerSettings, StoreSettings, ChannelSettings)]
    examples = re.findall(r"^```toml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        assert "final" in Settings.of(tomllib.loads(example), "an example").channels
