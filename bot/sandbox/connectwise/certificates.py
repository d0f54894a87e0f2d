"""The site's own certificate authority, and server certificates both good and bad."""

import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# TLS libraries refuse a wildcard directly below a top-level name, hence the names beside the wildcards.
NAMES: Final = (
    "localhost",
    "cw.localhost",
    "connectwise.localhost",
    "*.cw.localhost",
    "myconnectwise.net",
    "*.myconnectwise.net",
    "connectwisedev.com",
    "*.connectwisedev.com",
    "cw.example",
    "connectwise.example",
    "*.brightwater.example",
    "*.example",
    "*.localhost",
)
ADDRESSES: Final = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a certificate shall be."""

    name: str
    names: Sequence[str] = ()
    addresses: Sequence[str] = ()
    is_ca: bool = False
    starts_in: timedelta = timedelta(days=-60)
    expires_in: timedelta = timedelta(days=30)
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH


class _Holder:
    """A certificate with its key: made for a wish, signed by an issuer or by itself."""

    def __init__(self, wish: _Wish, issuer: "_Holder | None" = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wish.name)])
        signer = issuer or self
        public, now = self.key.public_key(), datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(signer.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + wish.starts_in)
            .not_valid_after(now + wish.expires_in)
            .add_extension(x509.BasicConstraints(ca=wish.is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(_key_usage(is_ca=wish.is_ca), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False
            )
        )
        if not wish.is_ca:
            builder = builder.add_extension(_alternative_names(wish), critical=False).add_extension(
                x509.ExtendedKeyUsage([wish.purpose]), critical=False
            )
        self.certificate = builder.sign(signer.key, hashes.SHA256())

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The private key, unencrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()


def _key_usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_names(wish: _Wish) -> x509.SubjectAlternativeName:
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in wish.names]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in wish.addresses]
    return x509.SubjectAlternativeName(names)


def _context(holder: _Holder, *chain: _Holder) -> ssl.SSLContext:
    """A server context that presents this certificate and chain; the key is on disk for this call only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory(prefix="cw-sandbox-") as folder:
        path = Path(folder) / "server.pem"
        path.touch(mode=0o600)
        path.write_text(holder.key_pem + holder.pem + "".join(link.pem for link in chain), encoding="ascii")
        context.load_cert_chain(path)
    return context


def _without_common_cipher(holder: _Holder) -> ssl.SSLContext:
    """A server that has only ciphers for keys of another kind than its own."""
    context = _context(holder)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-GCM-SHA384")
    return context


def _asking_back(holder: _Holder, authority: _Holder) -> ssl.SSLContext:
    """A server that wants to see a certificate of the client's."""
    context = _context(holder)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.pem)
    return context


class Certificates:
    """A fresh authority and one TLS server context per kind of certificate.

    Kinds: `good`, `self_signed`, `expired`, `not_yet_valid`, `wrong_name`, `incomplete_chain` (the intermediate
    is left out), `private_authority` (another one, sent along), `wrong_purpose` (for clients),
    `no_common_cipher`, `client_wanted`. `ca_pem` is what a client has to trust for `good`.
    """

    def __init__(self, extra_names: Sequence[str] = ()) -> None:
        names = (*NAMES, *extra_names)
        root = _Holder(_Wish("ConnectWise sandbox authority", is_ca=True))
        middle = _Holder(_Wish("ConnectWise sandbox intermediate", is_ca=True), root)
        right = _Wish("ConnectWise sandbox site", names, ADDRESSES)
        stale = _Wish("ConnectWise sandbox site", names, ADDRESSES, expires_in=timedelta(days=-1))
        other = _Wish("another-site.invalid", ("another-site.invalid",))
        early = _Wish("ConnectWise sandbox site", names, ADDRESSES, starts_in=timedelta(days=1))
        clients = _Wish("ConnectWise sandbox site", names, ADDRESSES, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
        private = _Holder(_Wish("Somebody's own authority", is_ca=True))
        self.ca_pem = root.pem
        self.contexts = {
            "good": _context(_Holder(right, root)),
            "self_signed": _context(_Holder(right)),
            "expired": _context(_Holder(stale, root)),
            "not_yet_valid": _context(_Holder(early, root)),
            "wrong_name": _context(_Holder(other, root)),
            "incomplete_chain": _context(_Holder(right, middle)),
            "private_authority": _context(_Holder(right, private), private),
            "wrong_purpose": _context(_Holder(clients, root)),
            "no_common_cipher": _without_common_cipher(_Holder(right, root)),
            "client_wanted": _asking_back(_Holder(right, root), root),
        }
