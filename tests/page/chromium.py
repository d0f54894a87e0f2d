"""Where Chromium is on this machine, and how browser tests start it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The path of a Chromium: `CHROMIUM` in the environment goes first, then the usual names on PATH."""
    candidates = (os.environ.get("CHROMIUM"), *NAMES)
    return next((path for name in candidates if name and (path := shutil.which(name))), None)


def require_chromium() -> str:
    """The path of a Chromium; skips the test, saying so, where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip(f"no Chromium here: set CHROMIUM or put one of {', '.join(NAMES)} on PATH")
    return path


@asynccontextmanager
async def launch_chromium() -> AsyncIterator[Browser]:
    """A headless browser, closed on leaving; skips where there is no Chromium."""
    path = require_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGS))
        try:
            yield browser
        finally:
            await browser.close()
