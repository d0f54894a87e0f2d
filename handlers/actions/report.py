"""*Details* beside a verdict."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.services.access import Action
from handlers import ids
from handlers.blocks.report import build_details
from handlers.guard import guard_click
from handlers.payload import Body, read_actor, read_button
from handlers.services import Services
from handlers.surface import show_modal


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def show(_ack: AsyncAck, body: Body) -> None:
        actor, instance_id = read_actor(body), read_button(body)
        onboarding = await services.onboarding.find(actor.team_id, instance_id)
        report = onboarding.report if onboarding else None
        if report is None:
            report = (await services.status.get(actor.team_id, instance_id)).report
        if report is None:
            raise CwBotError("nothing_to_check")
        await show_modal(services, body, build_details(report))

    app.action(ids.Action.REPORT_DETAILS)(guard_click(services, Action.STATUS, show))
