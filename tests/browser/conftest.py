"""A started sandbox and a browser for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from tests.browser.screen import Screen
from tests.page.chromium import launch_chromium

Visit = Callable[[str], Awaitable[Screen]]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with launch_chromium() as browser:
        yield browser


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    it = Sandbox(data_dir=tmp_path / "data")
    configure_logging(level="WARNING", style="console", redactor=it.redactor)
    async with it as started:
        yield started


@pytest.fixture
async def visit(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Visit]:
    """Opens the page as a person, in a window of their own; errors in the page fail the test."""
    troubles: list[str] = []
    contexts = []

    async def open_page(name: str) -> Screen:
        context = await browser.new_context(viewport={"width": 1360, "height": 900}, reduced_motion="reduce")
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        user = sandbox.slack.person(name).id
        await page.goto(f"{sandbox.slack.base_url}/?user={user}&theme=light")
        await (
            page.get_by_role("link", name="psa-setup")
            .or_(page.get_by_role("button", name="psa-setup"))
            .first.click()
        )
        return Screen(page)

    yield open_page
    for context in contexts:
        await context.close()
    assert troubles == []
