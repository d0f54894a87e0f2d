"""`cw-bot manifest`: the Slack app's manifest, to paste at api.slack.com/apps."""

import json as json_format
import sys
from typing import Annotated, NoReturn

import typer


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("manifest", help="Print the Slack app's manifest, for HTTP (--url) or Socket Mode.")(manifest)


def manifest(
    url: Annotated[
        str,
        typer.Option(help="Where Slack reaches the bot: https://bot.example.com. Leave out for Socket Mode."),
    ] = "",
    socket: Annotated[
        bool, typer.Option("--socket", help="Socket Mode: no public address is needed.")
    ] = False,
    org: Annotated[
        bool,
        typer.Option("--org", help="Let an Enterprise Grid organization install it for all its workspaces."),
    ] = False,
    rotate: Annotated[
        bool,
        typer.Option("--rotate-tokens", help="Tokens that expire (OAuth only; Slack allows no way back)."),
    ] = False,
    usergroups: Annotated[
        bool, typer.Option("--usergroups", help="Add usergroups:read, for CW_BOT_SETUP_USERGROUPS.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON instead of YAML; Slack takes both.")] = False,
) -> None:
    """Print the manifest; exit 2 where the options do not fit together."""
    from bot.runtime.manifest import ManifestError, ManifestOptions, build_manifest, render_yaml

    if url and socket:
        _refuse("--url is for HTTP and --socket for Socket Mode: choose one.")
    options = ManifestOptions(url=url, spans_organization=org, rotates_tokens=rotate, reads_groups=usergroups)
    try:
        text = json_format.dumps(build_manifest(options), indent=2) + "\n" if json else render_yaml(options)
    except ManifestError as error:
        _refuse(str(error))
    sys.stdout.write(text)


def _refuse(sentence: str) -> NoReturn:
    typer.secho(sentence, fg=typer.colors.RED, err=True)
    raise typer.Exit(code=2)
