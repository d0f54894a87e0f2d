"""Puts a workspace's daily digest into the channel that asked for it."""

from bot.domain.digest import Digest, Summary
from bot.slack.errors import NameSpentError
from bot.slack.gateway import SlackGateway
from handlers.blocks.notices_monitor import build_digest


class SlackDigestBoard:
    """Implements `bot.services.digest.DigestBoard` over the gateway."""

    def __init__(self, gateway: SlackGateway) -> None:
        self._gateway = gateway

    async def post(self, digest: Digest, number: int, summary: Summary) -> None:
        """Post one. Raises `SlackError`; `NotInChannelError` where the bot has to be invited first."""
        message = build_digest(summary)
        try:
            # The first one is waited for by whoever asked.
            await self._gateway.post(
                digest.team_id,
                digest.channel_id,
                text=message.text,
                blocks=message.blocks,
                prompt=number == 0,
                name=digest.name(number),
            )
        except NameSpentError:
            return  # it was told, and somebody has deleted it
