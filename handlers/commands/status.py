"""`/cw-status`: what is known at once and in short, then the fresh verdict below it.

Slack replaces nothing through a command's response_url, whatever it is asked: each use is one more message. So what is
known takes a line or a list, the buttons come with the answer, and a list that takes long is shown at most twice before
it is whole. (Behind a button there is a message to replace, and `handlers.surface` does.)
"""

import asyncio
from dataclasses import dataclass

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.domain.instance import Instance
from bot.services.access import Action
from bot.services.status import Overview
from bot.slack.errors import SlackError
from handlers.blocks.card import Message
from handlers.blocks.notices import STATUS_USAGE, build_refusal, build_usage
from handlers.blocks.status import build_asking, build_list, build_nothing, build_status, build_unknown
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
    """What to show now, and which instances to ask live afterwards."""

    message: Message
    overview: Overview
    live: tuple[Instance, ...] = ()
    is_list: bool = False


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def tell_status(ack: AsyncAck, body: Body) -> None:
        name = _words(body)
        if name.casefold() == "help":
            text, blocks = build_usage(STATUS_USAGE)
            await ack(text=text, blocks=blocks, response_type="ephemeral")
            return
        overview = await services.status.overview(read_actor(body).team_id)
        answer = choose_answer(overview, name)
        await ack(text=answer.message.text, blocks=answer.message.blocks, response_type="ephemeral")
        url = str(body["response_url"])
        if answer.is_list and answer.live:
            services.spawn(stream_list(services, answer, url), name="status-all")
        elif answer.live:
            services.spawn(check_and_tell(services, answer, url), name="status-check")

    guarded = guard_command(services, Action.STATUS, tell_status)
    # One command, several rights: these words are for those who may set up.
    privileged = {
        audit.WORD: guard_command(services, Action.AUDIT, audit.tell_audit(services)),
        **dict.fromkeys(digest.WORDS, guard_command(services, Action.MANAGE, digest.set_digest(services))),
    }

    async def choose(ack: AsyncAck, body: Body) -> None:
        await privileged.get(_words(body).casefold(), guarded)(ack, body)

    app.command(Command.STATUS)(choose)


def choose_answer(overview: Overview, name: str) -> Answer:
    """The answer to the command with these words behind it."""
    if not overview.instances:
        return Answer(build_nothing(), overview)
    if name.casefold() == "all":
        live = tuple(it for it in overview.instances if overview.can_ask(it))
        message = build_list(overview, now=now(), waiting={it.id for it in live})
        return Answer(message, overview, live, is_list=True)
    picked = overview.pick(_unescape(name))
    if picked is None:
        message = build_unknown(overview, _unescape(name)) if name else build_list(overview, now=now())
        return Answer(message, overview)
    if not overview.can_ask(picked):
        return Answer(_show(overview, picked), overview)
    return Answer(
        build_asking(picked, overview.onboardings.get(picked.id), now=now()), overview, live=(picked,)
    )


async def check_and_tell(services: Services, answer: Answer, response_url: str) -> None:
    """Ask ConnectWise and show the fresh verdict."""
    instance = answer.live[0]
    try:
        checked = await services.status.check(instance.team_id, instance.id)
        overview = await services.status.overview(instance.team_id)
        message = _show(overview, checked)
    except CwBotError as error:
        log.info("status_check_refused", key=error.key, instance=instance.id)
        text, blocks = build_refusal(error)
        message = Message(text=text, blocks=[*_show(answer.overview, instance).blocks, *blocks])
    await services.gateway.respond(response_url, text=message.text, blocks=message.blocks)


async def stream_list(services: Services, answer: Answer, response_url: str) -> None:
    """Ask all of them, a few at once, and show the list when all have answered, and meanwhile if that takes long."""
    state = _Progress(answer)

    async def ask() -> None:
        async for checked in services.status.check_all(answer.live):
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


class _Progress:
    """How far the asking is."""

    def __init__(self, answer: Answer) -> None:
        self.overview = answer.overview
        self.waiting = {it.id for it in answer.live}
        self.failed: set[str] = set()
        self._has_news = False

    def note(self, instance: Instance, *, failed: bool) -> None:
        """One has answered."""
        self.overview = self.overview.replaced(instance)
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
        return build_list(self.overview, now=now(), waiting=self.waiting, failed=self.failed)


async def _update(services: Services, message: Message, response_url: str) -> None:
    try:
        await services.gateway.respond(response_url, text=message.text, blocks=message.blocks)
    except SlackError as error:
        log.warning("status_not_updated", slack=error.error)


def _show(overview: Overview, instance: Instance) -> Message:
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
