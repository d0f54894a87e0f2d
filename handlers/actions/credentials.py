"""*Enter API keys*, and the filter's preset inside that modal."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.onboarding import Onboarding
from bot.services.access import Action
from handlers import ids
from handlers.blocks.credentials import build_credentials
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.guard import guard_click
from handlers.payload import Body, read_actor, read_button, read_modal
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    def build(onboarding: Onboarding, *, preset: bool = False) -> JSON:
        return build_credentials(
            onboarding,
            integration=services.integration,
            asks_client_id=not services.has_client_id,
            preset=preset,
        )

    async def enter_keys(_ack: AsyncAck, body: Body) -> None:
        actor = read_actor(body)
        onboarding = await services.onboarding.get(actor.team_id, read_button(body))
        if (open_modal := read_modal(body)) is not None:
            await services.gateway.update_view(actor.team_id, open_modal, build(onboarding))
        else:
            await services.gateway.open_view(actor.team_id, str(body["trigger_id"]), build(onboarding))

    async def use_preset(_ack: AsyncAck, body: Body) -> None:
        actor = read_actor(body)
        view = body["view"]
        onboarding_id = Meta.unpack(str(view.get("private_metadata", ""))).onboarding_id
        onboarding = await services.onboarding.get(actor.team_id, onboarding_id)
        await services.gateway.update_view(actor.team_id, str(view["id"]), build(onboarding, preset=True))

    app.action(ids.Action.ENTER_KEYS)(guard_click(services, Action.SETUP, enter_keys))
    app.action(ids.Action.USE_PRESET)(guard_click(services, Action.SETUP, use_preset))
