"""An instance removed, or its status shared with a channel."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.fields import Field
from bot.domain.refusal import Refusal
from bot.services.access import Action
from bot.services.removal import RemovalEntry
from bot.slack.errors import SlackError
from handlers.blocks.manage import build_removed, build_shared_notice
from handlers.blocks.meta import Meta
from handlers.blocks.refusal import explain_refusal
from handlers.blocks.report import describe_error
from handlers.blocks.status import build_shared
from handlers.guard import guard_submission
from handlers.ids import Block, Callback
from handlers.payload import Body, Typed, read_actor
from handlers.services import Services
from handlers.surface import now, refresh_home


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def remove(ack: AsyncAck, body: Body) -> None:
        typed, actor = Typed(body["view"]), read_actor(body)
        entry = RemovalEntry(
            team_id=actor.team_id,
            instance_id=_instance_id(body),
            by=actor.user_id,
            confirmation=typed.text(Block.CONFIRMATION),
            successor=typed.choice(Block.SUCCESSOR),
        )
        answer = await services.removal.remove(entry)
        if isinstance(answer, Refusal):
            asks = any(it.get("block_id") == Block.SUCCESSOR for it in body["view"]["blocks"])
            block = Block.SUCCESSOR if answer.field is Field.SUCCESSOR and asks else Block.CONFIRMATION
            said = explain_refusal(answer, integration=services.integration)
            await ack(response_action="errors", errors={block: said})
            return
        await ack(response_action="update", view=build_removed(answer))
        refresh_home(services, body)

    async def share(ack: AsyncAck, body: Body) -> None:
        actor, channel_id = read_actor(body), Typed(body["view"]).conversation(Block.CHANNEL)
        instance = await services.status.get(actor.team_id, _instance_id(body))
        onboarding = await services.onboarding.find(actor.team_id, instance.id)
        message = build_shared(instance, onboarding, by=actor.user_id, now=now())
        try:
            await services.gateway.post(
                actor.team_id, channel_id, text=message.text, blocks=message.blocks, prompt=True
            )
        except SlackError as error:
            await ack(response_action="errors", errors={Block.CHANNEL: describe_error(error)})
            return
        await ack(response_action="update", view=build_shared_notice(instance, channel_id))

    app.view(Callback.REMOVE)(guard_submission(services, Action.MANAGE, remove))
    app.view(Callback.SHARE)(guard_submission(services, Action.STATUS, share))


def _instance_id(body: Body) -> str:
    return Meta.unpack(str(body["view"].get("private_metadata", ""))).instance_id
