"""Connections: how many there are to a site, how long they are kept, and whose they are."""

import asyncio
import gc
import weakref
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr

from bot.connectwise import Address, ConnectWiseSites, Limits
from bot.domain.evidence import Stage
from bot.domain.instance import Credentials
from tests.connectwise.conftest import LOOPBACK, Names, Server

KEYS = Credentials(public_key=SecretStr("publicPUBLIC1234"), private_key=SecretStr("privatePRIVATE56"))
INFO = b'{"CompanyName":"Acme","Codebase":"v2026_1/","VersionNumber":"v4.6.1","CompanyID":"acme","IsCloud":"True"}'


def test_ten_requests_are_the_most_under_way_at_one_site() -> None:
    assert Limits().in_flight == 10


async def test_at_most_so_many_requests_are_under_way_at_one_site(server: Server, certificate: Path) -> None:
    under_way, most, gate = 0, 0, asyncio.Event()

    async def handle(_: web.BaseRequest) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 3:
            gate.set()
        await gate.wait()
        under_way -= 1
        return web.Response(body=b'{"version":"v1"}')

    server.handler = handle
    sites = ConnectWiseSites(
        allowed_networks=LOOPBACK,
        ca_bundle=certificate,
        resolver=Names({"cw.test": [[Address("127.0.0.1", server.port)]]}),
        limits=Limits(in_flight=3),
    )
    login = sites.site("cw.test").login("acme", KEYS)
    await asyncio.gather(*(login.system_info() for _ in range(9)))
    await sites.close()
    assert most == 3


async def test_connections_are_kept_and_a_site_is_one_client(sites: ConnectWiseSites, server: Server) -> None:
    server.answer(body=INFO)
    heard: list[Stage] = []
    assert sites.site("cw.test") is sites.site("CW.TEST")
    for _ in range(3):
        await sites.site("cw.test").company_info("acme", on_stage=heard.append)
    finished = [stage.name for stage in heard if stage.duration_ms is not None]
    assert finished == ["dns", "tcp", "tls"]


async def test_a_login_that_hangs_up_leaves_no_connection_behind(
    sites: ConnectWiseSites, server: Server
) -> None:
    server.answer(body=INFO)
    heard: list[Stage] = []
    site = sites.site("cw.test")
    await site.company_info("acme", on_stage=heard.append)
    server.answer(body=b'{"version":"v1"}')
    await site.login("acme", KEYS, hangs_up=True).system_info()
    assert server.requests[-1].headers["Connection"] == "close"
    server.answer(body=INFO)
    await site.company_info("acme", on_stage=heard.append)
    assert [it.name for it in heard if it.duration_ms is not None] == ["dns", "tcp", "tls"] * 2


async def test_an_open_connection_keeps_nothing_of_the_call_that_opened_it(
    sites: ConnectWiseSites, server: Server
) -> None:
    class Verification:
        """Stands for everything that a verdict has gathered."""

        def hear(self, stage: Stage) -> None:
            assert stage.error is None

    server.answer(body=INFO)
    verification = Verification()
    is_kept = weakref.ref(verification)
    await sites.site("cw.test").company_info("acme", on_stage=verification.hear)
    del verification
    gc.collect()
    assert is_kept() is None
    heard: list[Stage] = []
    await sites.site("cw.test").company_info("acme", on_stage=heard.append)
    assert heard == []  # the connection was there all the while


async def test_hosts_that_nobody_uses_make_room(sites: ConnectWiseSites, server: Server) -> None:
    server.answer(body=INFO)
    first = sites.site("cw.test")
    for number in range(400):
        sites.site(f"host-{number}.test")
    assert len(sites._sites) <= 256
    assert sites.site("cw.test") is not first
