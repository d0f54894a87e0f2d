"""TLS and what lies below it."""

import asyncio
import contextlib
import os
import signal
import ssl
import subprocess
import sys
from typing import cast

import aiohttp
import pytest
from cryptography import x509

from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.connectwise.certificates import Certificates
from bot.sandbox.connectwise.listener import Listener
from tests.sandbox_connectwise.conftest import Client

INFO = "/system/info"


async def shake_hands(site: ConnectWiseSite, name: str = "localhost") -> None:
    trust = ssl.create_default_context(cadata=site.ca_pem)
    _, writer = await asyncio.open_connection("127.0.0.1", site.port, ssl=trust, server_hostname=name)
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "na.myconnectwise.net",
        "api-na.myconnectwise.net",
        "api-staging.connectwisedev.com",
        "cw.example",
        "psa.brightwater.example",
        "cw.localhost",
        "cw.acquired.invalid",
    ],
)
async def test_the_certificate_is_good_for_the_names_that_a_person_types(name: str) -> None:
    async with ConnectWiseSite(extra_names=["cw.acquired.invalid"]) as site:
        await shake_hands(site, name)


async def test_the_authority_stands_in_a_file_while_the_site_runs() -> None:
    site = ConnectWiseSite()
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = site.ca_path
    async with site:
        path = site.ca_path
        assert x509.load_pem_x509_certificate(path.read_bytes()).subject.rfc4514_string() == (
            "CN=ConnectWise sandbox authority"
        )
    assert not path.exists()


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        ("self_signed", 18),
        ("expired", 10),
        ("not_yet_valid", 9),
        ("wrong_name", 62),
        ("incomplete_chain", 20),
        ("private_authority", 19),
        ("wrong_purpose", 26),
    ],
)
async def test_a_certificate_may_be_bad(site: ConnectWiseSite, mood: str, code: int) -> None:
    site.set(tls=mood)
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        await shake_hands(site)
    assert caught.value.verify_code == code


async def test_the_port_may_speak_no_tls(site: ConnectWiseSite) -> None:
    site.set(tls="plain")
    with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
        await shake_hands(site)


async def test_the_server_may_have_no_cipher_that_fits_its_own_key(site: ConnectWiseSite) -> None:
    site.set(tls="no_common_cipher")
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        await shake_hands(site)


async def test_the_server_may_want_a_certificate_of_the_client(client: Client, site: ConnectWiseSite) -> None:
    site.set(tls="client_wanted")
    with pytest.raises(aiohttp.ClientError, match="certificate required"):
        await client.api(INFO)


async def test_connections_may_be_dropped_without_a_word_and_accepted_again(site: ConnectWiseSite) -> None:
    site.set(network="dropped")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(shake_hands(site), 0.05)
    site.set(network="open")
    await shake_hands(site)


async def test_connections_may_be_cut_in_the_middle_of_the_handshake(site: ConnectWiseSite) -> None:
    site.set(network="cut")
    with pytest.raises(ConnectionResetError):
        await shake_hands(site)


async def test_connections_may_be_refused_and_accepted_again_on_the_same_port(site: ConnectWiseSite) -> None:
    port = site.port
    site.set(network="refused")
    with pytest.raises(ConnectionRefusedError):
        await shake_hands(site)
    site.set(network="open")
    await shake_hands(site)
    assert site.port == port


async def test_connections_may_be_reset(site: ConnectWiseSite) -> None:
    site.set(network="reset")
    with pytest.raises(ConnectionResetError):
        await shake_hands(site)


async def test_connections_may_be_met_with_silence(site: ConnectWiseSite) -> None:
    site.set(network="silent")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(shake_hands(site), 0.05)


async def test_open_connections_do_not_outlive_a_change_of_the_network(
    client: Client, site: ConnectWiseSite
) -> None:
    assert (await client.api(INFO)).status == 200
    site.set(tls="expired")
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await client.api(INFO)
    site.set(network="refused")
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.api(INFO)
    site.reset()
    assert (await client.api(INFO)).status == 200


async def test_a_site_can_be_closed_twice_and_started_again(client: Client, site: ConnectWiseSite) -> None:
    port = site.port
    site.set(network="refused")
    await site.close()
    await site.close()
    await site.start()
    assert site.port == port
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.api(INFO)
    site.reset()
    await shake_hands(site)


async def test_closing_does_not_wait_for_slow_answers(client: Client, site: ConnectWiseSite) -> None:
    site.set(latency=100)
    pending = asyncio.create_task(client.api(INFO))
    await asyncio.sleep(0.05)
    await asyncio.wait_for(site.close(), 5)
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await pending


async def test_a_port_that_is_taken_is_an_os_error(site: ConnectWiseSite) -> None:
    second = ConnectWiseSite(port=site.port)
    with pytest.raises(OSError, match="Address already in use"):
        await second.start()
    await second.close()


async def test_it_ends_whatever_became_of_its_connections() -> None:
    certificates, met = Certificates(), asyncio.Queue[asyncio.Transport]()

    class TwiceClosed(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transport.close()
            transport.close()  # which, behind TLS, lets go of the connection
            met.put_nowait(cast("asyncio.Transport", transport))

    listener = Listener(TwiceClosed, certificates.contexts)
    listener.open()
    trust = ssl.create_default_context(cadata=certificates.ca_pem)
    reader, writer = await asyncio.open_connection("localhost", listener.port, ssl=trust)
    assert (await met.get()).is_closing()
    assert await reader.read() == b""
    await listener.close()
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()


def test_the_module_runs_alone_and_prints_what_to_type() -> None:
    command = [sys.executable, "-m", "bot.sandbox.connectwise", "--moods", '{"tls": "expired"}']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline() for _ in range(14)]
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()
    printed = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert printed["URL"].startswith("https://localhost:")
    assert printed["Company ID"] == "brightwater"
    assert len(printed["Private key"]) == 16


def test_wild_answers_are_as_wild_on_the_faster_event_loop() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def provoke() -> list[str]:
        caught = []
        async with ConnectWiseSite() as site, aiohttp.ClientSession() as session:
            trust = ssl.create_default_context(cadata=site.ca_pem)
            for mood in ("reset", "random_bytes", "cut"):
                site.set(answers=mood)
                with pytest.raises((aiohttp.ClientError, ConnectionError)):
                    async with session.get(
                        f"https://127.0.0.1:{site.port}/login/companyinfo/x", ssl=trust
                    ) as reply:
                        await reply.read()
                caught.append(mood)
        return caught

    assert uvloop.run(provoke()) == ["reset", "random_bytes", "cut"]
