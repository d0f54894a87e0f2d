"""Gives the tests of this folder a real server."""

from tests.store.server import redis, redis_server, sealer

__all__ = ["redis", "redis_server", "sealer"]
