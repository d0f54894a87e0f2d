"""The buttons of `/cw-status`, and links, which Slack reports like clicks."""

import re

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.services.access import Action
from bot.services.status import can_ask
from handlers import ids
from handlers.guard import guard_click, tell
from handlers.payload import Body, read_actor, read_button
from handlers.services import Services
from handlers.surface import show_instance


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def check_again(ack: AsyncAck, body: Body) -> None:
        instance = await services.status.get(read_actor(body).team_id, read_button(body))
        await ack()
        services.spawn(_check_and_show(services, body, instance.id), name="status-check")

    async def pick(ack: AsyncAck, body: Body) -> None:
        actor = read_actor(body)
        instance = await services.status.get(actor.team_id, read_button(body))
        onboarding = None if instance.credentials else await services.status.onboarding_of(instance)
        await ack()
        work = _check_and_show if can_ask(instance, onboarding) else show_instance
        services.spawn(work(services, body, instance.id), name="status-pick")

    async def follow_link(_ack: AsyncAck, _body: Body) -> None:
        """The client opens the link by itself; Slack wants an ack all the same."""

    app.action(ids.Action.STATUS_CHECK)(guard_click(services, Action.STATUS, check_again))
    app.action(ids.Action.STATUS_PICK)(guard_click(services, Action.STATUS, pick))
    near = re.compile(rf"^{ids.Action.STATUS_NEAR}:\d+$")
    app.action(near)(guard_click(services, Action.STATUS, pick))
    app.action(ids.Action.OPEN_THREAD)(guard_click(services, Action.STATUS, follow_link))


async def _check_and_show(services: Services, body: Body, instance_id: str) -> None:
    """Say that it is being asked, ask, and show what came of it in the same place."""
    try:
        await show_instance(services, body, instance_id, checking=True)
        await services.status.check(read_actor(body).team_id, instance_id)
    except CwBotError as error:
        await tell(services, body, error)
    await show_instance(services, body, instance_id)
