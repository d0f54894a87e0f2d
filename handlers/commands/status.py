"""`/cw-status`: what is known at once, then the fresh verdict in its place."""

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.domain.instance import Instance
from bot.services.access import Action
from bot.services.status import Overview
from handlers.blocks.audit import SHOWN, build_audit
from handlers.blocks.card import Message
from handlers.blocks.notices import STATUS_USAGE, build_refusal, build_usage
from handlers.blocks.status import build_list, build_nothing, build_status, build_unknown
from handlers.guard import authorize, guard_command
from handlers.ids import Command
from handlers.payload import Body, read_actor
from handlers.services import Services

log = structlog.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def tell_status(ack: AsyncAck, body: Body) -> None:
        name = " ".join(str(body.get("text", "")).split())
        if name.casefold() == "help":
            text, blocks = build_usage(STATUS_USAGE)
            await ack(text=text, blocks=blocks, response_type="ephemeral")
            return
        if name.casefold() == "audit":
            await authorize(services, body, Action.AUDIT)
            await tell_audit(ack, body)
            return
        actor = read_actor(body)
        overview = await services.status.overview(actor.team_id)
        message, live = _choose(overview, name)
        await ack(text=message.text, blocks=message.blocks, response_type="ephemeral")
        if live is not None:
            work = check_and_replace(services, overview, live, str(body["response_url"]))
            services.spawn(work, name="status-check")

    async def tell_audit(ack: AsyncAck, body: Body) -> None:
        team_id = read_actor(body).team_id
        deeds = await services.audit.read(team_id, SHOWN)
        names = {it.id: it.name for it in (await services.status.overview(team_id)).instances}
        message = build_audit(deeds, names)
        await ack(text=message.text, blocks=message.blocks, response_type="ephemeral")

    app.command(Command.STATUS)(guard_command(services, Action.STATUS, tell_status))


def _choose(overview: Overview, name: str) -> tuple[Message, Instance | None]:
    """What to show now, and which instance to ask live."""
    if not overview.instances:
        return build_nothing(), None
    if name.casefold() == "all":
        return build_list(overview), None
    picked = overview.pick(name)
    if picked is None:
        return (build_unknown(overview, name) if name else build_list(overview)), None
    live = picked if picked.credentials is not None or picked.id in _waiting(overview) else None
    return build_status(picked, overview.onboardings.get(picked.id), checking=live is not None), live


def _waiting(overview: Overview) -> set[str]:
    return {it.id for it in overview.onboardings.values() if it.pending is not None}


async def check_and_replace(
    services: Services, overview: Overview, instance: Instance, response_url: str
) -> None:
    """Ask ConnectWise and put the fresh verdict in the place of the old one."""
    try:
        checked = await services.status.check(instance.team_id, instance.id)
        onboarding = await services.onboarding.find(instance.team_id, instance.id)
        message = build_status(checked, onboarding)
    except CwBotError as error:
        log.info("status_check_refused", key=error.key, instance=instance.id)
        text, blocks = build_refusal(error)
        known = build_status(instance, overview.onboardings.get(instance.id))
        message = Message(text=text, blocks=[*known.blocks, *blocks])
    await services.gateway.respond(response_url, text=message.text, blocks=message.blocks)
