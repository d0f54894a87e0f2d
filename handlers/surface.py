"""Where a click came from, and showing the answer there: beside a command, in a modal, in App Home."""

from datetime import UTC, datetime

import structlog

from bot.domain.errors import CwBotError
from bot.domain.people import Actor
from bot.services.access import Action
from bot.slack.errors import SlackError
from handlers.blocks.home import MOST_IN_FULL, build_home, build_home_in_short, build_home_refusal
from handlers.blocks.kit import JSON
from handlers.blocks.manage import build_instance
from handlers.blocks.status import build_status
from handlers.ids import Callback
from handlers.payload import Body, read_actor
from handlers.services import Services

log = structlog.get_logger(__name__)


def now() -> datetime:
    """The time that ages are told against."""
    return datetime.now(UTC)


async def show_modal(services: Services, body: Body, view: JSON) -> str:
    """Open a modal; on top of the one that is open, if one is. The id of the view."""
    team_id, trigger = read_actor(body).team_id, str(body["trigger_id"])
    if _view_of(body).get("type") == "modal":
        return await services.gateway.push_view(team_id, trigger, view)
    return await services.gateway.open_view(team_id, trigger, view)


async def show_instance(
    services: Services, body: Body, instance_id: str, *, checking: bool = False, note: str = ""
) -> None:
    """Show an instance anew where the click was: in place of the answer, in the modal, or on the dashboard."""
    actor, view, url = read_actor(body), _view_of(body), str(body.get("response_url") or "")
    try:
        if view.get("type") == "home":
            await publish_home(
                services, actor, checking=frozenset({instance_id}) if checking else frozenset()
            )
        elif view.get("callback_id") == Callback.INSTANCE:
            built = await build_instance_view(
                services, actor.team_id, instance_id, checking=checking, note=note
            )
            await services.gateway.update_view(actor.team_id, str(view["id"]), built)
        elif url:
            await _replace_answer(services, actor.team_id, instance_id, url, checking=checking, note=note)
    except SlackError as error:
        log.warning("instance_not_shown", slack=error.error, method=error.method, instance=instance_id)


async def build_instance_view(
    services: Services, team_id: str, instance_id: str, *, checking: bool = False, note: str = ""
) -> JSON:
    """The modal of one instance. Raises `CwBotError("instance_gone")`."""
    instance = await services.status.get(team_id, instance_id)
    onboarding = await services.onboarding.find(team_id, instance_id)
    message = build_status(instance, onboarding, now=now(), checking=checking, note=note)
    return build_instance(instance, message.blocks)


async def publish_home(services: Services, actor: Actor, *, checking: frozenset[str] = frozenset()) -> None:
    """Show a person's dashboard as things are now, or why it is not for them."""
    try:
        await services.gateway.publish_home(
            actor.team_id, actor.user_id, await _build_home(services, actor, checking)
        )
    except SlackError as error:
        log.warning("home_not_shown", slack=error.error, user=actor.user_id)


def refresh_home(services: Services, body: Body) -> None:
    """Bring the dashboard of whoever has just done something up to date, behind the ack."""
    services.spawn(publish_home(services, read_actor(body)), name="refresh-home")


async def _build_home(services: Services, actor: Actor, checking: frozenset[str]) -> JSON:
    try:
        await services.access.require(actor, Action.STATUS)
        overview = await services.status.overview(actor.team_id, MOST_IN_FULL)
        if overview is not None:
            return build_home(overview, now=now(), integration=services.integration, checking=checking)
        return build_home_in_short(await services.status.survey(actor.team_id), now=now(), checking=checking)
    except CwBotError as error:
        return build_home_refusal(error)


async def _replace_answer(
    services: Services, team_id: str, instance_id: str, url: str, *, checking: bool, note: str
) -> None:
    instance = await services.status.get(team_id, instance_id)
    overview = await services.status.survey(team_id)
    message = build_status(
        instance,
        overview.onboardings.get(instance_id),
        now=now(),
        checking=checking,
        others=overview.others(instance),
        note=note,
    )
    await services.gateway.respond(url, text=message.text, blocks=message.blocks)


def _view_of(body: Body) -> JSON:
    view = body.get("view")
    return view if isinstance(view, dict) else {}
