"""The buttons inside the filter's form: try it out, fill in the default, mend what is wrong."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.domain.filters import Problem, apply_move, apply_suggestion, check
from bot.domain.instance import Filter
from bot.services.access import Action
from bot.slack.errors import SlackError, ViewGoneError
from handlers import ids
from handlers.blocks.filters import build_filter, preset
from handlers.blocks.meta import Meta
from handlers.guard import Listener, guard_click, tell
from handlers.payload import Body, Typed, read_actor
from handlers.services import Services
from handlers.views.edit import read_filter

Mend = Callable[[Filter], Filter]


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    def trying(mend: Mend | None = None) -> Listener:
        async def listen(ack: AsyncAck, body: Body) -> None:
            # Asking ConnectWise may take longer than Slack waits.
            await ack()
            services.spawn(_preview(services, body, mend), name="preview-filter")

        return listen

    for action, mend in (
        (ids.Action.FILTER_PREVIEW, None),
        (ids.Action.FILTER_PRESET, lambda _: preset()),
        (ids.Action.FILTER_MOVE, _move),
        (ids.Action.FILTER_SUGGEST, _suggest),
    ):
        app.action(action)(guard_click(services, Action.MANAGE, trying(mend)))


async def _preview(services: Services, body: Body, mend: Mend | None) -> None:
    actor, view = read_actor(body), body["view"]
    meta = Meta.unpack(str(view.get("private_metadata", "")))
    shown = read_filter(Typed(view))
    round_ = meta.round
    if mend is not None:
        shown, round_ = mend(shown), round_ + 1
    try:
        instance = await services.instances.get(actor.team_id, meta.instance_id)
        preview = await services.filter_preview.preview(actor.team_id, meta.instance_id, shown)
        # The form stays on the edition that it was opened on: trying out is no reason to overlook a change.
        built = build_filter(
            instance.evolve(edition=meta.edition),
            shown,
            integration=services.integration,
            round_=round_,
            preview=preview,
        )
        await services.gateway.update_view(actor.team_id, str(view["id"]), built)
    except ViewGoneError:
        return  # closed while it was being counted: nobody waits for the number
    except (CwBotError, SlackError) as error:
        await tell(services, body, error)


def _move(which: Filter) -> Filter:
    problem = _first(which, lambda it: it.move_to is not None)
    return which if problem is None else apply_move(which, problem)


def _suggest(which: Filter) -> Filter:
    problem = _first(which, lambda it: it.suggestion is not None)
    return which if problem is None else apply_suggestion(which, problem)


def _first(which: Filter, fits: Callable[[Problem], bool]) -> Problem | None:
    """The complaint that the button stood under; none where what is typed has changed since."""
    first = next(iter(check(which)), None)
    return first if first is not None and fits(first) else None
