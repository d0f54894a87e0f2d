"""`cw-bot run`: everything between the command and a bot that serves, until it is told to end.

It is started often, by people who wait, so it takes the short way: no command-line library and nothing that only makes a
terminal pretty is loaded, and the collector of garbage rests while a thousand modules are, which are none.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final

# What others bring along for people who have these, which takes its share of the start and of the memory: structlog a
# console with colours, redis-py metrics of its own that nobody switches on here. Here they are told that nobody has.
# Traces that the environment asks for are loaded afterwards (`bot.runtime.tracing`).
_NOT_FOR_THIS: Final = ("rich", "opentelemetry")

# A hundred checks under way are some ten thousand objects that come and go, and hardly ever one that only the collector
# can free. By its own rule (700) it would look through them twenty times a second, for nothing, while people wait.
_YOUNG_OBJECTS: Final = 10_000


def run() -> int:
    """Run the bot until SIGINT or SIGTERM; the exit code. What keeps it from starting is said in one sentence."""
    with _loading():
        from bot.domain.errors import CwBotError
        from bot.runtime.settings import SettingsError
    try:
        _load_and_serve()
    except (SettingsError, CwBotError) as error:
        _say(f"cw-bot cannot start. {_sentence(error)}", colour="\x1b[31m")
        return 1
    return 0


@contextmanager
def _loading() -> Iterator[None]:
    before = {name: sys.modules.get(name) for name in _NOT_FOR_THIS}
    is_collecting = gc.isenabled()
    gc.disable()
    for name, module in before.items():
        if module is None:
            sys.modules[name] = None  # type: ignore[assignment]  # the documented way to have an import fail
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
        if is_collecting:
            # What was loaded stays: it need not be looked through again.
            gc.freeze()
            gc.enable()


def _load_and_serve() -> None:
    with _loading():
        from bot.runtime.logging import configure_logging, install_crash_reports
        from bot.runtime.redaction import Redactor
        from bot.runtime.requirements import require_keys, require_slack
        from bot.runtime.settings import load_settings

        settings = load_settings()
        require_slack(settings)
        require_keys(settings)
        redactor = Redactor(settings.secrets())
        configure_logging(
            level=settings.cw_bot_log_level, style=settings.cw_bot_log_format, redactor=redactor
        )
        install_crash_reports()
        from bot.runtime.bot import Bot
    run_async(_serve(Bot(settings, redactor=redactor)))


async def _serve(bot: Any) -> None:
    from bot import __version__
    from bot.runtime.logging import report_loop

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(report_loop)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with bot:
        # Looking through all that was built takes a tenth of a second, in which nobody is answered: it stays, too.
        gc.freeze()
        gc.set_threshold(_YOUNG_OBJECTS)
        _say(f"cw-bot {__version__} is ready on {bot.url}")
        await stop.wait()


def run_async(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop, where it is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def _sentence(error: Exception) -> str:
    from bot.domain.catalogue import entries, explain
    from bot.domain.errors import CwBotError

    if isinstance(error, CwBotError) and error.key in entries() and str(error) == error.key:
        said = explain(error.key, **error.params)
        return f"{said.summary} {said.fix}".strip()
    return str(error)


def _say(sentence: str, *, colour: str = "") -> None:
    """To the standard error, in colour where that is a terminal."""
    shown = f"{colour}{sentence}\x1b[0m" if colour and sys.stderr.isatty() else sentence
    sys.stderr.write(f"{shown}\n")
    sys.stderr.flush()
