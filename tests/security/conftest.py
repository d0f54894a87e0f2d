"""One stage a module: it takes some seconds to set up."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.security.stage import Stage, stage


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def on(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The stage."""
    async with stage(tmp_path_factory.mktemp("stage") / "data") as made:
        yield made
