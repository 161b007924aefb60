"""Every folder of ``fixtures/cases``: snapshots of a channel, and what its breaks must be after them.

What a folder holds is told in ``fixtures/cases/README.md``.
"""

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from difflib import unified_diff
from pathlib import Path

import pytest

from domain.units import SECOND, Microseconds, decimal
from ssai.breaks.book import BreakRules
from ssai.channel.advance import Reload, advance, first_version, target_duration
from ssai.cues.signal import Dialect
from ssai.hls.media import MediaReader
from ssai.scte35.errors import SpliceError
from ssai.scte35.text import decode_text

FOLDERS = sorted(path.parent for path in (Path(__file__).parents[3] / "fixtures" / "cases").glob("*/case.toml"))
MESSAGE = re.compile(r"0x[Ff][Cc][0-9A-Fa-f]+|/DA[0-9A-Za-z+/]+=*")
INSTANTS = ("key", "signalled", "planned", "start", "end")
NUMBERS = ("first", "returns")
FIELDS = (*INSTANTS, "dialect", "id", "state", "reason", *NUMBERS)


@dataclass(frozen=True)
class Case:
    about: str
    source: str
    renditions: list[str]
    grace: int
    longest: int
    after: list[dict[str, object]]
    undecodable: int = 0


def read(folder):
    case = Case(**tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"), parse_float=Decimal))
    assert {path.name for path in folder.iterdir() if path.is_dir()} == set(case.renditions)
    return case


def micros(value):
    return Microseconds(int(value * SECOND))


def snapshots(folder):
    """For each snapshot, the paths of the renditions that answered."""
    found = {}
    for path in sorted(folder.glob("*/*.m3u8"), key=lambda path: path.stem):
        found.setdefault(int(path.stem), {})[path.parent.name] = path
    assert list(found) == list(range(len(found)))
    return list(found.values())


def versions(folder, case):
    """The channel version after each snapshot."""
    readers = {name: MediaReader() for name in case.renditions}
    version = None
    for paths in snapshots(folder):
        reloads = {
            name: Reload(f"http://origin/{name}/index.m3u8", readers[name].read(paths[name].read_text("utf-8")))
            for name in case.renditions
            if name in paths
        }
        if version is None:
            rules = BreakRules(target_duration(reloads), micros(case.grace), micros(case.longest))
            version = first_version("", "", reloads, rules)
        else:
            version = advance(version, reloads, rules)
        yield version


def found_in(version, origin):
    """The breaks of a version in the words of ``case.toml``; instants in microseconds, as offsets from ``origin``."""
    return [
        {
            "key": int(record.key) - origin,
            "signalled": record.signalled - origin,
            "planned": record.duration,
            "start": None if record.start is None else record.start - origin,
            "end": None if record.end is None else record.end - origin,
            "dialect": record.dialect.value,
            "id": record.id,
            "state": record.state(version.least_edge).value,
            "reason": None if record.reason is None else record.reason.value,
            "first": {name: cut.index for name, cut in record.marks[0].cuts.items()} if record.marks else None,
            "returns": {name: cut.index for name, cut in record.returns.items()} or None,
        }
        for record in version.breaks
    ]


def wanted_in(stated):
    """A break that a case states, in the same form."""
    assert set(stated) <= set(FIELDS)
    stated = {"key": stated["signalled"], **stated}
    return {name: micros(value) if name in INSTANTS else value for name, value in stated.items()}


def told(number, breaks):
    """One line for each thing that is there."""
    yield f"after snapshot {number}: {len(breaks)} breaks"
    for place, each in enumerate(breaks, 1):
        for name in FIELDS:
            value = each.get(name)
            if value is not None:
                yield f"  break {place}: {name} {shown(name, value)}"


def shown(name, value):
    if name in INSTANTS:
        return decimal(value)
    return dict(sorted(value.items())) if name in NUMBERS else value


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case(folder):
    case = read(folder)
    passed = list(versions(folder, case))
    assert case.after[-1]["snapshot"] == len(passed) - 1, "nothing is expected of the last snapshot"
    origin = passed[0].windows[case.renditions[0]].starts[0]
    wanted, found = list[str](), list[str]()
    for each in case.after:
        number = each["snapshot"]
        wanted += told(number, [wanted_in(stated) for stated in each["breaks"]])
        found += told(number, found_in(passed[number], origin))
    if found != wanted:
        difference = "\n".join(unified_diff(wanted, found, "expected", "found", lineterm=""))
        pytest.fail(f"{folder.name}: {case.about}\n{difference}", pytrace=False)


def test_messages_are_what_they_seem():
    """Every SCTE-35 message decodes, but for those whose case says that they do not."""
    for folder in FOLDERS:
        messages = {message for path in folder.glob("*/*.m3u8") for message in MESSAGE.findall(path.read_text("utf-8"))}
        broken = 0
        for message in messages:
            try:
                decode_text(message)
            except SpliceError:
                broken += 1
        assert broken == read(folder).undecodable, folder.name


def test_every_dialect_has_a_case():
    stated = [each for folder in FOLDERS for after in read(folder).after for each in after["breaks"]]
    assert {each["dialect"] for each in stated} == {dialect.value for dialect in Dialect}
