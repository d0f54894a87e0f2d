"""`/cw-status audit`: who did what, for those who may set up."""

from slack_bolt.context.ack.async_ack import AsyncAck

from handlers.blocks.audit import SHOWN, build_audit
from handlers.guard import Listener
from handlers.payload import Body, read_actor
from handlers.services import Services

WORD = "audit"


def tell_audit(services: Services) -> Listener:
    """The listener; whoever it is given to must be allowed to read the trail."""

    async def listen(ack: AsyncAck, body: Body) -> None:
        team_id = read_actor(body).team_id
        deeds = await services.audit.read(team_id, SHOWN)
        names = {it.id: it.name for it in (await services.status.survey(team_id)).instances}
        message = build_audit(deeds, names)
        await ack(text=message.text, blocks=message.blocks, response_type="ephemeral")

    return listen
