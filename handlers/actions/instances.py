"""An instance's buttons and menu: each opens the right form, or does what needs no form."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.errors import CwBotError
from bot.services.access import Action
from handlers import ids
from handlers.blocks import kit
from handlers.blocks.edit import EditForm, build_edit
from handlers.blocks.filters import build_filter
from handlers.blocks.keys import build_reveal, build_rotation
from handlers.blocks.remove import build_removal, build_share
from handlers.guard import Listener, guard_click
from handlers.payload import Body, read_actor, read_button, read_channel
from handlers.services import Services
from handlers.surface import build_instance_view, refresh_home, show_instance, show_modal


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""
    entries = _menu_entries(services)

    async def choose(ack: AsyncAck, body: Body) -> None:
        verb = read_button(body).partition(":")[0]
        await entries.get(verb, entries[ids.Menu.EDIT])(ack, body)

    async def rotate(_ack: AsyncAck, body: Body) -> None:
        instance = await services.instances.get(read_actor(body).team_id, read_button(body))
        if instance.credentials is None:
            raise CwBotError("nothing_to_reveal")
        await show_modal(services, body, build_rotation(instance))

    async def manage(_ack: AsyncAck, body: Body) -> None:
        view = await build_instance_view(services, read_actor(body).team_id, read_button(body))
        await show_modal(services, body, view)

    async def share(_ack: AsyncAck, body: Body) -> None:
        instance = await services.status.get(read_actor(body).team_id, read_button(body))
        await show_modal(services, body, build_share(instance, read_channel(body)))

    app.action(ids.Action.INSTANCE_MENU)(choose)
    app.action(ids.Action.FIX_DETAILS)(entries[ids.Menu.EDIT])
    app.action(ids.Action.FIX_FILTER)(entries[ids.Menu.FILTER])
    app.action(ids.Action.ROTATE_KEYS)(guard_click(services, Action.MANAGE, rotate))
    app.action(ids.Action.MANAGE)(guard_click(services, Action.STATUS, manage))
    app.action(ids.Action.SHARE)(guard_click(services, Action.STATUS, share))


def _menu_entries(services: Services) -> dict[str, Listener]:
    """Each entry of the menu with the guard that it takes: one element, several rights."""

    async def edit(_ack: AsyncAck, body: Body) -> None:
        instance = await services.instances.get(read_actor(body).team_id, _chosen(body))
        view = build_edit(instance, EditForm.of(instance), integration=services.integration)
        await show_modal(services, body, view)

    async def edit_filter(_ack: AsyncAck, body: Body) -> None:
        instance = await services.instances.get(read_actor(body).team_id, _chosen(body))
        view = build_filter(instance, instance.filter, integration=services.integration)
        await show_modal(services, body, view)

    async def make_default(_ack: AsyncAck, body: Body) -> None:
        instance = await services.instances.make_default(read_actor(body).team_id, _chosen(body))
        note = f":white_check_mark: *{kit.typed(instance.name)}* is the default now."
        services.spawn(show_instance(services, body, instance.id, note=note), name="show-default")
        refresh_home(services, body)

    async def reveal(_ack: AsyncAck, body: Body) -> None:
        instance = await services.instances.ask_to_reveal(read_actor(body).team_id, _chosen(body))
        await show_modal(services, body, build_reveal(instance))

    async def remove(_ack: AsyncAck, body: Body) -> None:
        instance = await services.instances.get(read_actor(body).team_id, _chosen(body))
        await show_modal(services, body, build_removal(instance, await services.instances.others(instance)))

    return {
        ids.Menu.EDIT: guard_click(services, Action.MANAGE, edit),
        ids.Menu.FILTER: guard_click(services, Action.MANAGE, edit_filter),
        ids.Menu.DEFAULT: guard_click(services, Action.MANAGE, make_default),
        ids.Menu.REVEAL: guard_click(services, Action.REVEAL, reveal),
        ids.Menu.REMOVE: guard_click(services, Action.MANAGE, remove),
    }


def _chosen(body: Body) -> str:
    """The instance's id: behind the verb in the menu, alone in a button."""
    return read_button(body).rpartition(":")[2]
