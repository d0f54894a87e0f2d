"""A real server behind TLS: its certificate is checked, and all of the store works over it."""

import asyncio
import datetime as dt
import ipaddress
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.domain.errors import StoreError, StoreUnavailableError
from bot.store.connection import close, connect, ping
from bot.store.server_binary import find_server
from bot.vault import EnvelopeSealer
from tests.store.test_topologies import use_everything
from tests.store.topology import find_port


def write_certificate(folder: Path) -> None:
    """A key, and a certificate for 127.0.0.1 that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    """Where a server listens that speaks TLS alone, and wants a password."""
    try:
        server = find_server(tmp_path)
    except StoreError:
        pytest.skip("no redis-server or valkey-server on PATH, and no wheel with one for this machine")
    write_certificate(tmp_path)
    found = find_port()
    files = ("--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem", "--tls-ca-cert-file", "cert.pem")
    process = await asyncio.create_subprocess_exec(
        server,
        *("--port", "0", "--tls-port", str(found), "--bind", "127.0.0.1", "--tls-auth-clients", "no"),
        *(*files, "--dir", str(tmp_path), "--save", "", "--requirepass", "pass word"),
        cwd=tmp_path,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        if not await is_listening(found, process):
            pytest.skip("this server was built without TLS")
        yield found
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def is_listening(port: int, process: asyncio.subprocess.Process) -> bool:
    """Whether it listens; False where it has ended."""
    async with asyncio.timeout(15):
        while process.returncode is None:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                return True
            await asyncio.sleep(0.02)
    return False


async def test_everything_works_over_tls(port: int, tmp_path: Path, sealer: EnvelopeSealer) -> None:
    client = connect(f"rediss://:pass%20word@127.0.0.1:{port}/0?ssl_ca_certs={tmp_path / 'cert.pem'}")
    await use_everything(client, sealer)
    await close(client)


async def test_a_certificate_that_nobody_vouches_for_is_refused(port: int) -> None:
    client = connect(f"rediss://:pass%20word@127.0.0.1:{port}/0")
    with pytest.raises(StoreUnavailableError):
        await ping(client)
    await close(client)
