"""A started sandbox for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from tests.journeys.pace import in_a_hurry

__all__ = ["in_a_hurry"]


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Slack, ConnectWise and the bot, with a store of their own."""
    it = Sandbox(data_dir=tmp_path / "data")
    configure_logging(level="INFO", style="console", redactor=it.redactor)
    async with it as started:
        yield started
