"""The forms with an instance's details and with its filter, handed in."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.domain.fields import Field
from bot.domain.instance import Filter, Profile
from bot.domain.refusal import Refusal
from bot.services.access import Action
from bot.services.revisions import ChangeAnswer, ChangeSlow, EditEntry, FilterEntry, Saved, Stale
from handlers.blocks.manage import build_checking, build_saved
from handlers.blocks.meta import Meta
from handlers.blocks.refusal import explain_refusal
from handlers.changes import build_stale
from handlers.guard import guard_submission
from handlers.ids import Block, Callback
from handlers.payload import Body, Typed, read_actor
from handlers.services import Services
from handlers.surface import refresh_home

FIELD_BLOCKS = {
    Field.NAME: Block.NAME,
    Field.DESCRIPTION: Block.DESCRIPTION,
    Field.HOST: Block.HOST,
    Field.COMPANY: Block.COMPANY,
    Field.PROFILE: Block.PROFILE,
    Field.CONDITIONS: Block.CONDITIONS,
    Field.CHILD_CONDITIONS: Block.CHILD_CONDITIONS,
    Field.CUSTOM_FIELD_CONDITIONS: Block.CUSTOM_CONDITIONS,
    Field.PUBLIC_KEY: Block.PUBLIC_KEY,
    Field.PRIVATE_KEY: Block.PRIVATE_KEY,
    Field.MEMBER: Block.MEMBER,
    Field.CLIENT_ID: Block.PRIVATE_KEY,  # an edit has no field for it: said beside the keys that it stopped
}


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def edit(ack: AsyncAck, body: Body) -> None:
        entry = _read_details(body)
        answer = await services.instances.edit(entry)
        await _answer(
            services, ack, body, answer, "The keys I keep are being tried there; nothing is saved before."
        )
        if isinstance(answer, Saved):
            refresh_home(services, body)
            if "profile" in answer.what and answer.instance.credentials is not None:
                services.spawn(_check(services, answer), name="check-profile")

    async def edit_filter(ack: AsyncAck, body: Body) -> None:
        answer = await services.instances.edit_filter(_read_filter(body))
        await _answer(
            services,
            ack,
            body,
            answer,
            "It is being asked what the filter lets through; nothing is saved before.",
        )
        if isinstance(answer, Saved):
            refresh_home(services, body)

    app.view(Callback.EDIT)(guard_submission(services, Action.MANAGE, edit))
    app.view(Callback.FILTER)(guard_submission(services, Action.MANAGE, edit_filter))


async def _answer(
    services: Services, ack: AsyncAck, body: Body, answer: ChangeAnswer | ChangeSlow, waiting: str
) -> None:
    if isinstance(answer, Saved):
        await ack(response_action="update", view=build_saved(answer))
    elif isinstance(answer, ChangeSlow):
        await ack(response_action="update", view=build_checking(answer.instance, waiting))
    elif isinstance(answer, Stale):
        await ack(response_action="update", view=build_stale(answer, integration=services.integration))
    else:
        await refuse_fields(ack, body, answer.refusal, services.integration)


async def refuse_fields(ack: AsyncAck, body: Body, refusal: Refusal, integration: str) -> None:
    """Put the reason beside the field to blame, or beside the first one where the form has no such field."""
    typed = Typed(body["view"])
    inputs = [str(it["block_id"]) for it in body["view"]["blocks"] if it["type"] == "input"]
    block = typed.block_id(FIELD_BLOCKS.get(refusal.field, ""))
    target = block if block in inputs else inputs[0]
    await ack(response_action="errors", errors={target: explain_refusal(refusal, integration=integration)})


async def _check(services: Services, saved: Saved) -> None:
    """Another profile holds the role to another list: look again, so that the thread says what is missing now."""
    try:
        await services.status.check(saved.instance.team_id, saved.instance.id)
    except CwBotError:
        # It was removed meanwhile, or cannot be written: whoever asks for the status is told.
        return


def _read_details(body: Body) -> EditEntry:
    typed, actor, view = Typed(body["view"]), read_actor(body), body["view"]
    meta = Meta.unpack(str(view.get("private_metadata", "")))
    profile = typed.choice(Block.PROFILE)
    return EditEntry(
        team_id=actor.team_id,
        instance_id=meta.instance_id,
        by=actor.user_id,
        edition=meta.edition,
        name=typed.text(Block.NAME),
        description=typed.text(Block.DESCRIPTION),
        host=typed.text(Block.HOST),
        company=typed.text(Block.COMPANY),
        profile=Profile(profile) if profile in set(Profile) else Profile.FULL,
        view_id=str(view["id"]),
    )


def _read_filter(body: Body) -> FilterEntry:
    actor, view = read_actor(body), body["view"]
    meta = Meta.unpack(str(view.get("private_metadata", "")))
    return FilterEntry(
        team_id=actor.team_id,
        instance_id=meta.instance_id,
        by=actor.user_id,
        edition=meta.edition,
        filter=read_filter(Typed(view)),
        view_id=str(view["id"]),
    )


def read_filter(typed: Typed) -> Filter:
    """The three texts of a filter."""
    return Filter(
        conditions=typed.text(Block.CONDITIONS).strip(),
        child_conditions=typed.text(Block.CHILD_CONDITIONS).strip(),
        custom_field_conditions=typed.text(Block.CUSTOM_CONDITIONS).strip(),
    )
