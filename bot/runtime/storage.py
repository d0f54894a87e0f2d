"""Opens what is kept: the Redis of the settings, or the bot's own, and the ring of keys that opens its records."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace

import structlog

from bot.domain.calls import Begin, unwatched
from bot.domain.errors import StoreError, StoreUnavailableError
from bot.runtime.server_check import count_replicas
from bot.runtime.settings import Settings, SettingsError
from bot.store.connection import Client, close, connect, ping
from bot.store.embedded import EmbeddedRedis, EmbeddedRedisError
from bot.store.key_checks import RedisKeyChecks
from bot.store.local_key import ensure_local_key
from bot.store.reseal import RedisReseal
from bot.store.retries import retrying
from bot.store.watched import watch_commands
from bot.vault import EnvelopeSealer, KeyRing, KeyRingError

log = structlog.get_logger(__name__)

# How long a bot that starts waits for Redis, each step of the way, and after how long it says so.
PATIENCE_SECONDS = 10.0
_SILENT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Storage:
    """The open store."""

    redis: Client
    keyring: KeyRing
    replicas: int = 0  # how many a write of credentials waits a moment for

    @property
    def sealer(self) -> EnvelopeSealer:
        """What seals and opens its records."""
        return EnvelopeSealer(self.keyring)


async def open_storage(settings: Settings, stack: AsyncExitStack, *, begin: Begin = unwatched) -> Storage:
    """Connect, read the keys, and refuse a key that is wrong or missing. `stack` closes it all.

    `begin` is told of every command to Redis from then on.

    Redis is waited for: it may be starting too, or be in the middle of a failover.

    Raises `SettingsError` and the errors of `bot.store` and `bot.vault`; each is a sentence for the operator.
    """
    url = settings.redis_url.get_secret_value()
    if settings.uses_embedded_store:
        embedded = await stack.enter_async_context(EmbeddedRedis(settings.cw_bot_data_dir))
        url = embedded.url
    with retrying(PATIENCE_SECONDS), _telling_of_the_wait():
        storage = await attach_storage(settings, url, stack)
        await check_keys(storage)
        watch_commands(storage.redis, begin)
        if settings.uses_embedded_store:
            return storage
        return replace(storage, replicas=min(1, await count_replicas(storage.redis)))


@contextmanager
def _telling_of_the_wait() -> Iterator[None]:
    """Whoever waits at a terminal reads what for."""
    telling = asyncio.get_running_loop().call_later(
        _SILENT_SECONDS, lambda: log.warning("redis_awaited", seconds=PATIENCE_SECONDS)
    )
    try:
        yield
    finally:
        telling.cancel()


async def open_beside(settings: Settings, stack: AsyncExitStack, *, checks_keys: bool = True) -> Storage:
    """For the command line: the store of a bot that may be running. Without `checks_keys` a missing key is no obstacle.

    Raises as `open_storage`.
    """
    url = settings.redis_url.get_secret_value()
    if settings.uses_embedded_store:
        url = await find_embedded(settings, stack)
    storage = await attach_storage(settings, url, stack)
    if checks_keys:
        await check_keys(storage)
    return storage


async def find_embedded(settings: Settings, stack: AsyncExitStack) -> str:
    """Where the bot's own store is: that of a running bot, or one that runs for as long as `stack` is open.

    Raises `SettingsError` and `EmbeddedRedisError`.
    """
    data_dir = settings.cw_bot_data_dir
    if not data_dir.is_dir():
        raise SettingsError(
            f"There is no store in {data_dir.absolute()}. Set CW_BOT_DATA_DIR to the bot's data directory, or REDIS_URL."
        )
    embedded = EmbeddedRedis(data_dir)
    try:
        await stack.enter_async_context(embedded)
    except EmbeddedRedisError:
        # A running bot holds the directory: then its server is there to be asked.
        if not await _answers(embedded.url):
            raise
    return embedded.url


async def _answers(url: str) -> bool:
    client = connect(url)
    try:
        await ping(client)
    except StoreError:
        return False
    finally:
        await close(client)
    return True


async def attach_storage(settings: Settings, url: str, stack: AsyncExitStack) -> Storage:
    """Connect to a store that runs already, without holding the keys against it."""
    redis = connect(url)
    stack.push_async_callback(close, redis)
    await _greet(redis, settings)
    return Storage(redis, read_keyring(settings))


async def _greet(redis: Client, settings: Settings) -> None:
    try:
        await ping(redis)
    except StoreUnavailableError:
        if settings.uses_embedded_store:
            raise
        raise SettingsError(
            "REDIS_URL leads to no Redis that answers. Look whether it runs, and at its host, port and network."
        ) from None
    except StoreError as error:
        raise SettingsError(
            f"REDIS_URL leads to a Redis that refuses the bot ({error.params.get('reason', error.key)}). Look at the "
            "user and the password in it, and at that user's ACL."
        ) from None


def read_keyring(settings: Settings) -> KeyRing:
    """The keys, from the environment, the file, or the embedded store's own file. Raises `SettingsError`."""
    variable = "CW_BOT_ENCRYPTION_KEYS"
    try:
        if given := settings.cw_bot_encryption_keys.get_secret_value():
            return KeyRing.parse(given)
        variable = "CW_BOT_ENCRYPTION_KEYS_FILE"
        if settings.cw_bot_encryption_keys_file:
            return KeyRing.from_file(settings.cw_bot_encryption_keys_file)
        variable = "CW_BOT_DATA_DIR"
        return KeyRing.from_file(ensure_local_key(settings.cw_bot_data_dir))
    except KeyRingError as error:
        raise SettingsError(f"{variable} cannot be used: {error}") from None


async def check_keys(storage: Storage) -> None:
    """A wrong or missing key refuses the start: going on would seal new records that the old key cannot join.

    A key that is missing and has no record left is forgotten, so that it may be dropped after resealing. Remembered is
    the key that seals from now on: one that was never first has sealed nothing here.
    """
    checks = RedisKeyChecks(storage.redis)
    found = await checks.compare(storage.keyring.check_values())
    if found.changed:
        raise SettingsError(
            f"The encryption key {', '.join(found.changed)} is not the one that sealed this store's records. Put the "
            "right one back into CW_BOT_ENCRYPTION_KEYS, or look whether REDIS_URL is the right store."
        )
    if found.missing:
        counts = await RedisReseal(storage.redis, storage.sealer).count_by_key()
        needed = [f"{key_id} ({counts[key_id]})" for key_id in found.missing if counts.get(key_id)]
        if needed:
            raise SettingsError(
                f"This store holds records sealed with the encryption key {', '.join(needed)}, which is not given. Add "
                "it to CW_BOT_ENCRYPTION_KEYS behind the new one; `cw-bot keys reseal` moves the records to the new one."
            )
        for key_id in found.missing:
            await checks.forget(key_id)
    primary = storage.keyring.primary
    await checks.remember({primary.id: primary.check_value})
