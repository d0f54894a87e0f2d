"""`/cw-status`: what is known at once and in short, then the fresh verdict below it.

Slack replaces nothing through a command's response_url, whatever it is asked: each use is one more message. So what is
known takes a line or a list, the buttons come with the answer, and a list that takes long is shown at most twice before
it is whole. (Behind a button there is a message to replace, and `handlers.surface` does.)
"""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.domain.instance import Instance, Outline
from bot.services.access import Action
from bot.services.status import Glance, Overview, StatusService, can_ask
from bot.slack.errors import SlackError
from handlers.blocks.card import Message
from handlers.blocks.kit import JSON
from handlers.blocks.notices import STATUS_USAGE, build_refusal, build_usage
from handlers.blocks.status import (
    build_asking,
    build_asking_all,
    build_list,
    build_nothing,
    build_status,
    build_unknown,
)
from handlers.commands import audit, digest
from handlers.guard import guard_command
from handlers.ids import Command
from handlers.payload import Body, read_actor
from handlers.services import Services
from handlers.surface import now

log = structlog.get_logger(__name__)

# When a list that still waits for answers is shown as far as it is.
UPDATES_AFTER_SECONDS = (4.0, 15.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to show now, and what to ask live afterwards: one instance, or all of those in the overview.

    `is_list` without an overview stands for all that there are, none of which has been read.
    """

    message: Message
    live: Instance | None = None
    overview: Overview[Outline] | None = None
    is_list: bool = False


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def tell_status(ack: AsyncAck, body: Body) -> None:
        name = _words(body)
        if name.casefold() == "help":
            text, blocks = build_usage(STATUS_USAGE)
            await ack(text=text, blocks=blocks, response_type="ephemeral")
            return
        team_id, url = read_actor(body).team_id, str(body["response_url"])
        answer = await choose_answer(services.status, team_id, _unescape(name))
        await ack(text=answer.message.text, blocks=answer.message.blocks, response_type="ephemeral")
        if answer.is_list and answer.overview is not None:
            services.spawn(stream_list(services, answer.overview, url), name="status-all")
        elif answer.is_list:
            services.spawn(list_and_stream(services, team_id, url), name="status-all")
        elif answer.live is not None:
            services.spawn(check_and_tell(services, answer.live, url), name="status-check")

    guarded = guard_command(services, Action.STATUS, tell_status)
    # One command, several rights: these words are for those who may set up.
    privileged = {
        audit.WORD: guard_command(services, Action.AUDIT, audit.tell_audit(services)),
        **dict.fromkeys(digest.WORDS, guard_command(services, Action.MANAGE, digest.set_digest(services))),
    }

    async def choose(ack: AsyncAck, body: Body) -> None:
        await privileged.get(_words(body).casefold(), guarded)(ack, body)

    app.command(Command.STATUS)(choose)


async def choose_answer(status: StatusService, team_id: str, name: str) -> Answer:
    """The answer to the command with these words behind it; of many instances, the others are not read for it."""
    is_list = name.casefold() == "all"
    known = await status.glance(team_id, "" if is_list else name)
    if not known.number:
        return Answer(build_nothing())
    if is_list:
        return _answer_all(known)
    if known.instance is not None and can_ask(known.instance, known.onboarding):
        return Answer(build_asking(known.instance, known.onboarding, now=now()), live=known.instance)
    overview = known.overview or await status.survey(team_id)
    if known.instance is not None:
        return Answer(_show(overview, known.instance))
    return Answer(build_unknown(overview, name) if name else build_list(overview, now=now()))


def _answer_all(known: Glance) -> Answer:
    if known.overview is None:
        return Answer(build_asking_all(known.number), is_list=True)
    waiting = {it.id for it in _find_live(known.overview)}
    message = build_list(known.overview, now=now(), waiting=waiting)
    return Answer(message, overview=known.overview, is_list=bool(waiting))


async def check_and_tell(services: Services, instance: Instance, response_url: str) -> None:
    """Ask ConnectWise and show the fresh verdict."""
    refusal: list[JSON] = []
    overview: Overview[Outline] = Overview((instance,))
    try:
        instance = await services.status.check(instance.team_id, instance.id)
    except CwBotError as error:
        log.info("status_check_refused", key=error.key, instance=instance.id)
        _, refusal = build_refusal(error)
    # Without the others it is shown all the same.
    with contextlib.suppress(CwBotError):
        overview = await services.status.survey(instance.team_id)
    message = _show(overview, instance)
    await _update(services, Message(message.text, [*message.blocks, *refusal]), response_url)


async def list_and_stream(services: Services, team_id: str, response_url: str) -> None:
    """Read all of them, show what is known, and ask."""
    try:
        overview = await services.status.survey(team_id)
    except CwBotError as error:
        text, blocks = build_refusal(error)
        await _update(services, Message(text=text, blocks=blocks), response_url)
        return
    waiting = {it.id for it in _find_live(overview)}
    await _update(services, build_list(overview, now=now(), waiting=waiting), response_url)
    if waiting:
        await stream_list(services, overview, response_url)


async def stream_list(services: Services, overview: Overview[Outline], response_url: str) -> None:
    """Ask all of them, a few at once, and show the list when all have answered, and meanwhile if that takes long."""
    state = _Progress(overview)

    async def ask() -> None:
        async for checked in services.status.check_all(_find_live(overview)):
            state.note(checked.instance, failed=checked.error is not None)

    asking = services.spawn(ask(), name="status-all-ask")
    started = asyncio.get_running_loop().time()
    for after in UPDATES_AFTER_SECONDS:
        left = started + after - asyncio.get_running_loop().time()
        await asyncio.wait({asking}, timeout=max(0.0, left))
        if asking.done():
            break
        if state.take_news():
            await _update(services, state.show(), response_url)
    await asyncio.wait({asking})
    state.waiting.clear()
    await _update(services, state.show(), response_url)


def _find_live(overview: Overview[Outline]) -> tuple[Outline, ...]:
    return tuple(it for it in overview.instances if overview.can_ask(it))


class _Progress:
    """How far the asking is."""

    def __init__(self, known: Overview[Outline]) -> None:
        self.known = known
        self.waiting = {it.id for it in _find_live(known)}
        self.failed: set[str] = set()
        self._newer: dict[str, Outline] = {}
        self._has_news = False

    def note(self, instance: Outline, *, failed: bool) -> None:
        """One has answered."""
        self._newer[instance.id] = instance
        self.waiting.discard(instance.id)
        self._has_news = True
        if failed:
            self.failed.add(instance.id)

    def take_news(self) -> bool:
        """Whether anything came since this was asked last."""
        has_news, self._has_news = self._has_news, False
        return has_news

    def show(self) -> Message:
        """The list as it is now."""
        instances = tuple(self._newer.get(it.id, it) for it in self.known.instances)
        overview = Overview(instances, self.known.onboardings)
        return build_list(overview, now=now(), waiting=self.waiting, failed=self.failed)


async def _update(services: Services, message: Message, response_url: str) -> None:
    try:
        await services.gateway.respond(response_url, text=message.text, blocks=message.blocks)
    except SlackError as error:
        log.warning("status_not_updated", slack=error.error)


def _show(overview: Overview[Outline], instance: Instance) -> Message:
    return build_status(
        instance,
        overview.onboardings.get(instance.id),
        now=now(),
        others=overview.others(instance),
    )


def _words(body: Body) -> str:
    """What stands behind the command."""
    return " ".join(str(body.get("text", "")).split())


def _unescape(text: str) -> str:
    """Slack escapes three characters in what follows a command."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
