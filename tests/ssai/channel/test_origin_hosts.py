"""Which hosts an origin can make the edge ask: what it names, what it redirects to, and what its names resolve to."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from domain.errors import InputError
from ssai.channel.hosts import authorities, authority, is_public
from ssai.channel.origin import Fetched, HttpOrigin, OriginError, public_socket

TEXT = "#EXTM3U\n#EXTINF:1,\na.ts\n"


class Names(AbstractResolver):
    """Resolves what the test says, each time to the next of its addresses, and writes down what it was asked."""

    def __init__(self, **names: list[str]) -> None:
        self._names: dict[str, Iterator[str]] = {name: iter(addresses) for name, addresses in names.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        address = next(self._names[host.partition(".")[0]])
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=6, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


class Target:
    """A server on a loopback address that must not be asked, or may be; counts who asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.cookies: list[str | None] = []
        self.redirects: dict[str, str] = {}
        self.port = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked += 1
        self.cookies.append(request.headers.get("Cookie"))
        if request.path in self.redirects:
            return web.Response(status=302, headers={"Location": self.redirects[request.path]})
        return web.Response(text=TEXT, headers={"Set-Cookie": "who=me; Path=/"})


@asynccontextmanager
async def served() -> AsyncIterator[Target]:
    target = Target()
    server = web.Server(target.answer)
    listener = await server._loop.create_server(server, "127.0.0.1", 0)
    target.port = listener.sockets[0].getsockname()[1]
    try:
        yield target
    finally:
        listener.close()
        await server.shutdown(0.1)


@asynccontextmanager
async def asking(origin: HttpOrigin) -> AsyncIterator[HttpOrigin]:
    try:
        yield origin
    finally:
        await origin.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "0", "0.0.0.0",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "%31%32%37.0.0.1", "①②⑦.0.0.1",
    ],
)  # fmt: skip
async def test_no_form_of_a_private_address_is_asked_that_the_settings_do_not_name(host: str) -> None:
    """The forbidden server answers on every one of them; it is not the origin's, whose port is another."""
    async with (
        served() as forbidden,
        served() as origin,
        asking(HttpOrigin(f"http://127.0.0.1:{origin.port}/i.m3u8")) as asked,
    ):
        with pytest.raises(OriginError):
            await asked.media(f"http://{host}:{forbidden.port}/v.m3u8")
        assert await asked.media(f"http://127.0.0.1:{origin.port}/v.m3u8", fresh=True)
    assert forbidden.asked == 0


@pytest.mark.parametrize(
    "address",
    [
        "http://10.1.2.3/v.m3u8", "http://172.16.0.1/v", "http://192.168.0.1/v", "http://100.64.0.1/v",
        "http://169.254.169.254/latest/meta-data/", "http://[::1]/v", "http://[fe80::1]/v", "http://[fd00:ec2::254]/v",
        "http://[::ffff:10.0.0.1]/v", "http://[64:ff9b::10.0.0.1]/v", "http://[2002:a00:1::]/v", "http://224.0.0.1/v",
        "http://255.255.255.255/v", "https://10.1.2.3/v.m3u8", "http://user:word@10.1.2.3/v",
    ],
)  # fmt: skip
async def test_private_addresses_are_refused_before_anything_is_sent(address: str) -> None:
    async with asking(HttpOrigin("http://origin.example/i.m3u8", timeout_seconds=0.5)) as asked:
        with pytest.raises(OriginError, match="no public address"):
            await asked.media(address)


@pytest.mark.parametrize("to", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
async def test_names_that_resolve_to_private_addresses_are_refused(to: str) -> None:
    names = Names(evil=[to])
    async with asking(HttpOrigin("http://origin.example/i.m3u8", resolver=names, timeout_seconds=0.5)) as asked:
        with pytest.raises(OriginError, match=f"{to} is no public address"):
            await asked.media("http://evil.example/v.m3u8")
    assert names.asked == ["evil.example"]


async def test_what_the_settings_name_may_be_anywhere() -> None:
    """An origin in the edge's own network is the usual case."""
    async with served() as inside:
        names = Names(origin=["127.0.0.1"] * 2, cdn=["127.0.0.1"] * 2)
        url = f"http://origin.example:{inside.port}/i.m3u8"
        listed = frozenset({f"CDN.example:{inside.port}"})
        async with asking(HttpOrigin(url, hosts=listed, resolver=names)) as asked:
            assert (await asked.multivariant()).text == TEXT
            address = f"http://cdn.example:{inside.port}/v.m3u8"
            assert await asked.media(address) == Fetched(address, TEXT)


async def test_the_origins_host_has_one_port() -> None:
    """Else a playlist could make the edge knock at every port of the origin's machine."""
    async with (
        served() as origin,
        served() as beside,
        asking(HttpOrigin(f"http://127.0.0.1:{origin.port}/i.m3u8")) as asked,
    ):
        with pytest.raises(OriginError, match="no public address"):
            await asked.media(f"http://127.0.0.1:{beside.port}/v.m3u8")
    assert beside.asked == 0


async def test_a_name_is_judged_each_time_it_resolves() -> None:
    """The address that is judged is the one that is connected to: rebinding finds no gap between the two."""
    async with served() as inside:
        names = Names(evil=["10.0.0.1", "127.0.0.1"])
        async with asking(HttpOrigin("http://origin.example/", resolver=names)) as asked:
            for _ in range(2):
                with pytest.raises(OriginError, match="no public address"):
                    await asked.media(f"http://evil.example:{inside.port}/v.m3u8")
    assert inside.asked == 0


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{other}/", "http://localhost:{other}/", "http://[::1]:{other}/", "http://10.0.0.1/",
        "http://169.254.169.254/latest/", "http://2130706433:{other}/", "http://[::ffff:127.0.0.1]:{other}/",
        "//127.0.0.1:{other}/", "http://127.0.0.1:{origin}@127.0.0.1:{other}/",
        "gopher://127.0.0.1:{origin}/", "ws://127.0.0.1:{origin}/", "file:///etc/passwd", "http://evil\\@127.0.0.1/",
    ],
)  # fmt: skip
async def test_no_redirect_leaves_the_hosts_of_the_settings(location: str) -> None:
    async with served() as forbidden, served() as origin:
        origin.redirects["/go"] = location.format(other=forbidden.port, origin=origin.port)
        async with asking(HttpOrigin(f"http://127.0.0.1:{origin.port}/i.m3u8", timeout_seconds=0.5)) as asked:
            with pytest.raises(OriginError):
                await asked.media(f"http://127.0.0.1:{origin.port}/go")
    assert forbidden.asked == 0


@pytest.mark.parametrize("location", ["http:\\\\127.0.0.1:{other}/", "http:///etc/passwd", "..//127.0.0.1:{other}/"])
async def test_what_only_looks_like_a_host_is_a_path_of_the_origin(location: str) -> None:
    async with served() as forbidden, served() as origin:
        origin.redirects["/go"] = location.format(other=forbidden.port)
        url = f"http://127.0.0.1:{origin.port}/go"
        async with asking(HttpOrigin(url)) as asked:
            assert (await asked.multivariant()).url.startswith(f"http://127.0.0.1:{origin.port}/")
        assert (forbidden.asked, origin.asked) == (0, 2)


async def test_a_loop_of_redirects_ends() -> None:
    async with served() as origin:
        origin.redirects = {"/a": "/b", "/b": "/c", "/c": "/a"}
        async with asking(HttpOrigin(f"http://127.0.0.1:{origin.port}/i.m3u8")) as asked:
            with pytest.raises(OriginError, match="more than 3 redirects"):
                await asked.media(f"http://127.0.0.1:{origin.port}/a")
        assert origin.asked == 4


async def test_cookies_are_not_kept() -> None:
    """An origin could fill memory with them, and requests too."""
    async with served() as origin:
        url = f"http://origin.example:{origin.port}/i.m3u8"
        async with asking(HttpOrigin(url, resolver=Names(origin=["127.0.0.1"]))) as asked:
            for _ in range(3):
                await asked.media(url, fresh=True)
        assert origin.cookies == [None] * 3


PUBLIC = ("8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1")
PRIVATE = (
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.31.255.255",
    "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1",
    "::7f00:1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2001:db8::1", "2001::1", "2002:7f00:1::",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "4000::1",
)  # fmt: skip


def test_which_addresses_are_public() -> None:
    assert [address for address in PUBLIC if not is_public(address)] == []
    assert [address for address in PRIVATE if is_public(address)] == []
    for address in ("", "localhost", "127.1", "0x7f.1", "8.8.8.8/8"):
        with pytest.raises(ValueError, match="does not appear to be"):
            is_public(address)


def test_a_public_address_gets_a_socket() -> None:
    with public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))) as made:
        assert made.family == socket.AF_INET
    with pytest.raises(OSError, match="no public address"):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443)))


def test_hosts_are_compared_without_case_and_the_schemes_port() -> None:
    for same in ("http://Origin.Example/x", "http://origin.example:80/y", "http://u:p@ORIGIN.example"):
        assert authority(URL(same)) == "origin.example"
    assert authority(URL("http://origin.example:443/")) == "origin.example:443"
    assert authority(URL("relative/v.m3u8")) == ""
    listed = authorities("redirect_hosts", ["CDN.example", "other.example:443", "[::1]:8080"])
    assert listed == {"cdn.example", "other.example", "other.example:443", "[::1]:8080"}


@pytest.mark.parametrize("host", ["", "http://cdn.example", "cdn.example/path", "[::1", "x:99999", "u@x", "?q"])
def test_what_is_no_host_in_the_settings_is_told(host: str) -> None:
    with pytest.raises(InputError, match="redirect_hosts"):
        HttpOrigin("http://origin.example/", hosts=frozenset({host}))


def test_what_is_no_address_in_the_settings_is_told() -> None:
    with pytest.raises(InputError, match="origin"):
        HttpOrigin("http://origin.example:99999/")
