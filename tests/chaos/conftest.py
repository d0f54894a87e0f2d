"""Worlds for the tests of this folder."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import StoreError
from bot.store.server_binary import find_server
from tests.chaos.world import World, build_world

Build = Callable[..., Any]


@pytest.fixture
async def worlds(tmp_path: Path) -> AsyncIterator[Build]:
    """Builds and opens a world; it ends with the test. Skips where there is no Redis to start."""
    try:
        find_server(tmp_path)
    except StoreError:
        pytest.skip("no redis-server or valkey-server on PATH, and no wheel with one for this machine")
    async with AsyncExitStack() as stack:

        async def build(*, seed: int = 1, **changes: object) -> World:
            return await stack.enter_async_context(build_world(tmp_path, seed=seed, **changes).open())  # type: ignore[arg-type]

        yield build
