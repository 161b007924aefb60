"""An event's plan as one HTML file: no request leaves it, no script is needed to read it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from halftime.event_page.campaigns import campaigns
from halftime.event_page.chart import patterns
from halftime.event_page.delivery import delivery
from halftime.event_page.difference import difference
from halftime.event_page.earnings import earnings
from halftime.event_page.headline import headline, masthead
from halftime.event_page.markup import Html, joined, raw, tag
from halftime.event_page.prices import prices
from halftime.event_page.rivals import rivals
from halftime.event_page.running import evening
from halftime.event_page.shortfalls import caps, shortfalls
from halftime.event_page.view import Spot, View
from planner.eventfile import EventFile

_NOBODY: Final[Mapping[str, Spot]] = MappingProxyType({})
_SECTIONS: Final = (
    ("figures", "At a glance", headline),
    ("difference", "Change", difference),
    ("evening", "Evening", evening),
    ("delivery", "Delivery", delivery),
    ("earnings", "Value", earnings),
    ("prices", "Prices", prices),
    ("rivals", "Policies", rivals),
    ("shortfalls", "Shortfalls", shortfalls),
    ("caps", "Caps", caps),
    ("campaigns", "Campaigns", campaigns),
)


def page(plan: EventFile, *, compared: EventFile | None = None, spots: Mapping[str, Spot] = _NOBODY) -> str:
    """The page of ``plan``; ``compared`` is the plan before a what-if, whose differences are shown.

    ``spots`` by creative id has what a plan does not say: with it, pods are drawn in seconds. The same arguments give
    the same text.
    """
    view = View(plan, compared, spots)
    made = [(id_, short, build(view)) for id_, short, build in _SECTIONS]
    shown = [(id_, short, part) for id_, short, part in made if part]
    links = [tag("li", tag("a", short, href=f"#{id_}")) for id_, short, _ in shown]
    body = tag(
        "body",
        patterns(),
        tag("a", "Skip to the figures", href="#figures", class_="skip"),
        masthead(view),
        tag("nav", tag("ul", *links), aria_label="Parts of the page"),
        tag("main", *(part for _, _, part in shown)),
        tag("footer", tag("p", f"Halftime, seed {plan.seed}.")),
        tag("script", raw(_own("page.js"))),
    )
    return f"<!DOCTYPE html>\n{tag('html', _head(plan), body, lang='en')}\n"


def _head(plan: EventFile) -> Html:
    style, script = _own("page.css"), _own("page.js")
    # Nothing is fetched, sent or run but the two texts that stand here; the icon keeps browsers from asking for one.
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", joined((plan.event, ": plan of the event"))),
        tag("link", rel="icon", href="data:,"),
        tag("style", raw(style)),
    )


def _own(file: str) -> str:
    return files(__package__).joinpath(file).read_text(encoding="utf-8")


def _digest(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"
