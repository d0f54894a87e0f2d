"""The guard: nothing that somebody types may lead into a network of ours."""

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from yarl import URL

from bot.connectwise import Address, ConnectWiseSites
from bot.connectwise.errors import TargetRefusedError
from bot.connectwise.guard import Guard, GuardedSockets, is_public
from bot.connectwise.probe import listening
from bot.connectwise.transport import Wires
from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import Stage
from tests.connectwise.conftest import Names, Server

PUBLIC = Address("8.8.8.8", 443)


@contextmanager
def cut_off() -> Iterator[list[tuple[str, int]]]:
    """A loop that connects nothing: it notes who was to be dialled, and says that nobody answers there."""
    dialled: list[tuple[str, int]] = []

    async def refuse(_: socket.socket, address: Any) -> None:
        dialled.append(address[:2])
        raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.get_running_loop(), "sock_connect", refuse)
        yield dialled


async def ask(wires: Wires, port: int = 443) -> str:
    """The key of the failure."""
    with pytest.raises(ConnectWiseError) as caught:
        await wires.get(URL(f"https://a.test:{port}/"), {})
    return caught.value.key


async def dial(*addresses: Address, port: int = 443, allowed: str = "") -> tuple[list[tuple[str, int]], str]:
    """Who was dialled for a name with these addresses, and the key of the failure."""
    guard = Guard([ipaddress.ip_network(allowed)] if allowed else [])
    wires = Wires(guard, resolver=Names({"a.test": [list(addresses)]}))
    try:
        with cut_off() as dialled:
            return dialled, await ask(wires, port)
    finally:
        await wires.close()


NOT_PUBLIC = [
    ("0.0.0.0", "this network"),
    ("0.1.2.3", "this network"),
    ("10.0.0.1", "private"),
    ("100.64.0.1", "carrier-grade NAT"),
    ("100.100.100.200", "a cloud's metadata in carrier-grade NAT"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "the end of loopback"),
    ("168.63.129.16", "a cloud's host agent"),
    ("169.254.169.254", "the usual metadata"),
    ("169.254.170.2", "container credentials"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.8", "protocol assignments"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "6to4 relay"),
    ("192.168.1.1", "private"),
    ("198.18.0.1", "benchmarking"),
    ("198.51.100.7", "documentation"),
    ("203.0.113.7", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::7f00:1", "IPv4-compatible loopback"),
    ("::ffff:127.0.0.1", "mapped loopback"),
    ("::ffff:169.254.169.254", "mapped metadata"),
    ("::ffff:8.8.8.8", "mapped public"),
    ("64:ff9b::7f00:1", "NAT64 of loopback"),
    ("64:ff9b:1::a00:1", "local NAT64"),
    ("100::1", "discard"),
    ("2001::1", "Teredo"),
    ("2001:2::1", "benchmarking"),
    ("2001:10::1", "ORCHID"),
    ("2001:db8::1", "documentation"),
    ("2002:7f00:1::", "6to4 of loopback"),
    ("2002:a9fe:a9fe::", "6to4 of metadata"),
    ("3ffe::1", "the old 6bone"),
    ("3fff::1", "documentation"),
    ("4000::1", "never handed out"),
    ("fc00::1", "unique local"),
    ("fd00:ec2::254", "metadata by IPv6"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local with a zone"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
]


@pytest.mark.parametrize(("ip", "what"), NOT_PUBLIC, ids=[it[0] for it in NOT_PUBLIC])
async def test_an_address_that_is_not_public_is_refused_without_dialling(ip: str, what: str) -> None:
    assert await dial(Address(ip, 443)) == ([], "target_refused"), what


@pytest.mark.parametrize(
    "ip", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
)
async def test_a_public_address_is_dialled_by_its_number(ip: str) -> None:
    dialled, key = await dial(Address(ip, 443))
    assert (dialled, key) == ([(ip, 443)], "tcp_refused")
    assert is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize("port", [22, 80, 6379, 8443, 65535])
async def test_another_port_than_https_is_refused(port: int) -> None:
    assert await dial(Address("8.8.8.8", port), port=port) == ([], "target_refused")


async def test_one_bad_answer_among_good_ones_refuses_them_all() -> None:
    assert await dial(PUBLIC, Address("10.0.0.1", 443)) == ([], "target_refused")


async def test_a_name_without_addresses_is_refused() -> None:
    assert await dial() == ([], "target_refused")


async def test_an_answer_that_is_no_address_is_refused() -> None:
    assert await dial(Address("not-an-address", 443)) == ([], "target_refused")


async def test_an_allowed_network_may_be_dialled_on_any_port_and_nothing_else_by_it() -> None:
    assert await dial(Address("10.1.2.3", 8443), port=8443, allowed="10.1.0.0/16") == (
        [("10.1.2.3", 8443)],
        "tcp_refused",
    )
    assert await dial(Address("10.2.2.3", 8443), port=8443, allowed="10.1.0.0/16") == ([], "target_refused")


async def test_a_name_that_points_elsewhere_the_second_time_is_refused_the_second_time() -> None:
    names = Names({"a.test": [[PUBLIC], [Address("127.0.0.1", 443)]]})
    wires = Wires(Guard(), resolver=names)
    with cut_off() as dialled:
        assert [await ask(wires), await ask(wires)] == ["tcp_refused", "target_refused"]
    await wires.close()
    assert dialled == [("8.8.8.8", 443)]
    assert names.asked == [
        "a.test",
        "a.test",
    ]  # one look-up a connection: what was checked is what is dialled


async def test_the_second_address_is_tried_when_the_first_does_not_answer() -> None:
    dialled, _ = await dial(PUBLIC, Address("1.1.1.1", 443))
    assert dialled == [("8.8.8.8", 443), ("1.1.1.1", 443)]


async def test_no_more_than_four_addresses_are_tried_and_each_once() -> None:
    dialled, _ = await dial(*(Address(f"8.8.8.{number}", 443) for number in range(9)))
    assert dialled == [(f"8.8.8.{number}", 443) for number in range(4)]


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "169.254.169.254"])
def test_no_socket_is_made_for_an_address_that_came_past_the_look_up(ip: str) -> None:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with pytest.raises(TargetRefusedError):
        GuardedSockets(Guard())((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ip, 443)))


TRICKS = [
    "2130706433",  # 127.0.0.1 as one number
    "0x7f000001",
    "0x7f.0.0.1",
    "017700000001",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "localhost",
    "LOCALHOST",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[fd00:ec2::254]",
    "169.254.169.254",
    "127.0.0.1:443",
    "[::]",
    "2852039166",  # 169.254.169.254 as one number
    "0xa9fea9fe",
]
MALFORMED = [
    "api-na.myconnectwise.net@127.0.0.1",
    "user:pass@api-na.myconnectwise.net",
    "127.0.0.1.",
    "localhost.",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "api-na.myconnectwise.net/../..",
    "api-na.myconnectwise.net#@127.0.0.1",
    "api-na.myconnectwise.net?x=",
    "api-na.myconnectwise.net\\@127.0.0.1",
    "api-na.myconnectwise.net:443@127.0.0.1",
    "api-na.myconnectwise.net:0",
    "api-na.myconnectwise.net:65536",
    "api-na.myconnectwise.net:http",
    "[::1%25lo]",
    "[::1",
    "[1.2.3.4]",
    "a b.test",
    "a\r\nHost: b.test",
    "a\x00.test",
    "-a.test",
    "a..test",
    "",
    "https://api-na.myconnectwise.net",
    "x" * 64 + ".test",
]


@pytest.mark.parametrize("host", TRICKS)
async def test_loopback_in_disguise_is_refused_by_what_it_resolves_to(host: str) -> None:
    sites = ConnectWiseSites()
    try:
        with cut_off() as dialled, pytest.raises(ConnectWiseError) as caught:
            await sites.site(host).company_info("acme")
    finally:
        await sites.close()
    # A resolver may also not understand such a form at all, which is as good.
    assert caught.value.key in {"target_refused", "dns_unknown"}
    assert dialled == []


@pytest.mark.parametrize("host", MALFORMED, ids=[ascii(it)[:40] for it in MALFORMED])
async def test_what_is_no_plain_host_is_refused_before_any_look_up(host: str) -> None:
    names = Names({})
    sites = ConnectWiseSites(resolver=names)
    with pytest.raises(ConnectWiseError) as caught:
        sites.site(host)
    await sites.close()
    assert caught.value.key == "target_refused"
    assert names.asked == []


async def test_every_refused_target_is_told_in_the_same_words() -> None:
    told = set()
    for address in (Address("10.0.0.1", 443), Address("169.254.169.254", 443), Address("8.8.8.8", 22)):
        wires = Wires(Guard(), resolver=Names({"a.test": [[address]]}))
        heard: list[Stage] = []
        with listening(heard.append), cut_off(), pytest.raises(ConnectWiseError) as caught:
            await wires.get(URL(f"https://a.test:{address.port}/"), {})
        await wires.close()
        told.add((str(caught.value), caught.value.message, tuple(caught.value.params)))
        assert [(it.name, it.error.key if it.error else None) for it in heard] == [
            ("dns", None),
            ("dns", "target_refused"),
        ]
    assert len(told) == 1


async def test_a_redirect_is_not_followed(sites: ConnectWiseSites, server: Server) -> None:
    server.answer(302, b"", {"Location": "https://169.254.169.254/latest/meta-data/"})
    with pytest.raises(ConnectWiseError) as caught:
        await sites.site("cw.test").company_info("acme")
    assert caught.value.key == "redirected"
    assert len(server.requests) == 1


async def test_a_proxy_of_the_environment_is_not_used(
    sites: ConnectWiseSites, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answer(200, b"null")
    with pytest.raises(ConnectWiseError, match="company_unknown"):
        await sites.site("cw.test").company_info("acme")


async def test_certificates_are_always_checked(sites: ConnectWiseSites) -> None:
    sites.prepare()
    trusted = sites._wires._trusted
    assert trusted is not None
    assert trusted.verify_mode is ssl.CERT_REQUIRED
    assert trusted.check_hostname
