"""What the commands that work on the store have in common: settings, a quiet log, the open store, errors as sentences."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from bot.domain.catalogue import entries, explain_error
from bot.domain.errors import CwBotError
from bot.runtime.logging import configure_logging, install_crash_reports
from bot.runtime.redaction import Redactor
from bot.runtime.requirements import require_keys
from bot.runtime.settings import SettingsError, load_settings
from bot.runtime.storage import Storage, open_beside
from bot.store.retries import retrying

T = TypeVar("T")

# Nobody waits for an acknowledgement here.
_PATIENCE_SECONDS = 15.0
_WIDE = 200


def with_storage(work: Callable[[Storage], Awaitable[T]], *, checks_keys: bool = True) -> T:
    """Open the store that the settings name, beside a bot that may be running, and do `work` on it.

    Whatever goes wrong is told in one sentence, with exit code 1.
    """
    import asyncio

    async def run() -> T:
        settings = load_settings()
        require_keys(settings)
        configure_logging(level="WARNING", style="console", redactor=Redactor(settings.secrets()))
        install_crash_reports()
        async with AsyncExitStack() as stack:
            with retrying(_PATIENCE_SECONDS):
                return await work(await open_beside(settings, stack, checks_keys=checks_keys))

    try:
        return asyncio.run(run())
    except (SettingsError, CwBotError) as error:
        fail(tell(error))


def show(table: Table) -> None:
    """Print a table, whole where nobody watches."""
    console = Console()
    # What people typed is text here, never markup.
    Console(width=None if console.is_terminal else _WIDE, markup=False, emoji=False).print(table)


def tell(error: Exception) -> str:
    """An error as a sentence."""
    if isinstance(error, CwBotError) and str(error) == error.key and error.key in entries():
        said = explain_error(error)
        return f"{said.summary} {said.fix}".strip()
    return str(error)


def fail(sentence: str) -> NoReturn:
    """Say it in red and end with exit code 1."""
    typer.secho(sentence, fg=typer.colors.RED, err=True)
    raise typer.Exit(code=1) from None
