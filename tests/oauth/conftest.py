"""A sandbox whose bot has no token: workspaces install it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from tests.journeys.pace import in_a_hurry
from tests.oauth.steps import Browser, oauth_settings
from tests.store.server import redis, redis_server, sealer

__all__ = ["in_a_hurry", "redis", "redis_server", "sealer"]


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Slack, ConnectWise and the bot; nobody has installed it yet."""
    it = Sandbox(data_dir=tmp_path / "data")
    it.override(**oauth_settings(it))
    configure_logging(level="DEBUG", style="console", redactor=it.redactor)
    async with it as started:
        yield started


@pytest.fixture
def swept_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second sweep of a workspace that left, for what was under way during the first, comes soon."""
    monkeypatch.setattr("bot.services.workspaces._SECOND_SWEEP_AFTER", timedelta(seconds=2))


@pytest.fixture
async def browser(sandbox: Sandbox) -> AsyncIterator[Browser]:
    """Somebody's browser."""
    async with Browser(sandbox) as it:
        yield it
