"""`cw-bot`: the commands. Each imports what it needs when it runs, so that `--help` answers at once."""

import asyncio
import signal
import sys
from typing import Annotated

import typer

from bot import __version__, cli_check, cli_doctor, cli_instances, cli_keys, cli_manifest

app = typer.Typer(
    name="cw-bot",
    help="Connects ConnectWise Manage to an automation platform, as a conversation in Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli_keys.register(app)
cli_instances.register(app)
cli_check.register(app)
cli_manifest.register(app)
cli_doctor.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cw-bot {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options that stand before a command."""


@app.command()
def run() -> None:
    """Run the bot: Socket Mode where SLACK_APP_TOKEN is set, HTTP otherwise."""
    from bot.domain.errors import CwBotError
    from bot.runtime.settings import SettingsError

    try:
        _loop_run()
    except (SettingsError, CwBotError) as error:
        typer.secho(f"cw-bot cannot start. {_sentence(error)}", fg=typer.colors.RED, err=True)
        raise typer.Exit(code=1) from None


def _loop_run() -> None:
    from bot.runtime.logging import configure_logging, install_crash_reports, report_loop
    from bot.runtime.redaction import Redactor
    from bot.runtime.settings import load_settings

    settings = load_settings()
    redactor = Redactor(settings.secrets())
    configure_logging(level=settings.cw_bot_log_level, style=settings.cw_bot_log_format, redactor=redactor)
    install_crash_reports()

    async def serve() -> None:
        from bot.runtime.bot import Bot

        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(report_loop)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        async with Bot(settings, redactor=redactor) as bot:
            typer.echo(f"cw-bot {__version__} is ready on {bot.url}", err=True)
            await stop.wait()

    run_async(serve())


def run_async(work: "asyncio.coroutines.Coroutine[None, None, None]") -> None:  # type: ignore[name-defined]
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


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The port of the page.", min=0, max=65535)] = 8181,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    script: Annotated[
        bool, typer.Option("--script", help="Play the whole journey without a browser and print the thread.")
    ] = False,
) -> None:
    """Try the whole product in a sandbox: a Slack workspace and a ConnectWise site on this machine."""
    from bot.sandbox import demo as sandbox

    sys.exit(sandbox.main(port=port, opens_browser=not no_browser, plays_script=script))
