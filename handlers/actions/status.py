"""The buttons of `/cw-status`, and links, which Slack reports like clicks."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.services.access import Action
from handlers import ids
from handlers.blocks.status import build_status
from handlers.commands.status import check_and_replace
from handlers.guard import guard_click
from handlers.payload import Body, read_actor, read_button
from handlers.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def check_again(ack: AsyncAck, body: Body) -> None:
        actor, url = read_actor(body), str(body.get("response_url", ""))
        instance = await services.status.get(actor.team_id, read_button(body))
        overview = await services.status.overview(actor.team_id)
        await ack()
        waiting = build_status(instance, overview.onboardings.get(instance.id), checking=True)

        async def work() -> None:
            if url:
                await services.gateway.respond(url, text=waiting.text, blocks=waiting.blocks)
                await check_and_replace(services, overview, instance, url)

        services.spawn(work(), name="status-check")

    async def follow_link(_ack: AsyncAck, _body: Body) -> None:
        """The client opens the link by itself; Slack wants an ack all the same."""

    app.action(ids.Action.STATUS_CHECK)(guard_click(services, Action.STATUS, check_again))
    app.action(ids.Action.OPEN_THREAD)(guard_click(services, Action.STATUS, follow_link))
