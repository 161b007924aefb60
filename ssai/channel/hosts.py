"""Hosts as they are compared, and which addresses belong to the public internet."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from yarl import URL

from domain.errors import InputError

_UNICAST: Final = IPv6Network("2000::/3")
"""All global addresses that were ever given out (RFC 4291, 2.4)."""
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""An IPv4 address behind a translator (RFC 6052, 2.1)."""


def authority(url: URL) -> str:
    """Host and port of an address as they are compared: in lower case, without the scheme's own port; "" for none."""
    return url.host_port_subcomponent or ""


def authorities(field: str, hosts: Iterable[str]) -> frozenset[str]:
    """Hosts as a person lists them, with their ports where these are given, as ``authority`` has them.

    A listed port is the same host where it is the scheme's own. ``InputError`` names ``field``.
    """
    listed: set[str] = set()
    for host in hosts:
        try:
            read = {URL(f"{scheme}://{host}") for scheme in ("http", "https")}
        except ValueError as error:
            raise InputError(field, "a host, with its port where it is given", repr(host)) from error
        if not all(authority(url) and url == url.origin() for url in read):
            raise InputError(field, "a host, with its port where it is given", repr(host))
        listed |= {authority(url) for url in read}
    return frozenset(listed)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet. ``ValueError`` where it is none.

    An IPv6 address that leads to an IPv4 one (mapped, translated, 6to4) is judged by that.
    """
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _TRANSLATED:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is None:
            return found in _UNICAST and found.is_global
        found = inner
    return found.is_global and not found.is_multicast
