"""One browser and one server a module, a fresh state and page a test."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.page.chromium import launch_chromium
from tests.page.server import FakeSlack
from tests.page.snapshot import NOW

Open = Callable[[str], Awaitable[Page]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launch_chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def slack(server: FakeSlack) -> FakeSlack:
    """The server, as if it had just started."""
    server.renew()
    return server


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, slack: FakeSlack) -> AsyncIterator[Open]:
    """Opens the page at an address (the part behind `/`) and waits until it is drawn; errors in it fail the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(5000)
    await context.clock.set_fixed_time(NOW)
    troubles: list[str] = []

    async def open_page(address: str) -> Page:
        page = await context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda entry: troubles.append(entry.text) if entry.type == "error" else None)
        await page.goto(f"{slack.url}/{address}")
        await page.wait_for_selector(".side-item")
        return page

    yield open_page
    await context.close()
    assert troubles == []


@pytest_asyncio.fixture(loop_scope="module")
async def page(visit: Open) -> Page:
    """The page as Ada sees it, with the bot's channel on show."""
    return await visit("?theme=light")
