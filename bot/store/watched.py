"""Has somebody told of every command that a client sends: how long it took, and whether Redis took it."""

from typing import Any

from redis import exceptions

from bot.domain.calls import Begin
from bot.store.connection import Client

_REFUSED = (exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.ResponseError)


def watch_commands(client: Client, begin: Begin) -> None:
    """From now on `begin` is told of each, by the command's name alone.

    It ends `ok`, `refused`, `unreachable`, or `given_up` where nobody waited any longer. Pipelines are not told of.
    """
    execute = client.execute_command

    async def watched(*args: Any, **options: Any) -> Any:
        end, outcome = begin(str(args[0])), "given_up"
        try:
            reply = await execute(*args, **options)
            outcome = "ok"
        except exceptions.NoScriptError:
            outcome = "ok"  # a server that has not seen the script yet: it is sent next
            raise
        except (exceptions.RedisError, exceptions.RedisClusterException, OSError) as error:
            outcome = "refused" if isinstance(error, _REFUSED) else "unreachable"
            raise
        finally:
            end(outcome)
        return reply

    client.execute_command = watched  # type: ignore[method-assign]  # the one door through which every command goes
