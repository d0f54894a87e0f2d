"""A sandbox whose bot looks after its instances every other second."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from tests.journeys.pace import in_a_hurry
from tests.store.server import redis, redis_server

__all__ = ["in_a_hurry", "redis", "redis_server"]


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Slack, ConnectWise and a bot that checks as often as it may."""
    it = Sandbox(data_dir=tmp_path / "data", settings={"cw_bot_check_interval": 1})
    configure_logging(level="WARNING", style="console", redactor=it.redactor)
    async with it as started:
        yield started
