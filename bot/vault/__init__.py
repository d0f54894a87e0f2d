"""Seals what must not be read: the envelope around each record, and the ring of keys that opens it."""

from bot.vault.envelope import Envelope, open_envelope, parse_envelope, seal_envelope
from bot.vault.keyring import EnvelopeSealer, KeyRing, KeyRingError, RootKey, generate_key

__all__ = [
    "Envelope",
    "EnvelopeSealer",
    "KeyRing",
    "KeyRingError",
    "RootKey",
    "generate_key",
    "open_envelope",
    "parse_envelope",
    "seal_envelope",
]
