"""Modal 2 handed in: sealed, verified, and the verdict where the person is looking."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.fields import Field
from bot.domain.instance import Filter
from bot.domain.refusal import Refusal
from bot.services.access import Action
from bot.services.credentials import CredentialsEntry, Slow
from handlers.blocks.credentials import build_credentials, stamp_keys
from handlers.blocks.kit import JSON
from handlers.blocks.manage import warn_doubles
from handlers.blocks.meta import Meta
from handlers.blocks.notices import build_checking_credentials, build_keys_moved, build_verdict
from handlers.blocks.refusal import explain_refusal
from handlers.guard import guard_submission
from handlers.ids import Block, Callback
from handlers.payload import Body, Typed, read_actor
from handlers.services import Services
from handlers.surface import refresh_home

FIELD_BLOCKS = {
    Field.MEMBER: Block.MEMBER,
    Field.PUBLIC_KEY: Block.PUBLIC_KEY,
    Field.PRIVATE_KEY: Block.PRIVATE_KEY,
    Field.CONDITIONS: Block.CONDITIONS,
    Field.CHILD_CONDITIONS: Block.CHILD_CONDITIONS,
    Field.CUSTOM_FIELD_CONDITIONS: Block.CUSTOM_CONDITIONS,
    Field.CLIENT_ID: Block.CLIENT_ID,
}


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def hand_in(ack: AsyncAck, body: Body) -> None:
        typed = Typed(body["view"])
        entry = _read(typed, body)
        if (newer := await _find_newer(services, entry, body)) is not None:
            await ack(response_action="update", view=newer)
            return
        answer = await services.credentials.hand_in(entry)
        if isinstance(answer, Refusal):
            block = typed.block_id(FIELD_BLOCKS.get(answer.field, Block.PRIVATE_KEY))
            await ack(
                response_action="errors",
                errors={block: explain_refusal(answer, integration=services.integration)},
            )
        elif isinstance(answer, Slow):
            await ack(response_action="update", view=build_checking_credentials(answer.onboarding))
        else:
            view = build_verdict(answer.onboarding, answer.report)
            doubles = await services.instances.doubles(entry.team_id, entry.onboarding_id)
            view["blocks"] += warn_doubles(doubles.only_same_key())
            await ack(response_action="update", view=view)
            refresh_home(services, body)

    app.view(Callback.CREDENTIALS)(guard_submission(services, Action.SETUP, hand_in))


async def _find_newer(services: Services, entry: CredentialsEntry, body: Body) -> JSON | None:
    """The modal anew where somebody else handed keys in while it was open; what was typed stays. Else None."""
    onboarding = await services.onboarding.get(entry.team_id, entry.onboarding_id)
    meta = Meta.unpack(str(body["view"].get("private_metadata", "")))
    if meta.keys_seen == stamp_keys(onboarding) or onboarding.keys_by in ("", entry.by):
        return None
    return build_credentials(
        onboarding,
        integration=services.integration,
        asks_client_id=not services.has_client_id,
        problem=build_keys_moved(onboarding),
    )


def _read(typed: Typed, body: Body) -> CredentialsEntry:
    actor = read_actor(body)
    return CredentialsEntry(
        team_id=actor.team_id,
        onboarding_id=Meta.unpack(str(body["view"].get("private_metadata", ""))).onboarding_id,
        by=actor.user_id,
        member=typed.text(Block.MEMBER),
        public_key=typed.text(Block.PUBLIC_KEY),
        private_key=typed.text(Block.PRIVATE_KEY),
        filter=Filter(
            conditions=typed.text(Block.CONDITIONS).strip(),
            child_conditions=typed.text(Block.CHILD_CONDITIONS).strip(),
            custom_field_conditions=typed.text(Block.CUSTOM_CONDITIONS).strip(),
        ),
        client_id=typed.text(Block.CLIENT_ID),
        view_id=str(body["view"]["id"]),
    )
