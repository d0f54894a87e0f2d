"""New keys handed in, and keys shown to somebody who may see them."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.instance import Credentials
from bot.domain.refusal import Refusal
from bot.services.access import Action
from bot.services.revisions import Rotated, Stale
from bot.services.rotation import RotationEntry
from handlers.blocks.keys import build_keys
from handlers.blocks.manage import build_checking, build_rotated
from handlers.blocks.meta import Meta
from handlers.changes import build_rotation_answer
from handlers.guard import guard_submission
from handlers.ids import Block, Callback
from handlers.payload import Body, Typed, read_actor
from handlers.services import Services
from handlers.surface import refresh_home
from handlers.views.edit import refuse_fields


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def rotate(ack: AsyncAck, body: Body) -> None:
        entry = _read(body)
        answer = await services.rotation.hand_in(entry)
        if isinstance(answer, Rotated):
            await ack(response_action="update", view=build_rotated(answer))
            refresh_home(services, body)
        elif isinstance(answer, Refusal):
            await refuse_fields(ack, body, answer, services.integration)
        elif isinstance(answer, Stale):
            view = build_rotation_answer(
                answer.instance, answer, member=entry.member, integration=services.integration
            )
            await ack(response_action="update", view=view)
        else:
            waiting = "The new keys are sealed and are being checked. The pair in use stays until then."
            await ack(response_action="update", view=build_checking(answer.instance, waiting))

    async def reveal(ack: AsyncAck, body: Body) -> None:
        actor = read_actor(body)
        instance_id = Meta.unpack(str(body["view"].get("private_metadata", ""))).instance_id
        instance = await services.instances.reveal(actor.team_id, instance_id, by=actor.user_id)
        with services.conceal(*_secrets_of(instance.credentials)):
            await ack(response_action="update", view=build_keys(instance))

    app.view(Callback.ROTATE)(guard_submission(services, Action.MANAGE, rotate))
    app.view(Callback.REVEAL)(guard_submission(services, Action.REVEAL, reveal))


def _secrets_of(credentials: Credentials | None) -> tuple[str, ...]:
    if credentials is None:
        return ()
    return credentials.public_key.get_secret_value(), credentials.private_key.get_secret_value()


def _read(body: Body) -> RotationEntry:
    typed, actor, view = Typed(body["view"]), read_actor(body), body["view"]
    meta = Meta.unpack(str(view.get("private_metadata", "")))
    return RotationEntry(
        team_id=actor.team_id,
        instance_id=meta.instance_id,
        by=actor.user_id,
        edition=meta.edition,
        member=typed.text(Block.MEMBER),
        public_key=typed.text(Block.PUBLIC_KEY),
        private_key=typed.text(Block.PRIVATE_KEY),
        view_id=str(view["id"]),
    )
