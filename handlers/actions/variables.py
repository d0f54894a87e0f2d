"""*Choose variables*, the table to paste from, and the board and type inside the form."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import NotAllowedError
from bot.domain.variables import Kind
from bot.services.access import Action
from handlers import ids
from handlers.blocks.meta import Meta
from handlers.blocks.variables import build_form
from handlers.blocks.variables_table import build_table
from handlers.guard import guard_click
from handlers.payload import Body, read_actor, read_button
from handlers.services import Services
from handlers.surface import show_modal
from handlers.variables import build_start, kept_values, read_values, rebase


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def choose(ack: AsyncAck, body: Body) -> None:
        """The form for whoever may save it; whoever may only look sees what is kept."""
        actor, instance_id = read_actor(body), read_button(body)
        try:
            await services.access.require(actor, Action.MANAGE)
        except NotAllowedError:
            instance = await services.status.get(actor.team_id, instance_id)
            if instance.variables is None:
                raise
            await show(ack, body)
            return
        instance = await services.variables.open(actor.team_id, instance_id)
        await show_modal(services, body, build_start(instance, integration=services.integration))

    async def show(_ack: AsyncAck, body: Body) -> None:
        instance, chosen = await services.variables.kept(read_actor(body).team_id, read_button(body))
        await show_modal(services, body, build_table(instance, chosen))

    async def change_format(_ack: AsyncAck, body: Body) -> None:
        team_id = read_actor(body).team_id
        instance_id, _, wanted = read_button(body).partition(":")
        instance, chosen = await services.variables.kept(team_id, instance_id)
        view = build_table(instance, chosen, as_csv=wanted == "csv")
        await services.gateway.update_view(team_id, str(body["view"]["id"]), view)

    async def change_board(_ack: AsyncAck, body: Body) -> None:
        await _redraw(services, body, Kind.BOARD)

    async def change_type(_ack: AsyncAck, body: Body) -> None:
        await _redraw(services, body, Kind.TYPE)

    app.action(ids.Action.CHOOSE_VARIABLES)(guard_click(services, Action.STATUS, choose))
    app.action(ids.Action.SHOW_VARIABLES)(guard_click(services, Action.STATUS, show))
    app.action(ids.Action.VARIABLES_FORMAT)(guard_click(services, Action.STATUS, change_format))
    # Both stand in the form, which is for whoever may save it.
    app.action(ids.Action.VARIABLE_BOARD)(guard_click(services, Action.MANAGE, change_board))
    app.action(ids.Action.VARIABLE_TYPE)(guard_click(services, Action.MANAGE, change_type))


async def _redraw(services: Services, body: Body, above: Kind) -> None:
    """The form again, with other ids for what hangs on the choice: Slack forgets what was chosen there."""
    actor, view = read_actor(body), body["view"]
    meta = Meta.unpack(str(view.get("private_metadata", "")))
    instance = await services.variables.open(actor.team_id, meta.instance_id)
    values = rebase(read_values(view), kept_values(instance), above)
    built = build_form(instance, values, edition=meta.edition, integration=services.integration)
    await services.gateway.update_view(actor.team_id, str(view["id"]), built)
