"""Known bugs, planted to see whether the checker finds them: by `CHAOS_PLANT` in a hurried bot's environment alone.

`post_before_record`: a message is posted, and only then written down. `lease_without_token`: whoever comes last may end a
job. `retry_of_add`: a command that is not idempotent is sent again where its answer was lost.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

PLANTS: dict[str, Callable[[], None]] = {}


def plant(name: str) -> None:
    """Plant the bug of that name. To be called before the bot is started."""
    PLANTS[name]()


def _named(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def keep(planting: Callable[[], None]) -> Callable[[], None]:
        PLANTS[name] = planting
        return planting

    return keep


@_named("post_before_record")
def _post_before_record() -> None:
    """Neither the intent nor the name of a post is known before it is made."""
    from handlers import threads

    async def claim(_: Any, onboarding: Any, parts: Sequence[str]) -> tuple[Any, list[str]]:
        return onboarding, list(parts)

    threads.SlackThreads._claim = claim  # type: ignore[assignment, method-assign]
    threads.name_post = lambda *_: str(uuid.uuid4())  # type: ignore[attr-defined]


@_named("lease_without_token")
def _lease_without_token() -> None:
    """A lease that anybody may end or put off, whoever has it now."""
    from bot.store.scripts import Script

    check = "redis.call('HGET', leases, id) ~= ARGV[2]"
    original = Script.__init__

    def forget_the_token(self: Any, name: str) -> None:
        original(self, name)
        if name in ("schedule_finish", "schedule_postpone"):
            assert check in self._text
            _replace_text(self, self._text.replace(check, "false"))

    Script.__init__ = forget_the_token  # type: ignore[method-assign]


@_named("retry_of_add")
def _retry_of_add() -> None:
    """The audit trail's entries are added without a mark, and sent again where no answer came."""
    from bot.store import keys
    from bot.store.audit import RedisAudit
    from bot.store.retries import persist

    async def append(self: Any, team_id: str, *events: Any) -> list[str]:
        async def add(event: Any) -> str:
            return str(await persist(lambda: self._redis.xadd(keys.audit(team_id), dict(event))))

        return [await add(it) for it in events]

    RedisAudit.append = append  # type: ignore[method-assign]


def _replace_text(script: Any, text: str) -> None:
    import hashlib

    script._text = text
    script._digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
