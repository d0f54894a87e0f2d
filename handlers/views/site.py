"""Modal 1 handed in: host and company proved, the thread opened, and on to the keys."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.domain.fields import Field
from bot.domain.hygiene import REGIONS, clean_host, describe_change
from bot.domain.instance import Profile
from bot.domain.onboarding import Onboarding
from bot.domain.refusal import Refusal
from bot.services.access import Action
from bot.services.setup import SiteEntry, SiteSlow
from handlers.blocks import kit
from handlers.blocks.credentials import build_credentials
from handlers.blocks.kit import JSON
from handlers.blocks.manage import describe_doubles
from handlers.blocks.notices import build_checking_site, build_thread_open
from handlers.blocks.refusal import explain_refusal
from handlers.guard import guard_submission
from handlers.ids import Block, Callback
from handlers.payload import Body, Typed, read_actor
from handlers.services import Services
from handlers.surface import refresh_home

FIELD_BLOCKS = {
    Field.NAME: Block.NAME,
    Field.SITE: Block.REGION,
    Field.HOST: Block.HOST,
    Field.COMPANY: Block.COMPANY,
    Field.CHANNEL: Block.CHANNEL,
}


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def hand_in(ack: AsyncAck, body: Body) -> None:
        typed = Typed(body["view"])
        entry = _read(typed, body)
        answer = await services.setup.hand_in_site(entry)
        if isinstance(answer, Refusal):
            block = _block_to_blame(answer, typed)
            await ack(
                response_action="errors",
                errors={block: explain_refusal(answer, integration=services.integration)},
            )
        elif isinstance(answer, SiteSlow):
            await ack(response_action="update", view=build_checking_site(answer.onboarding))
        else:
            doubles = await services.instances.doubles(entry.team_id, answer.onboarding.id)
            notes = (*_notes(entry.host), *(f":warning: {it}" for it in describe_doubles(doubles)))
            view = build_next(answer.onboarding, services, notes=notes)
            await ack(response_action="update", view=view)
            refresh_home(services, body)

    app.view(Callback.SITE)(guard_submission(services, Action.SETUP, hand_in))


def build_next(onboarding: Onboarding, services: Services, *, notes: tuple[str, ...] = ()) -> JSON:
    """What comes after modal 1: the keys, or where the thread is."""
    if not onboarding.has_keys:
        return build_thread_open(onboarding, notes)
    return build_credentials(
        onboarding, integration=services.integration, asks_client_id=not services.has_client_id, notes=notes
    )


def _read(typed: Typed, body: Body) -> SiteEntry:
    actor = read_actor(body)
    region = next((it for it in REGIONS if it.key == typed.choice(Block.REGION)), None)
    profile = typed.choice(Block.PROFILE)
    return SiteEntry(
        team_id=actor.team_id,
        by=actor.user_id,
        name=typed.text(Block.NAME),
        host=typed.text(Block.HOST).strip() or (region.web_host if region else ""),
        company=typed.text(Block.COMPANY),
        channel_id=typed.conversation(Block.CHANNEL),
        has_keys=typed.choice(Block.HAS_KEYS) == "yes",
        profile=Profile(profile) if profile in set(Profile) else Profile.FULL,
        view_id=str(body["view"]["id"]),
    )


def _block_to_blame(refusal: Refusal, typed: Typed) -> str:
    """A host that came from the region select is blamed there, not on an empty field."""
    if refusal.field is Field.HOST and not typed.text(Block.HOST).strip():
        has_region = any(it.key == typed.choice(Block.REGION) for it in REGIONS)
        return Block.REGION if has_region else Block.HOST
    return FIELD_BLOCKS.get(refusal.field, Block.NAME)


def _notes(host: str) -> tuple[str, ...]:
    try:
        return tuple(f":pencil2: {kit.escape(describe_change(it))}" for it in clean_host(host).changes)
    except CwBotError:
        return ()
