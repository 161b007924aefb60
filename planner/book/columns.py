"""Columns of a spreadsheet of campaigns: what they are called, which field they fill, how their cells are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from planner.book import cells
from planner.book.cells import Habits

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """``names`` in small letters, the one that errors use first; ``field`` of a campaign, or of a creative."""

    names: tuple[str, ...]
    field: Place
    read: Callable[[str, Habits], Any]
    of_creative: bool = False


COLUMNS: Final = (
    Column(("campaign", "campaign id", "campaign name", "id", "line item", "order"), ("id",), cells.text),
    Column(("advertiser", "brand", "client"), ("advertiser",), cells.text),
    Column(("price kind", "pricing", "price type", "rate type"), ("price", "kind"), cells.price_kind),
    Column(("cpm", "price", "rate", "bid", "amount", "net cpm"), ("price", "amount"), cells.amount),
    Column(("price floor", "floor"), ("price", "floor"), cells.amount),
    Column(("budget", "total budget"), ("budget",), cells.amount),
    Column(
        ("goal", "impressions goal", "impression goal", "impressions", "booked impressions"), ("goal",), cells.whole
    ),
    Column(("guarantee", "guaranteed impressions", "guaranteed"), ("guarantee", "impressions"), cells.whole),
    Column(("penalty", "penalty cpm"), ("guarantee", "penalty"), cells.amount),
    Column(("tier", "priority"), ("tier",), cells.whole),
    Column(("flight start", "start", "start date", "start time"), ("flight", "start"), cells.begin),
    Column(("flight end", "end", "end date", "end time"), ("flight", "end"), cells.end),
    Column(("traits", "trait", "audience"), ("targeting", "traits"), cells.plain_names),
    Column(("every trait", "all traits"), ("targeting", "every_trait"), cells.plain_names),
    Column(("not traits", "excluded traits"), ("targeting", "not_traits"), cells.plain_names),
    Column(("regions", "region", "geo"), ("targeting", "regions"), cells.plain_names),
    Column(("devices", "device"), ("targeting", "devices"), cells.plain_names),
    Column(("break kinds", "break kind"), ("targeting", "break_kinds"), cells.plain_names),
    Column(("cap", "caps", "frequency cap", "frequency", "frequency caps"), ("caps",), cells.caps),
    Column(("separation", "competitive separation"), ("separation",), cells.names),
    Column(("avoid",), ("avoid",), cells.plain_names),
    Column(("position", "pod position"), ("position",), cells.code),
    Column(("position guaranteed", "guaranteed position"), ("position_guaranteed",), cells.flag),
    Column(("exclusivity",), ("exclusivity",), cells.code),
    Column(("exclusive category",), ("exclusive_category",), cells.text),
    Column(("roadblock",), ("roadblock",), cells.flag),
    Column(("minimum share", "min share"), ("share_of_voice", "minimum"), cells.part),
    Column(("maximum share", "max share"), ("share_of_voice", "maximum"), cells.part),
    Column(("share penalty",), ("share_of_voice", "penalty"), cells.amount),
    Column(("deal", "deal id"), ("deal",), cells.text),
    Column(("scores", "score"), ("scores",), cells.scores),
    Column(("creative", "creative id", "creative name", "ad", "spot"), ("id",), cells.text, of_creative=True),
    Column(("duration", "length", "seconds", "spot length"), ("duration",), cells.seconds, of_creative=True),
    Column(("creative advertiser",), ("advertiser",), cells.text, of_creative=True),
    Column(("category", "categories", "product category"), ("categories",), cells.names, of_creative=True),
    Column(("domains", "domain", "advertiser domain"), ("domains",), cells.plain_names, of_creative=True),
    Column(("universal ad id", "ad id", "isci"), ("universal_ad_id",), cells.text, of_creative=True),
    Column(("tags", "tag"), ("tags",), cells.plain_names, of_creative=True),
    Column(("codecs", "codec"), ("codecs",), cells.plain_names, of_creative=True),
    Column(("completion", "completion rate", "vtr"), ("completion",), cells.part, of_creative=True),
)
CAMPAIGN, CREATIVE, DURATION = (
    next(column for column in COLUMNS if name in column.names) for name in ("campaign", "creative", "duration")
)

IGNORED: Final = frozenset({"", "note", "notes", "comment", "comments", "remark", "remarks"})
"""Columns that are not read, as is every one whose name begins with ``#``."""

NAMED: Final = {name: column for column in COLUMNS for name in column.names}

_BRACKETS: Final = re.compile(r"\(([^()]*)\)")


def folded(title: str) -> str:
    """How titles are compared: small letters; what stands in brackets, signs and double blanks do not count."""
    return " ".join(re.sub(r"[\s_.:*$€£¥-]+", " ", _BRACKETS.sub(" ", title)).casefold().split())


def bracketed(title: str) -> list[str]:
    """What stands in a title's brackets: perhaps a currency."""
    return [each.strip() for each in _BRACKETS.findall(title)]
