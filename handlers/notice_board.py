"""Puts the monitor's notices into threads, each once: the intent is recorded before the post, what was said after it.

Where Slack is known not to have taken a notice, it is tried again later. Where that is not known (the answer was lost,
the process ended between the post and its record), it is tried again once the intent has gone stale, under the same name:
Slack makes one message of it, since a team that is told twice stops reading.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from bot.domain.errors import CwBotError, StoreError
from bot.domain.instance import Outline
from bot.domain.monitor import Notice
from bot.domain.onboarding import Onboarding, Phase, Thread
from bot.domain.thread import name_post
from bot.slack.errors import NameSpentError, SlackError
from bot.slack.gateway import SlackGateway
from handlers.blocks.card import Message
from handlers.blocks.notices_monitor import build_notice
from handlers.threads import Records

log = structlog.get_logger(__name__)

_PREFIX: Final = "notice/"
_LATER: Final = frozenset(
    {"unreachable", "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"}
)
# How many notices of a thread are remembered as said: more than can be in an outbox.
_REMEMBERED: Final = 20


class SlackNoticeBoard:
    """Implements `bot.services.monitor.NoticeBoard` over the gateway."""

    def __init__(self, gateway: SlackGateway, records: Records, *, clock: Callable[[], datetime]) -> None:
        self._gateway = gateway
        self._records = records
        self._clock = clock

    async def say(self, instance: Outline, notice: Notice) -> bool:
        """Post it into the instance's thread, unless it was. False where that has to be tried again later."""
        try:
            onboarding = await self._records.find(instance.team_id, instance.id)
            if onboarding is None or onboarding.phase is Phase.CLOSED or not onboarding.thread.parent_ts:
                return True  # there is no place to say it
            return await self._say(onboarding, f"{_PREFIX}{notice.serial}", build_notice(instance, notice))
        except CwBotError as error:
            log.warning("notice_not_posted", instance=instance.id, serial=notice.serial, key=error.key)
            return not isinstance(error, StoreError)

    async def _say(self, onboarding: Onboarding, part: str, message: Message) -> bool:
        now = self._clock()
        if onboarding.thread.has(part):
            return True
        claimed = await self._record(onboarding, lambda it: it.claimed([part], now))
        if claimed.thread.intents.get(part) != now:
            return False  # somebody is at it, or its outcome may still become known
        return await self._post(claimed, part, message)

    async def _post(self, onboarding: Onboarding, part: str, message: Message) -> bool:
        try:
            await self._gateway.post(
                onboarding.team_id,
                onboarding.thread.channel_id,
                text=message.text,
                blocks=message.blocks,
                thread_ts=onboarding.thread.parent_ts,
                metadata={
                    "event_type": "cw_bot",
                    "event_payload": {"onboarding": onboarding.id, "part": part},
                },
                name=name_post(onboarding.team_id, onboarding.id, part, onboarding.thread),
            )
        except SlackError as error:
            log.warning("notice_not_posted", onboarding=onboarding.id, part=part, slack=error.error)
            if error.may_be_done:
                return False  # the intent stays, and is tried again once it is stale
            if isinstance(error, NameSpentError):
                await self._record(onboarding, lambda it: it.uttered(part))
                return True  # it was said, and somebody has deleted it
            await self._record(onboarding, lambda it: it.released([part]))
            return error.error not in _LATER
        await self._record(onboarding, lambda it: _said(it, part))
        return True

    async def _record(self, onboarding: Onboarding, transition: Callable[[Thread], Thread]) -> Onboarding:
        return await self._records.change_thread(onboarding.team_id, onboarding.id, transition)


def _said(thread: Thread, part: str) -> Thread:
    """With what was said; notices of long ago are forgotten, so that a thread does not grow for ever."""
    thread = thread.uttered(part)
    notices = [it for it in thread.said if it.startswith(_PREFIX)]
    old = set(notices[:-_REMEMBERED])
    return thread.model_copy(update={"said": tuple(it for it in thread.said if it not in old)})
