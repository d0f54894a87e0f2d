"""The live lists behind the organization variables' selects."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.variables import find_variable
from bot.services.access import Action
from bot.services.variables import Query
from handlers import ids
from handlers.blocks.meta import Meta
from handlers.blocks.variables import build_options, read_block_id
from handlers.guard import guard_options
from handlers.payload import Body, read_actor, read_search
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def offer(ack: AsyncAck, body: Body) -> None:
        block_id, search = read_search(body)
        name, board_id, type_id = read_block_id(block_id)
        variable = find_variable(name)
        if variable is None:
            await ack(options=[])
            return
        meta = Meta.unpack(str(body.get("view", {}).get("private_metadata", "")))
        query = Query(
            team_id=read_actor(body).team_id,
            instance_id=meta.instance_id,
            variable=name,
            board_id=board_id,
            type_id=type_id,
            search=search,
        )
        await ack(**build_options(variable, await services.variables.suggest(query)))

    for action in (ids.Action.VARIABLE, ids.Action.VARIABLE_BOARD, ids.Action.VARIABLE_TYPE):
        app.options(action)(guard_options(services, Action.MANAGE, offer))
