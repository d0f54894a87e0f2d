"""One browser a module; a started sandbox and windows of several people a test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from tests.browser.screen import PATIENCE_MS, Screen
from tests.page.chromium import launch_chromium

Visit = Callable[[str], Awaitable[Screen]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launch_chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    it = Sandbox(data_dir=tmp_path / "data")
    configure_logging(level="WARNING", style="console", redactor=it.redactor)
    async with it as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Visit]:
    """Opens the page as a person, in a window of their own; errors in the page fail the test."""
    troubles: list[str] = []
    contexts = []

    async def open_page(name: str) -> Screen:
        context = await browser.new_context(viewport={"width": 1360, "height": 900}, reduced_motion="reduce")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        screen = Screen(page)
        await page.goto(f"{sandbox.slack.base_url}/?user={sandbox.slack.person(name).id}&theme=light")
        return screen

    yield open_page
    for context in contexts:
        await context.close()
    assert troubles == []
