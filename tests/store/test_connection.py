import pytest
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection
from redis.asyncio.sentinel import SentinelConnectionPool

from bot.domain.errors import StoreError
from bot.store.connection import RedisUrlError, close, connect, ping
from bot.store.embedded import EmbeddedRedis


def settings(url: str) -> dict[str, object]:
    client = connect(url)
    assert isinstance(client, Redis)
    return dict(client.connection_pool.connection_kwargs)


def test_one_server_is_reached_with_its_login_and_database() -> None:
    found = settings("redis://user:p%40ss@db.example:6380/3")
    assert [found[name] for name in ("host", "port", "db", "username", "password")] == [
        "db.example",
        6380,
        3,
        "user",
        "p@ss",
    ]


@pytest.mark.parametrize(
    "url", ["redis://h", "rediss://h", "unix:///s", "redis+sentinel://h/m", "redis+cluster://h"]
)
def test_replies_are_bytes_and_the_client_s_own_retries_are_off(url: str) -> None:
    client = connect(url)
    found = (
        client.connection_kwargs
        if isinstance(client, RedisCluster)
        else client.connection_pool.connection_kwargs
    )
    assert found["decode_responses"] is False
    assert found["legacy_responses"] is False
    retry = client.retry if isinstance(client, RedisCluster) else found["retry"]
    assert retry is not None
    assert retry.get_retries() == 0


def test_tls_and_sockets_have_connections_of_their_own() -> None:
    for url, kind in (("rediss://h", SSLConnection), ("unix:///tmp/x?db=2", UnixDomainSocketConnection)):
        client = connect(url)
        assert isinstance(client, Redis)
        assert client.connection_pool.connection_class is kind


def test_the_pool_is_bounded() -> None:
    client = connect("redis://h", max_connections=7)
    assert isinstance(client, Redis)
    assert client.connection_pool.max_connections == 7


def test_sentinels_are_asked_for_the_master_with_their_own_login() -> None:
    client = connect(
        "redis+sentinel://user:p[w%2F@s1:26380,[::1],s3/main/2?sentinel_username=watch&sentinel_password=w"
    )
    assert isinstance(client, Redis)
    pool = client.connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    assert pool.service_name == "main"
    assert pool.connection_kwargs["db"] == 2
    assert pool.connection_kwargs["password"] == "p[w/"
    asked = [it.connection_pool.connection_kwargs for it in pool.sentinel_manager.sentinels]
    assert [(it["host"], it["port"]) for it in asked] == [("s1", 26380), ("::1", 26379), ("s3", 26379)]
    assert {(it["username"], it["password"]) for it in asked} == {("watch", "w")}


def test_a_cluster_starts_from_any_of_its_nodes() -> None:
    client = connect("redis+cluster://user:pw@n1:7000,n2")
    assert isinstance(client, RedisCluster)
    assert [(it.host, it.port) for it in client.startup_nodes] == [("n1", 7000), ("n2", 6379)]
    assert client.connection_kwargs["password"] == "pw"


@pytest.mark.parametrize("scheme", ["rediss+sentinel://h/m", "rediss+cluster://h"])
def test_tls_is_there_for_many_servers_too(scheme: str) -> None:
    client = connect(f"{scheme}?ssl_ca_certs=/etc/ca.pem")
    if isinstance(client, RedisCluster):
        assert client.connection_kwargs["ssl_ca_certs"] == "/etc/ca.pem"
    else:
        assert issubclass(client.connection_pool.connection_class, SSLConnection)
        assert client.connection_pool.connection_kwargs["ssl_ca_certs"] == "/etc/ca.pem"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:6379",
        "http://user:canary@h",
        "redis://user:canary@h:port",
        "redis://user:canary@h/0?socket_timeout=canary",
        "redis+sentinel://user:canary@h:1",
        "redis+sentinel://user:canary@h:1/main/canary",
        "redis+sentinel://user:canary@/main",
        "redis+cluster://user:canary@",
        "redis+cluster://user:canary@h:canary",
        "redis+cluster://user:canary@h,,i",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(RedisUrlError) as caught:
        connect(url)
    assert str(caught.value).startswith("REDIS_URL")
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.params}"
    assert caught.value.__cause__ is None


async def test_a_wrong_password_is_a_refusal_at_once(redis_server: EmbeddedRedis) -> None:
    path = redis_server.url.removeprefix("unix://")
    client = connect(f"unix://user:canary@{path}")
    with pytest.raises(StoreError) as caught:
        await ping(client)
    assert caught.value.key == "store"
    assert "canary" not in repr(caught.value)
    await close(client)


async def test_closing_may_be_repeated_and_comes_before_any_connection(redis_server: EmbeddedRedis) -> None:
    for url in (redis_server.url, "redis+sentinel://127.0.0.1:1/m", "redis+cluster://127.0.0.1:1"):
        client = connect(url)
        await close(client)
        await close(client)
