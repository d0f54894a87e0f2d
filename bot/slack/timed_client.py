"""slack_sdk's client with a limit that holds: over a session that is shared, its own `timeout` is not looked at.

aiohttp's limit would be five minutes then. A connection that is dead without a word (a NAT that forgot it, a proxy that
was moved) would keep a person's window, and the thread that is being shown, waiting for as long.
"""

import asyncio
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse


class TimedClient(AsyncWebClient):
    """Every call ends within `timeout` seconds. Raises `TimeoutError` where it does not."""

    async def api_call(self, *args: Any, **kwargs: Any) -> AsyncSlackResponse:
        """Call a method."""
        async with asyncio.timeout(self.timeout):
            return await super().api_call(*args, **kwargs)
