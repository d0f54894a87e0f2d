"""`/cw-setup`: opens modal 1, or offers to go on with what is not finished."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.onboarding import Phase
from bot.services.access import Action
from handlers.blocks.notices import SETUP_USAGE, build_resume, build_usage
from handlers.blocks.site import build_empty_site
from handlers.guard import guard_command
from handlers.ids import Command
from handlers.payload import Body, read_actor, read_channel
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def set_up(ack: AsyncAck, body: Body) -> None:
        words = str(body.get("text", "")).strip()
        if words:
            text, blocks = build_usage(SETUP_USAGE, "" if words.casefold() == "help" else words)
            await ack(text=text, blocks=blocks, response_type="ephemeral")
            return
        team_id, channel_id = read_actor(body).team_id, read_channel(body)
        unfinished = [it for it in await services.onboarding.unfinished(team_id) if it.phase is Phase.RUNNING]
        view = (
            build_resume(unfinished, channel_id=channel_id, integration=services.integration)
            if unfinished
            else build_empty_site(channel_id, services.integration)
        )
        await services.gateway.open_view(team_id, str(body["trigger_id"]), view)
        await ack()

    app.command(Command.SETUP)(guard_command(services, Action.SETUP, set_up))
