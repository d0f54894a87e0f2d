"""`cw-bot check`: the verdict in a terminal. Needs neither Slack nor Redis, and writes nothing anywhere.

Keys come from `CW_PUBLIC_KEY` and `CW_PRIVATE_KEY`, else from a prompt that does not echo; never from an
argument, which every user of the machine could read in the list of processes.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from bot.cli_check_view import Board
from bot.domain.catalogue import explain, explain_error
from bot.domain.errors import InputError
from bot.domain.fields import Field
from bot.domain.hosts import describe_change
from bot.domain.hygiene import clean_client_id, clean_company, clean_host, clean_keys, clean_member
from bot.domain.instance import Credentials, Filter, Profile
from bot.domain.matrix import role_sheet_csv
from bot.domain.report import LAYERS, Layer, LayerName, Outcome, Report, State, conclude
from bot.services.verification import Budget, Target, Verifier

if TYPE_CHECKING:
    from bot.runtime.settings import Settings

EXIT_CODES: Final = {Outcome.VERIFIED: 0, Outcome.NEEDS_YOU: 1, Outcome.CANNOT_TELL: 2}
_DEADLINE_SECONDS: Final = 20.0
_LAYER_OF_FIELD: Final[dict[str, LayerName]] = {
    Field.HOST: "dns",
    Field.SITE: "dns",
    Field.COMPANY: "company",
    Field.MEMBER: "member",
}
_HELP: Final = """\
Check a ConnectWise connection layer by layer, and say what to click where it is not as it should be.

Asks for what is not given. The keys are asked for hidden, or taken from CW_PUBLIC_KEY and CW_PRIVATE_KEY.

Exit code: 0 verified, 1 somebody has to act, 2 it could not be told yet.
"""
_CONNECTION: Final = "Where, and as whom"
_ROLE: Final = "What to hold it to"


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("check", help=_HELP, short_help="Check a ConnectWise connection layer by layer.")(check)


def check(  # noqa: PLR0913, PLR0917 - each is an option of the command
    site: Annotated[
        str,
        typer.Option(
            help="The host you open ConnectWise with, such as na.myconnectwise.net.",
            rich_help_panel=_CONNECTION,
        ),
    ] = "",
    company: Annotated[
        str, typer.Option(help="The company ID that you type when you sign in.", rich_help_panel=_CONNECTION)
    ] = "",
    member: Annotated[
        str, typer.Option(help="The API member's ID; the keys tell it, too.", rich_help_panel=_CONNECTION)
    ] = "",
    client_id: Annotated[
        str,
        typer.Option(
            help="The integration's client ID; else CW_CLIENT_ID is taken.", rich_help_panel=_CONNECTION
        ),
    ] = "",
    profile: Annotated[
        Profile,
        typer.Option(help="Which functions the role is held to; full is all 20.", rich_help_panel=_ROLE),
    ] = Profile.CONNECT,
    conditions: Annotated[str, typer.Option(help="Company query conditions.", rich_help_panel=_ROLE)] = "",
    child_conditions: Annotated[str, typer.Option(help="Child conditions.", rich_help_panel=_ROLE)] = "",
    custom_field_conditions: Annotated[
        str, typer.Option(help="Custom field conditions.", rich_help_panel=_ROLE)
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON and nothing else.")] = False,
    role_sheet: Annotated[
        bool,
        typer.Option(
            "--role-sheet", help="Print the levels that the profile needs as CSV, and check nothing."
        ),
    ] = False,
) -> None:
    """Check a ConnectWise connection layer by layer; exit 0 verified, 1 needs you, 2 cannot tell."""
    from bot.runtime.settings import SettingsError, load_settings

    if role_sheet:
        sys.stdout.write(role_sheet_csv(profile))
        return
    notes, output = Console(stderr=True, highlight=False), Console(highlight=False)
    which = Filter(
        conditions=conditions,
        child_conditions=child_conditions,
        custom_field_conditions=custom_field_conditions,
    )
    try:
        settings = load_settings()
        site, company = site or _ask("Site", notes), company or _ask("Company ID", notes)
        target, changes = _read_target(site, company, member, client_id or _client_id(settings), notes)
        target = replace(target, filter=which, profile=profile)
        report = _run(settings, target, changes, None if json else output)
    except InputError as error:
        words = explain_error(error)
        if not json:
            _give_up(notes, f"{words.summary} {words.fix}")
        report = _refuse(error, site, company)
    except SettingsError as error:
        _give_up(notes, str(error))
    except KeyboardInterrupt:
        _give_up(notes, "Stopped.", code=130)
    if json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    raise typer.Exit(EXIT_CODES[report.outcome])


def _refuse(error: InputError, site: str, company: str) -> Report:
    """The report on something that was not even tried: the layer it belongs to failed, nothing else was looked at."""
    blamed = _LAYER_OF_FIELD.get(error.field, "keys")
    words, skipped = explain_error(error), explain("skipped")
    layers = [
        Layer(name=name, state=State.FAIL, summary=words.summary, fix=words.fix, error_key=error.key)
        if name == blamed
        else Layer(name=name, state=State.SKIPPED, summary=skipped.summary)
        for name in LAYERS
    ]
    now = datetime.now(UTC)
    # What was refused may have a password or a key in it, so it is not repeated.
    shown_site = "" if blamed == "dns" else site
    shown_company = "" if blamed == "company" else company
    return Report(
        outcome=conclude(layers), site=shown_site, company=shown_company, checked_at=now, layers=tuple(layers)
    )


def _client_id(settings: "Settings") -> str:
    return settings.cw_client_id.get_secret_value()


def _read_target(
    site: str, company: str, member: str, client_id: str, notes: Console
) -> tuple[Target, list[str]]:
    host = clean_host(site)
    changes = [describe_change(change) for change in host.changes]
    target = Target(
        host=host.host,
        company=clean_company(company),
        member=clean_member(member),
        client_id=clean_client_id(client_id),
    )
    return replace(target, credentials=_read_keys(target.company, notes)), changes


def _read_keys(company: str, notes: Console) -> Credentials:
    public = os.environ.get("CW_PUBLIC_KEY", "") or _ask("Public key (not shown)", notes, is_secret=True)
    private = os.environ.get("CW_PRIVATE_KEY", "") or _ask("Private key (not shown)", notes, is_secret=True)
    public, private = clean_keys(public, private, company=company)
    return Credentials(public_key=SecretStr(public), private_key=SecretStr(private))


def _ask(label: str, notes: Console, *, is_secret: bool = False) -> str:
    """What somebody types; nothing where nobody is there to type."""
    if not sys.stdin.isatty():
        return ""
    try:
        return notes.input(f"{label}: ", password=is_secret)
    except EOFError:
        return ""


def _run(settings: "Settings", target: Target, changes: list[str], output: Console | None) -> Report:
    if output is None:
        return asyncio.run(_verify(settings, target, None))
    for change in changes:
        output.print(Text(change, style="bright_black"))
    board = Board(output)
    with board.live if output.is_terminal else nullcontext():
        report = asyncio.run(_verify(settings, target, board.add))
    board.finish(report)
    return report


async def _verify(settings: "Settings", target: Target, on_layer: Callable[[Layer], None] | None) -> Report:
    from bot.connectwise import ConnectWiseSites

    sites = ConnectWiseSites(
        api_version=settings.cw_api_version,
        allowed_networks=settings.cw_bot_allowed_networks,
        ca_bundle=settings.cw_bot_ca_bundle,
    )
    sites.prepare()
    try:
        return await Verifier(sites).verify(
            target, deadline_seconds=_DEADLINE_SECONDS, budget=Budget.INTERACTIVE, on_layer=on_layer
        )
    finally:
        await sites.close()


def _give_up(notes: Console, sentence: str, *, code: int = 1) -> NoReturn:
    notes.print(Text(sentence.strip(), style="red"))
    raise typer.Exit(code)
