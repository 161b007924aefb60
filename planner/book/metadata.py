"""Who advertises in a creative and in which categories: what it states, or what stands in for that.

Nobody can say that an ad without categories is no beer ad. The book's policy decides what then holds: "strict" takes it
to be in doubt, and what is in doubt conflicts with everything it may conflict with; "lenient" takes it to be nothing;
"inferred" takes over what other creatives of the same host state, and is strict where there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from planner.book.model import Before, Book, Creative, MetadataPolicy
from planner.book.taxonomy import Tree


@dataclass(frozen=True, slots=True)
class Identity:
    """An ad's advertiser and categories, ancestors included; None is unknown.

    ``doubtful``: what is None conflicts with all rather than with nothing. Where all is known it is False.
    """

    advertiser: str | None
    categories: frozenset[str] | None
    doubtful: bool = False


@dataclass(slots=True)
class _Stated:
    """What creatives of one host state."""

    advertisers: set[str]
    categories: set[str]


def identities(book: Book, tree: Tree) -> dict[str, Identity]:
    """Identity of each creative, by id; every category of the book resolves, see ``planner.book.read``."""
    advertisers = {campaign.id: campaign.advertiser for campaign in book.campaigns}
    stated = {
        creative.id: Identity(
            creative.advertiser or advertisers[creative.campaign] or None, _nodes(tree, creative.categories)
        )
        for creative in book.creatives
    }
    hosts: dict[str, _Stated] = {}
    if book.metadata is MetadataPolicy.INFERRED:
        hosts = _by_host(book.creatives, stated)
    return {
        creative.id: _completed(stated[creative.id], book.metadata, _of_hosts(hosts, creative))
        for creative in book.creatives
    }


def identity_of(before: Before, book: Book, tree: Tree, known: Mapping[str, Identity]) -> Identity:
    """Identity of what stands ahead in a break: what is stated of it, for the rest its creative's, then the policy's.

    ``known`` are the book's ``identities``.
    """
    creative = known[before.creative] if before.creative is not None else None
    found = Identity(
        before.advertiser or (creative.advertiser if creative else None),
        _nodes(tree, before.categories) or (creative.categories if creative else None),
    )
    return _completed(found, book.metadata, _Stated(set(), set()))


def host(domain: str) -> str:
    """How domains are compared: lower case, without "www." and without a final dot."""
    return domain.strip().lower().rstrip(".").removeprefix("www.")


def _nodes(tree: Tree, categories: Iterable[str]) -> frozenset[str] | None:
    """With ancestors; None where nothing is stated."""
    nodes = []
    for category in categories:
        node = tree.resolve(category)
        assert node is not None, category
        nodes.append(node)
    return tree.closure(nodes) if nodes else None


def _by_host(creatives: Iterable[Creative], stated: Mapping[str, Identity]) -> dict[str, _Stated]:
    found: dict[str, _Stated] = {}
    for creative in creatives:
        identity = stated[creative.id]
        for each in map(host, creative.domains):
            entry = found.setdefault(each, _Stated(set(), set()))
            if identity.advertiser is not None:
                entry.advertisers.add(identity.advertiser)
            if identity.categories is not None:
                entry.categories |= identity.categories
    return found


def _of_hosts(hosts: Mapping[str, _Stated], creative: Creative) -> _Stated:
    """What is stated for any of the creative's hosts."""
    found = _Stated(set(), set())
    for each in map(host, creative.domains):
        if each in hosts:
            found.advertisers |= hosts[each].advertisers
            found.categories |= hosts[each].categories
    return found


def _completed(stated: Identity, policy: MetadataPolicy, others: _Stated) -> Identity:
    """Fill in from ``others``: all their categories, so that no conflict is lost; an advertiser if they name one."""
    advertiser, categories = stated.advertiser, stated.categories
    if advertiser is None and len(others.advertisers) == 1:
        (advertiser,) = others.advertisers
    if categories is None and others.categories:
        categories = frozenset(others.categories)
    unknown = advertiser is None or categories is None
    return Identity(advertiser, categories, unknown and policy is not MetadataPolicy.LENIENT)
