"""`/cw-status digest`: a daily word in this channel on how all instances are; `digest off` ends it."""

from slack_bolt.context.ack.async_ack import AsyncAck

from handlers.blocks import notices_monitor
from handlers.guard import Listener
from handlers.payload import Body, read_actor
from handlers.services import Services

WORD = "digest"
WORDS = (WORD, f"{WORD} off")


def set_digest(services: Services) -> Listener:
    """The listener; whoever it is given to must be allowed to manage instances."""

    async def listen(ack: AsyncAck, body: Body) -> None:
        actor = read_actor(body)
        if str(body.get("text", "")).casefold().split()[-1] == "off":
            message = notices_monitor.build_digest_ended(was_there=await services.digest.stop(actor.team_id))
        else:
            await services.digest.start(actor.team_id, str(body["channel_id"]), by=actor.user_id)
            message = notices_monitor.build_digest_begun()
        await ack(text=message.text, blocks=message.blocks, response_type="ephemeral")

    return listen
