"""The buttons of the steps: *I'm on it*, *Done*, *Undo*, *Hand over to…*, *Check now*, *Role sheet*, *Start another*."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError, NotAllowedError
from bot.domain.onboarding import Onboarding, StepName
from bot.domain.people import Actor
from bot.domain.steps import LAYERS_OF
from bot.services.access import Action
from bot.services.onboarding import StepMovedError
from bot.slack.errors import SlackError
from handlers import ids
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.blocks.notices import build_step_moved
from handlers.blocks.role_sheet import build_sheet
from handlers.blocks.site import build_empty_site
from handlers.blocks.steps import read_row_id
from handlers.guard import Listener, guard_click, tell
from handlers.payload import (
    Body,
    read_actor,
    read_block,
    read_button,
    read_channel,
    read_chosen_user,
    read_message,
    read_modal,
    read_thread,
)
from handlers.services import Services
from handlers.surface import show_modal

log = structlog.get_logger(__name__)

Mark = Callable[..., Awaitable[Onboarding]]

# Nobody's account: Slack's own helper, which users.info describes as a person.
_SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class Click:
    """Which step was clicked, and the turn at which its button was drawn."""

    onboarding_id: str
    step: StepName
    seen: int | None


def read_click(value: str) -> Click:
    """From a button's value. Raises `CwBotError("onboarding_gone")` on anything that is none of ours."""
    onboarding_id, _, rest = value.partition(":")
    step, _, turn = rest.partition(":")
    if step not in set(StepName):
        raise CwBotError("onboarding_gone")
    return Click(onboarding_id, StepName(step), int(turn) if turn.isdigit() else None)


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""
    marks: tuple[tuple[str, Mark], ...] = (
        (ids.Action.TAKE_STEP, services.onboarding.take),
        (ids.Action.COMPLETE_STEP, services.onboarding.complete),
        (ids.Action.UNDO_STEP, services.onboarding.undo),
    )
    for action_id, mark in marks:
        checks = action_id == ids.Action.COMPLETE_STEP
        listener = _listen_to_marks(services, mark, checks=checks)
        app.action(action_id)(guard_click(services, Action.GUIDE, listener))
    _register_hand_over(app, services)
    _register_check(app, services)
    _register_modals(app, services)


def _listen_to_marks(services: Services, mark: Mark, *, checks: bool) -> Listener:
    async def listen(_ack: AsyncAck, body: Body) -> None:
        actor, click = read_actor(body), read_click(read_button(body))

        async def work() -> Onboarding:
            return await mark(
                actor.team_id, click.onboarding_id, click.step, by=actor.user_id, seen=click.seen
            )

        onboarding = await _mark(services, body, click, work)
        if checks and onboarding is not None and _can_check(onboarding, click.step):
            # What can be checked is not just believed.
            services.spawn(_check(services, None, actor.team_id, click.onboarding_id), name="check-mark")

    return listen


def _register_hand_over(app: AsyncApp, services: Services) -> None:
    async def hand_over(_ack: AsyncAck, body: Body) -> None:
        actor, to = read_actor(body), read_chosen_user(body)
        click = read_click(read_row_id(read_block(body)))
        await _require_member(services, actor.team_id, to, click.step)

        async def work() -> Onboarding:
            return await services.onboarding.hand_over(
                actor.team_id, click.onboarding_id, click.step, to=to, by=actor.user_id, seen=click.seen
            )

        await _mark(services, body, click, work)

    app.action(ids.Action.HAND_OVER)(guard_click(services, Action.GUIDE, hand_over))


def _register_check(app: AsyncApp, services: Services) -> None:
    async def check_now(ack: AsyncAck, body: Body) -> None:
        actor, onboarding_id = read_actor(body), read_button(body)
        await services.onboarding.get(actor.team_id, onboarding_id)
        await ack()
        services.spawn(_check(services, body, actor.team_id, onboarding_id), name="check-now")

    app.action(ids.Action.CHECK_NOW)(guard_click(services, Action.GUIDE, check_now))


def _register_modals(app: AsyncApp, services: Services) -> None:
    async def show_role_sheet(_ack: AsyncAck, body: Body) -> None:
        actor = read_actor(body)
        onboarding = await services.onboarding.get(actor.team_id, read_button(body))
        await show_modal(services, body, build_sheet(onboarding, integration=services.integration))

    async def start_another(_ack: AsyncAck, body: Body) -> None:
        """In place of the window that offers to go on; from the dashboard, in a window of its own."""
        view: Mapping[str, Any] = body["view"]
        channel_id = Meta.unpack(str(view.get("private_metadata", ""))).channel_id
        form = build_empty_site(channel_id, services.integration)
        if (open_modal := read_modal(body)) is None:
            await show_modal(services, body, form)
        else:
            await services.gateway.update_view(read_actor(body).team_id, open_modal, form)

    app.action(ids.Action.ROLE_SHEET)(guard_click(services, Action.GUIDE, show_role_sheet))
    app.action(ids.Action.START_SETUP)(guard_click(services, Action.SETUP, start_another))


async def _mark(
    services: Services, body: Body, click: Click, work: Callable[[], Awaitable[Onboarding]]
) -> Onboarding | None:
    """Do it; whoever was too late is told what happened instead. None where nothing was changed."""
    message = read_message(body)
    await services.onboarding.adopt(
        read_actor(body).team_id,
        click.onboarding_id,
        part=click.step,
        channel_id=read_channel(body),
        ts=message.ts,
        parent_ts=message.thread_ts,
    )
    try:
        return await work()
    except StepMovedError as error:
        services.spawn(_whisper(services, body, *build_step_moved(error.step)), name="tell-step-moved")
        return None


async def _require_member(services: Services, team_id: str, user_id: str, step: StepName) -> None:
    """A step goes to somebody who can do it. Raises `CwBotError`."""
    if user_id == _SLACKBOT or not user_id:
        raise CwBotError("handover_not_a_member")
    actor = Actor(user_id=user_id, team_id=team_id)
    try:
        await services.access.require(actor, Action.GUIDE)
    except NotAllowedError:
        raise CwBotError("handover_not_a_member") from None
    if step is not StepName.DETAILS:
        return
    try:
        await services.access.require(actor, Action.SETUP)
    except NotAllowedError:
        raise CwBotError("handover_not_allowed") from None


def _can_check(onboarding: Onboarding, step: StepName) -> bool:
    return step in LAYERS_OF and onboarding.report is not None


async def _check(services: Services, body: Body | None, team_id: str, instance_id: str) -> None:
    """Behind the ack; the thread shows what comes of it, a refusal is told to whoever asked for the check."""
    try:
        await services.status.check(team_id, instance_id)
    except CwBotError as error:
        if body is None:
            log.info("mark_not_checked", key=error.key, instance=instance_id)
        else:
            await tell(services, body, error)


async def _whisper(services: Services, body: Body, text: str, blocks: list[JSON]) -> None:
    actor, channel_id = read_actor(body), read_channel(body)
    try:
        await services.gateway.whisper(
            actor.team_id, channel_id, actor.user_id, text=text, blocks=blocks, thread_ts=read_thread(body)
        )
    except SlackError as error:
        log.info("step_moved_untold", slack=error.error, method=error.method)
