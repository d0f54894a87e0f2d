"""The store: the server, whether it may be trusted with secrets, and whether the encryption keys open what is in it."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from bot.domain.catalogue import explain_error
from bot.domain.errors import CwBotError, StoreError, StoreUnavailableError
from bot.runtime.doctor.findings import Check, Finding, Report, State, skipped, split_sentence
from bot.runtime.settings import Settings, SettingsError
from bot.runtime.storage import find_embedded, read_keyring
from bot.store.connection import Client, RedisUrlError, close, connect, ping
from bot.store.embedded import EmbeddedRedisError
from bot.store.health import StoreHealth, inspect
from bot.store.key_checks import RedisKeyChecks
from bot.store.local_key import FILE_NAME
from bot.store.reseal import RedisReseal
from bot.store.retries import retrying
from bot.store.server_binary import find_server
from bot.vault import EnvelopeSealer, KeyRing

_PATIENCE_SECONDS: Final = 6.0
_SLOW_MS: Final = 25.0
_NAME: Final = "Redis"
_KEYS: Final = "Encryption keys"


def store_checks(settings: Settings) -> list[Check]:
    """What is to be looked at."""
    checks = [Check(_NAME, partial(_look_at_store, settings)), Check(_KEYS, partial(_look_at_ring, settings))]
    if settings.uses_embedded_store:
        checks.insert(0, Check("Redis server", _look_at_binary))
    return checks


async def _look_at_binary(report: Report) -> None:
    """The server that the embedded store runs."""
    name = "Redis server"
    with tempfile.TemporaryDirectory(prefix="cw-bot-") as scratch:
        try:
            binary = await asyncio.to_thread(find_server, Path(scratch))
        except StoreError as error:
            said = explain_error(error)
            report(Finding(name, State.FAIL, said.summary, error.key, said.fix))
        else:
            report(Finding(name, State.OK, f"The store runs on {binary}.", "server_ok"))


async def _look_at_store(settings: Settings, report: Report) -> None:
    if settings.uses_embedded_store and not settings.cw_bot_data_dir.is_dir():
        report(skipped(_NAME, "The bot's own store is made at the first start."))
        return
    async with AsyncExitStack() as stack:
        with retrying(_PATIENCE_SECONDS):
            client = await _open(settings, stack, report)
            if client is None:
                return
            await _look_at_server(client, report, is_embedded=settings.uses_embedded_store)
            await _look_at_key_checks(settings, client, report)


async def _open(settings: Settings, stack: AsyncExitStack, report: Report) -> Client | None:
    """The store, or None once it is reported why not."""
    try:
        url = settings.redis_url.get_secret_value()
        client = connect(await find_embedded(settings, stack) if settings.uses_embedded_store else url)
        stack.push_async_callback(close, client)
        await ping(client)
    except (RedisUrlError, EmbeddedRedisError) as error:
        summary, fix = split_sentence(str(error))
        key = "redis_url" if isinstance(error, RedisUrlError) else "embedded"
        report(Finding(_NAME, State.FAIL, summary, key, fix or "Look at REDIS_URL and CW_BOT_DATA_DIR."))
    except StoreUnavailableError:
        fix = "Look whether it runs, and at the host, port and network of REDIS_URL."
        report(Finding(_NAME, State.FAIL, "It does not answer.", "redis_unreachable", fix))
    except StoreError as error:
        fix = "Look at the user and the password in REDIS_URL, and at the user's ACL."
        words = f"It answers, and refuses ({error.params.get('reason', error.key)})."
        report(Finding(_NAME, State.FAIL, words, "redis_refused", fix))
    else:
        return client
    return None


async def _look_at_server(client: Client, report: Report, *, is_embedded: bool) -> None:
    try:
        health = await inspect(client)
    except StoreError:
        fix = "Let the bot's user ask INFO, or look by yourself: maxmemory-policy noeviction, appendonly yes."
        report(Finding(_NAME, State.WARN, "It may not be asked how it is.", "redis_not_inspected", fix))
        return
    for finding in judge_server(health, is_embedded=is_embedded):
        report(finding)


def judge_server(health: StoreHealth, *, is_embedded: bool) -> Iterator[Finding]:
    """What its own words mean for what is kept in it."""
    problems = health.problems
    yield _judge_answer(health, is_too_old="too_old" in problems)
    yield _judge_policy(health)
    yield _judge_persistence(problems)
    if not is_embedded:
        yield _judge_replication(health)


def _judge_answer(health: StoreHealth, *, is_too_old: bool) -> Finding:
    what = f"{health.server} {health.version} answers in {health.latency_ms:.1f} ms"
    if is_too_old:
        fix = "Use Redis 6.2 or newer, or Valkey."
        return Finding(_NAME, State.FAIL, f"{what}, and is too old.", "redis_too_old", fix)
    if health.latency_ms > _SLOW_MS:
        fix = "Run it near the bot: it is asked several times before every answer to Slack."
        return Finding(_NAME, State.WARN, f"{what}, which is slow.", "redis_slow", fix)
    return Finding(_NAME, State.OK, f"{what}.", "redis_ok")


def _judge_policy(health: StoreHealth) -> Finding:
    name = "Redis memory policy"
    if health.may_evict:
        return Finding(
            name,
            State.FAIL,
            f"It throws records away when its memory is full ({health.maxmemory_policy}).",
            "redis_evicts",
            "Set maxmemory-policy to noeviction, or give the bot a Redis of its own.",
        )
    return Finding(name, State.OK, "It throws nothing away.", "redis_policy_ok")


def _judge_persistence(problems: tuple[str, ...]) -> Finding:
    name = "Redis persistence"
    if "saves_fail" in problems:
        fix = "Look at the server's disk and log: what is kept now is lost when it restarts."
        return Finding(name, State.FAIL, "The last write to disk failed.", "redis_saves_fail", fix)
    if "no_append_only_file" in problems:
        fix = "Set appendonly to yes."
        words = "It has no append-only file: a crash loses the last minutes."
        return Finding(name, State.WARN, words, "redis_no_append_only_file", fix)
    return Finding(name, State.OK, "It keeps an append-only file.", "redis_persistence_ok")


def _judge_replication(health: StoreHealth) -> Finding:
    name = "Redis replication"
    if health.role != "master":
        fix = "Point REDIS_URL at the master, or at Sentinel (redis+sentinel://)."
        return Finding(name, State.FAIL, f"This server is a {health.role}.", "redis_not_master", fix)
    replicas = {0: "No replica is connected", 1: "One replica is connected"}
    shown = replicas.get(health.replicas, f"{health.replicas} replicas are connected")
    return Finding(name, State.OK, f"{shown}.", "redis_replication_ok")


def _read_ring(settings: Settings) -> KeyRing | None:
    """The keys; None where they are still to be made, or to be given. Raises `SettingsError`."""
    is_given = settings.cw_bot_encryption_keys.get_secret_value() or settings.cw_bot_encryption_keys_file
    if not is_given:
        is_made = settings.uses_embedded_store and (settings.cw_bot_data_dir / FILE_NAME).exists()
        if not is_made:
            return None
    return read_keyring(settings)


async def _look_at_ring(settings: Settings, report: Report) -> None:
    try:
        ring = _read_ring(settings)
    except (CwBotError, SettingsError) as error:
        summary, fix = split_sentence(str(error))
        fix = fix or "Bring the right keys back; `cw-bot keys generate` shows how one looks."
        report(Finding(_KEYS, State.FAIL, summary, "keyring", fix))
        return
    if ring is not None:
        ids = ", ".join(ring.ids[1:])
        besides = f"; {ids} open what is older" if ids else ""
        report(Finding(_KEYS, State.OK, f"{ring.primary.id} seals{besides}.", "keyring_ok"))
    elif settings.uses_embedded_store:
        report(Finding(_KEYS, State.OK, "One is made at the first start.", "keyring_new"))
    else:
        report(skipped(_KEYS, "None is given.", "Make one with: cw-bot keys generate"))


async def _look_at_key_checks(settings: Settings, client: Client, report: Report) -> None:
    name = "Records"
    try:
        ring = _read_ring(settings)
    except SettingsError:
        ring = None
    if ring is None:
        report(skipped(name, "Without keys none can be opened."))
        return
    found = await RedisKeyChecks(client).compare(ring.check_values())
    counts = await RedisReseal(client, EnvelopeSealer(ring)).count_by_key()
    lost = sorted(it for it in counts if it not in ring.ids)
    if found.changed:
        words = f"The key {', '.join(found.changed)} is not the one that sealed them."
        fix = "Put the right one back into CW_BOT_ENCRYPTION_KEYS, or look whether REDIS_URL is the right store."
        report(Finding(name, State.FAIL, words, "key_changed", fix))
    elif lost:
        shown = ", ".join(f"{it or '(damaged)'} ({counts[it]})" for it in lost)
        fix = "Add it to CW_BOT_ENCRYPTION_KEYS behind the new one, then: cw-bot keys reseal"
        report(
            Finding(name, State.FAIL, f"Sealed with a key that is not given: {shown}.", "key_missing", fix)
        )
    else:
        report(Finding(name, State.OK, f"The keys open all {sum(counts.values())}.", "records_ok"))
