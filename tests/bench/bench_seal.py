"""What sealing and opening a kilobyte costs, beside AES-256-GCM alone with a key that is at hand."""

import os
import statistics
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.domain.sealing import Place
from bot.vault import EnvelopeSealer, KeyRing, generate_key
from tests.bench.rows import Row, verdict

_BATCH, _BATCHES = 50, 80
_PLACE = Place("T0TEAM", "0123456789abcdef", "instance/1", 7)


def _microseconds(work: Callable[[], object], others: Callable[[], object]) -> tuple[float, float]:
    """The median of each, taken in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(_BATCHES):
        for one, seconds in zip((work, others), taken, strict=True):
            started = time.perf_counter()
            for _ in range(_BATCH):
                one()
            seconds.append((time.perf_counter() - started) / _BATCH * 1e6)
    return statistics.median(taken[0]), statistics.median(taken[1])


async def run() -> list[Row]:
    """Measure."""
    sealer, plain = EnvelopeSealer(KeyRing.parse(generate_key("bench"))), os.urandom(1024)
    sealed, bare, nonce = sealer.seal(plain, _PLACE), AESGCM(os.urandom(32)), os.urandom(12)
    encrypted = bare.encrypt(nonce, plain, b"")
    pairs = {
        "seal 1 KB": _microseconds(
            lambda: sealer.seal(plain, _PLACE), lambda: bare.encrypt(nonce, plain, b"")
        ),
        "open 1 KB": _microseconds(
            lambda: sealer.open(sealed, _PLACE), lambda: bare.decrypt(nonce, encrypted, b"")
        ),
    }
    return [
        Row(
            what=what,
            median=f"{ours:.1f} µs",
            baseline=f"{alone:.1f} µs",
            ratio=f"{ours / alone:.1f}",
            target="< 20 µs",
            met=verdict(ours < 20),
        )
        for what, (ours, alone) in pairs.items()
    ]
