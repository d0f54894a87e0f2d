"""redis-py's client with a shorter way for single commands: connections stay at hand between them.

Most of what a command costs in redis-py is taking a connection out of its pool and putting it back, under locks, with a
look at its socket and a record for telemetry each time: several times the command itself, twice before every ack. Here a
connection that was used lies ready for the next command as it is. What the look at the socket is for, connections that
died meanwhile, shows as an error of the command, which `bot.store.retries` repeats: after any failure all that lie ready
are closed, and open anew when they are next used, behind Sentinel towards whoever is the master then.
"""

import asyncio
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.connection import Connection
from redis.exceptions import ClusterDownError, ReadOnlyError, ResponseError

# A no that says something of the server behind the connection.
_NOT_THE_MASTER: Final = (ClusterDownError, ReadOnlyError)
# The rest of the pool is for pipelines, which take their connections from it.
_SHARE: Final = 0.75


class LeanRedis(Redis):
    """A client whose single commands share connections that stay open. Never blocks one: for commands that answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._ready: list[Connection] = []
        self._turns = asyncio.Semaphore(max(1, int(self.connection_pool.max_connections * _SHARE)))

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send one command and read its answer. Raises redis-py's errors."""
        async with self._turns:
            connection = self._ready.pop() if self._ready else await self._take()
            try:
                if not connection.is_connected:
                    # Not left to `send_command`: that would go to the address of before.
                    await connection.connect()  # type: ignore[no-untyped-call]  # redis-py has no types here
                await connection.send_command(*args)
                return await self.parse_response(connection, args[0], **options)
            except BaseException as error:
                if _is_refusal(error):
                    raise
                # Cancelled by a deadline, lost, or demoted: what happened to one may have happened to all.
                for one in (connection, *self._ready):
                    await one.disconnect(nowait=True)
                raise
            finally:
                self._ready.append(connection)

    async def _take(self) -> Connection:
        taken: Connection = await self.connection_pool.get_connection()  # type: ignore[no-untyped-call]  # redis-py has no types here
        return taken


def _is_refusal(error: BaseException) -> bool:
    """Whether Redis has answered, with a no that says nothing of the connection.

    A script that met a replica may report it inside an error of its own.
    """
    return (
        isinstance(error, ResponseError)
        and not isinstance(error, _NOT_THE_MASTER)
        and not any(word in str(error) for word in ("READONLY", "MASTERDOWN"))
    )
