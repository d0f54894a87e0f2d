"""Whatever is typed as a host, the bot dials nothing inside: against a real resolver, a real listener, the real network.

Every trick is tried twice: as a person types it, through the form's own hygiene; and with that taken away, so that the
guard stands alone.
"""

import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.connectwise import ConnectWiseSites
from bot.connectwise.transport import trust
from bot.domain.catalogue import explain
from bot.domain.errors import ConnectWiseError, CwBotError
from bot.domain.hosts import clean_host
from bot.sandbox.bench import DEAD_HOST, OWN_HOST, Sandbox
from tests.connectwise.conftest import Server, certificate, server, sites, sleeper
from tests.journeys.steps import open_setup, site_fields, submit
from tests.security.names import Listener, NameServer, WireResolver

__all__ = ["certificate", "server", "sites", "sleeper"]

# A public address that nobody answers at here: were it dialled, the spy would know.
PUBLIC = "8.8.8.8"
ZONE: dict[str, list[list[str]]] = {
    "localhost": [["127.0.0.1", "::1"]],
    "public.test": [[PUBLIC]],
    "private.test": [["10.1.2.3"]],
    "metadata.test": [["169.254.169.254"]],
    "127.0.0.1.nip.test": [["127.0.0.1"]],
    "mixed.test": [[PUBLIC, "127.0.0.1"]],
    "mixed-late.test": [[PUBLIC, "1.1.1.1", "9.9.9.9", "8.8.4.4", "10.0.0.1"]],
    "mixed6.test": [[PUBLIC, "::1"]],
    "alias.test": [["inside.test."]],
    "aliases.test": [["alias.test."]],
    "alias-mixed.test": [["public.test.", "inside.test."]],
    "inside.test": [["127.0.0.1"]],
    "nothing.test": [["0.0.0.0"]],
    "mapped.test": [["::ffff:127.0.0.1"]],
    "compatible.test": [["::7f00:1"]],
    "nat64.test": [["64:ff9b::7f00:1"]],
    "sixtofour.test": [["2002:7f00:1::"]],
    "teredo.test": [["2001:0:7f00:1::"]],
    "multicast.test": [["224.0.0.251"]],
    "broadcast.test": [["255.255.255.255"]],
    "linklocal.test": [["fe80::1"]],
    "unique-local.test": [["fd12:3456::1"]],
    "carrier.test": [["100.64.0.1"]],
    # What is left of two of the tricks below, were they taken for hosts.
    "unix": [["127.0.0.1"]],
    "inside.test.myconnectwise.net": [["127.0.0.1"]],
    "xn--bcher-kva.test": [["192.168.0.1"]],
}
CLOUD = "api-na.myconnectwise.net"
TRICKS = [
    # Numbers in every form that a C library takes for an address.
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "0177.0.0.0x1",
    "017700000001",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0",
    "0.0.0.0",
    "0x0",
    "2852039166",
    "0xa9fea9fe",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "10.0.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    # IPv6, and IPv4 in its clothes.
    "[::1]",
    "::1",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:8.8.8.8]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fe80::1%lo]",
    "[fe80::1%25lo]",
    "fe80::1%lo",
    "[fec0::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    # Dots, digits and letters that only look like others.
    "127.0.0.1.",
    "localhost.",
    "127。0。0。1",
    "127．0．0．1",
    "①②⑦.⓪.⓪.①",
    "１２７.０.０.１",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "LocalHost",
    "loc\u00adalhost",
    "local\u200bhost",
    "bücher.test",
    # More than a host.
    f"{CLOUD}@127.0.0.1",
    f"user:secret@{CLOUD}@127.0.0.1",
    f"{CLOUD}:443@127.0.0.1",
    f"https://{CLOUD}\\@127.0.0.1/",
    f"127.0.0.1#@{CLOUD}",
    f"127.0.0.1/{CLOUD}",
    f"127.0.0.1?.{CLOUD}",
    f"127.0.0.1\\.{CLOUD}",
    "http://127.0.0.1/",
    "https:127.0.0.1",
    "//127.0.0.1",
    "https://https://127.0.0.1",
    "<https://127.0.0.1|na.myconnectwise.net>",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/_x",
    "unix:/run/docker.sock",
    "public.test\r\nHost: inside.test",
    "inside.test\x00.myconnectwise.net",
    # Ports.
    "public.test:22",
    "public.test:80",
    "public.test:6379",
    "127.0.0.1:443",
    "127.0.0.1:LISTENER",
    "inside.test:LISTENER",
    "localhost:LISTENER",
    "public.test:0",
    "public.test:70000",
    # Names that lead inside.
    *(name for name in ZONE if name not in ("public.test", "xn--bcher-kva.test")),
]


@contextmanager
def watching_connects() -> Iterator[list[Any]]:
    """Every TCP connection that this process attempts, whoever asks for it."""
    attempted: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            honest = getattr(socket.socket, name)

            def spy(it: socket.socket, address: Any, honest: Any = honest) -> Any:
                if it.type == socket.SOCK_STREAM and it.family != socket.AF_UNIX:
                    attempted.append(address)
                return honest(it, address)

            patch.setattr(socket.socket, name, spy)
        yield attempted


class Ground:
    """The name server, the listener, and the sites of a bot that trusts them."""

    def __init__(self, names: NameServer, listener: Listener, port: int) -> None:
        self.names = names
        self.listener = listener
        self.resolver = WireResolver(port)

    @asynccontextmanager
    async def sites(self, *allowed: str) -> AsyncIterator[ConnectWiseSites]:
        """Sites that may dial these networks too."""
        made = ConnectWiseSites(
            resolver=self.resolver, allowed_networks=[ipaddress.ip_network(it) for it in allowed]
        )
        try:
            yield made
        finally:
            await made.close()

    def typed(self, trick: str) -> str:
        """The trick with the listener's port in it."""
        return trick.replace("LISTENER", str(self.listener.port))


@pytest.fixture
async def ground() -> AsyncIterator[Ground]:
    import asyncio

    loop = asyncio.get_running_loop()
    transport, names = await loop.create_datagram_endpoint(
        lambda: NameServer(ZONE), local_addr=("127.0.0.1", 0)
    )
    try:
        async with Listener.open() as listener:
            yield Ground(names, listener, transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


async def _try(sites: ConnectWiseSites, host: str) -> CwBotError:
    with pytest.raises(ConnectWiseError) as caught:
        await sites.site(host).company_info("acme")
    return caught.value


async def _try_typed(sites: ConnectWiseSites, typed: str) -> str:
    """The key of the error; the name of ConnectWise's cloud where that is all that was left of what was typed."""
    try:
        host = clean_host(typed).host
    except CwBotError as refused:
        return refused.key
    return CLOUD if host == CLOUD else (await _try(sites, host)).key


def test_there_are_more_than_forty_tricks_and_none_twice() -> None:
    assert len(TRICKS) == len(set(TRICKS))
    assert len(TRICKS) >= 100


async def test_no_trick_that_somebody_types_connects_to_anything(ground: Ground) -> None:
    failures = []
    async with ground.sites() as sites:
        for trick in TRICKS:
            with watching_connects() as attempted:
                key = await _try_typed(sites, ground.typed(trick))
            # Either its form is what is wrong with it, or what it leads to; or nothing was but what stood around it.
            if attempted or not key.startswith(("host_", "target_refused", CLOUD)):
                failures.append((trick, key, attempted))
    assert failures == []
    assert ground.listener.came == 0


async def test_the_guard_alone_lets_no_trick_connect(ground: Ground) -> None:
    failures = []
    async with ground.sites() as sites:
        for trick in TRICKS:
            with watching_connects() as attempted:
                key = (await _try(sites, ground.typed(trick))).key
            if attempted or key != "target_refused":
                failures.append((trick, key, attempted))
    assert failures == []
    assert ground.listener.came == 0


@pytest.mark.parametrize("host", ["127.0.0.1:LISTENER", "inside.test:LISTENER", "aliases.test:LISTENER"])
async def test_what_is_refused_would_otherwise_have_been_connected_to(ground: Ground, host: str) -> None:
    """The counter-check: with its network allowed, the same listener is reached, and the spy sees it."""
    async with ground.sites("127.0.0.0/8") as sites:
        with watching_connects() as attempted:
            error = await _try(sites, ground.typed(host))
    assert error.key != "target_refused"
    assert attempted
    assert ground.listener.came > 0


async def test_refused_targets_sound_all_the_same(ground: Ground) -> None:
    """Open or closed, there or not, inside or special: nothing in the error tells which."""
    said = set()
    async with ground.sites() as sites:
        for trick in TRICKS:
            error = await _try(sites, ground.typed(trick))
            assert isinstance(error, ConnectWiseError)
            said.add((str(error), error.key, error.message, error.status, error.code, tuple(error.params)))
    assert len(said) == 1


async def test_a_name_that_leads_elsewhere_the_second_time_is_judged_anew(ground: Ground) -> None:
    """Rebinding: one look-up a connection, so what was checked is what is dialled; each connection asks again."""
    ground.names.zone = {**ZONE, "turns.test": [["127.0.0.2"], ["127.0.0.1"]]}
    async with ground.sites("127.0.0.2/32") as sites:
        with watching_connects() as attempted:
            # The listener hangs up, so the question is asked once more: by then the name leads to loopback.
            error = await _try(sites, ground.typed("turns.test:LISTENER"))
    assert ground.names.asked == ["turns.test", "turns.test"]
    assert attempted == [("127.0.0.2", ground.listener.port)]
    assert error.key == "target_refused"


@pytest.mark.parametrize(
    "target",
    [
        "https://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1:6379/",
        "http://localhost/",
        "//[::1]/",
        "/elsewhere",
        "file:///etc/passwd",
    ],
)
async def test_a_redirect_leads_nowhere(sites: ConnectWiseSites, server: Server, target: str) -> None:
    for status in (301, 302, 303, 307, 308):
        server.answer(status, b"", {"Location": target})
        with watching_connects() as attempted:
            error = await _try(sites, "cw.test")
        assert error.key == "redirected"
        assert {it[1] for it in attempted} <= {server.port}
    assert len(server.requests) == 5


def test_certificates_are_checked_and_old_protocols_not_spoken() -> None:
    """With a bundle of one's own or without: verification has no switch."""
    context = trust()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


async def test_the_form_is_no_port_scanner(tmp_path: Path) -> None:
    """Over signed HTTP: one host listens, one refuses, one is the bot's own machine; all of them get the same words."""
    sandbox = Sandbox(data_dir=tmp_path / "data", settings={"cw_bot_allowed_networks": ""})
    async with sandbox:
        ben = sandbox.slack.person("ben")
        await open_setup(ben)
        said = set()
        with watching_connects() as attempted:
            for host in (
                OWN_HOST,
                DEAD_HOST,
                "localhost",
                "127.0.0.1",
                f"localhost:{sandbox.connectwise.port}",
            ):
                result = await submit(ben, site_fields(sandbox, Hostname=host))
                said |= {tuple(result.errors_by_label.items())}
        fixed = {label: words for it in said for label, words in it}
        assert len(said) == 1
        assert explain("target_refused").summary in fixed["Hostname"]
        assert sandbox.connectwise.port not in {it[1] for it in attempted}
