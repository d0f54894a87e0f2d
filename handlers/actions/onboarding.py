"""The buttons of the steps."""

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.domain.onboarding import Onboarding, StepName
from bot.services.access import Action
from handlers import ids
from handlers.guard import Listener, guard_click, tell
from handlers.payload import Body, read_actor, read_button
from handlers.services import Services

Mark = Callable[..., Awaitable[Onboarding]]


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    def marking(mark: Mark) -> Listener:
        async def listen(_ack: AsyncAck, body: Body) -> None:
            actor = read_actor(body)
            onboarding_id, _, step = read_button(body).partition(":")
            if step not in set(StepName):
                raise CwBotError("onboarding_gone")
            await mark(actor.team_id, onboarding_id, StepName(step), by=actor.user_id)

        return listen

    async def check_now(ack: AsyncAck, body: Body) -> None:
        actor, onboarding_id = read_actor(body), read_button(body)
        await services.onboarding.get(actor.team_id, onboarding_id)
        await ack()
        services.spawn(_check(services, body, actor.team_id, onboarding_id), name="check-now")

    app.action(ids.Action.TAKE_STEP)(guard_click(services, Action.GUIDE, marking(services.onboarding.take)))
    app.action(ids.Action.COMPLETE_STEP)(
        guard_click(services, Action.GUIDE, marking(services.onboarding.complete))
    )
    app.action(ids.Action.UNDO_STEP)(guard_click(services, Action.GUIDE, marking(services.onboarding.undo)))
    app.action(ids.Action.CHECK_NOW)(guard_click(services, Action.GUIDE, check_now))


async def _check(services: Services, body: Body, team_id: str, instance_id: str) -> None:
    """Behind the ack; the thread shows what comes of it, a refusal is told to whoever clicked."""
    try:
        await services.status.check(team_id, instance_id)
    except CwBotError as error:
        await tell(services, body, error)
