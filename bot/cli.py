"""`cw-bot`: the commands. Each imports what it needs when it runs, so that `--help` answers at once."""

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
    from bot.runtime import serve

    raise typer.Exit(code=serve.run())


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
