"""A stage for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.security.canaries.stage import Stage, raise_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Slack, ConnectWise and the bot over HTTP, everything kept."""
    async with raise_stage(tmp_path / "data") as it:
        yield it
