"""Connects to Redis however it is run: one server, a socket, Sentinel or a cluster; embedded is a socket too.

    redis://[user:password@]host:port/DB       rediss:// the same over TLS       unix:///path?db=N
    redis+sentinel://[user:password@]h:p,h:p/MASTER/DB     (rediss+sentinel:// over TLS)
    redis+cluster://[user:password@]h:p,h:p                (rediss+cluster:// over TLS)

Beyond that, `?sentinel_username=` and `?sentinel_password=` log in to the Sentinels, and
`?ssl_ca_certs=PATH` names the authority behind a TLS server's certificate.
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from redis import __version__ as redis_version
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.exceptions import ConnectionError  # noqa: A004 - redis-py's, which is no OSError
from redis.maint_notifications import MaintNotificationsConfig

from bot.domain.errors import StoreError
from bot.store.lean import LeanRedis
from bot.store.retries import persist

Client = Redis | RedisCluster

_DIRECT: Final = frozenset({"redis", "rediss", "unix"})
_MANY: Final = {
    "redis+sentinel": 26379,
    "rediss+sentinel": 26379,
    "redis+cluster": 6379,
    "rediss+cluster": 6379,
}
_DRIVER: Final = DriverInfo(lib_version=redis_version)
_CONNECT_SECONDS: Final = 5.0
_POOL_WAIT_SECONDS: Final = 5.0


class RedisUrlError(StoreError):
    """The Redis URL cannot be used. `str()` is a sentence for the operator, without the URL's password."""

    default_key = "redis_url"

    def __init__(self, sentence: str) -> None:
        super().__init__(None, reason=sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class _Address:
    """A URL with several hosts, taken apart."""

    hosts: tuple[tuple[str, int], ...]
    path: tuple[str, ...]
    login: dict[str, Any]
    options: dict[str, str]


def connect(url: str, *, max_connections: int = 64, client_name: str = "cw-bot") -> Client:
    """A client for the URL, not connected yet (`ping` finds out). Raises `RedisUrlError`.

    Its replies are bytes, its own retries are off, its pool holds at most `max_connections` (of each
    cluster node).
    """
    scheme = url.partition("://")[0].lower()
    options: dict[str, Any] = {
        "client_name": client_name,
        "decode_responses": False,
        "legacy_responses": False,
        # Left to itself, each connection would read the version of its library from disk: 3 ms of everybody's time.
        "driver_info": _DRIVER,
        # Notices of a hosted product's maintenance; asking for them costs a command on every connection.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        "max_connections": max_connections,
        "retry": Retry(NoBackoff(), 0),
        "socket_connect_timeout": _CONNECT_SECONDS,
        # The deadline of `bot.store.retries` bounds each operation. redis-py would wrap each write into
        # `asyncio.wait_for`, which loses cancellations on Python 3.11.
        "socket_timeout": None,
    }
    try:
        if scheme in _DIRECT:
            return LeanRedis.from_pool(
                BlockingConnectionPool.from_url(url, timeout=_POOL_WAIT_SECONDS, **options)
            )
        if scheme in _MANY:
            address = _take_apart(url, _MANY[scheme])
            return _connect_many(scheme, address, options)
    except (ValueError, TypeError):
        # The library's own words may repeat parts of the URL.
        raise RedisUrlError("REDIS_URL cannot be read: look at its host, port and options.") from None
    raise RedisUrlError(f"REDIS_URL must start with one of: {', '.join(sorted(_DIRECT | set(_MANY)))}.")


async def ping(client: Client) -> None:
    """Find out whether Redis answers. Raises `StoreUnavailableError`, or `StoreError` when it refuses us."""
    await persist(client.ping)


async def close(client: Client) -> None:
    """Close every connection, those to Sentinels too. May be called again."""
    await client.aclose()
    if isinstance(client, Redis):
        pool = client.connection_pool
        await pool.disconnect()
        if isinstance(pool, SentinelConnectionPool):
            await pool.sentinel_manager.aclose()


async def refuse_deposed(client: Redis) -> None:
    """Where Sentinel has made another server the master, what the old one was told is lost: raises `ConnectionError`.

    A master that stood still, or that nobody but us could reach, goes on taking writes until it hears of the other one.
    """
    pool = client.connection_pool
    if not isinstance(pool, SentinelConnectionPool):
        return
    address = await pool.sentinel_manager.discover_master(pool.service_name)
    if address != pool.master_address:
        await pool.disconnect()
        raise ConnectionError("another server is the master")


def _take_apart(url: str, default_port: int) -> _Address:
    # By hand: with brackets inside a list of hosts, `urlsplit` of a newer Python refuses the whole.
    place, _, query = url.partition("://")[2].partition("#")[0].partition("?")
    netloc, _, path = place.partition("/")
    login, _, hosts = netloc.rpartition("@")
    user, _, password = login.partition(":")
    parsed = [urlsplit(f"//{host}") for host in hosts.split(",")]
    if not all(host.hostname for host in parsed):
        raise RedisUrlError("REDIS_URL names no host.")
    return _Address(
        hosts=tuple((str(host.hostname), host.port or default_port) for host in parsed),
        path=tuple(unquote(part) for part in path.split("/") if part),
        login={"username": unquote(user) or None, "password": unquote(password) or None},
        options=dict(parse_qsl(query)),
    )


def _connect_many(scheme: str, address: _Address, options: dict[str, Any]) -> Client:
    options = options | address.login
    if scheme.startswith("rediss"):
        options |= {"ssl": True, "ssl_ca_certs": address.options.get("ssl_ca_certs")}
    if scheme.endswith("cluster"):
        nodes = [ClusterNode(host, port) for host, port in address.hosts]
        return RedisCluster(startup_nodes=nodes, **options)
    return _connect_sentinel(address, options)


def _connect_sentinel(address: _Address, options: dict[str, Any]) -> Redis:
    if not address.path:
        raise RedisUrlError(
            "REDIS_URL with Sentinel needs the master's name: redis+sentinel://host:port/MASTER/DB."
        )
    kept = ("ssl", "ssl_ca_certs", "retry", "socket_timeout", "socket_connect_timeout", "legacy_responses")
    sentinel_options = {name: options[name] for name in kept if name in options}
    sentinel_options |= {
        "username": address.options.get("sentinel_username"),
        "password": address.options.get("sentinel_password"),
        # A Sentinel that hangs must not eat the deadline while another one would answer.
        "socket_timeout": 0.5,
        "socket_connect_timeout": 0.5,
    }
    sentinel = Sentinel(  # type: ignore[no-untyped-call]  # redis-py has no types here
        list(address.hosts), sentinel_kwargs=sentinel_options
    )
    db = int(address.path[1]) if len(address.path) > 1 else 0
    master: Redis = sentinel.master_for(address.path[0], redis_class=LeanRedis, db=db, **options)
    return master
