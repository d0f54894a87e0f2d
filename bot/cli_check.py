"""`cw-bot check`: the verdict in a terminal. Needs neither Slack nor Redis, and writes nothing anywhere.

Keys come from `CW_PUBLIC_KEY` and `CW_PRIVATE_KEY`, else from a prompt that does not echo; never from an
argument, which every user of the machine could read in the list of processes.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from bot.domain.catalogue import explain, explain_error
from bot.domain.errors import InputError
from bot.domain.fields import Field
from bot.domain.hosts import describe_change
from bot.domain.hygiene import clean_client_id, clean_company, clean_host, clean_keys, clean_member
from bot.domain.instance import Credentials, Filter, Profile
from bot.domain.report import LAYERS, Layer, LayerName, Outcome, Report, State, conclude
from bot.services.verification import Budget, Target, Verifier

EXIT_CODES: Final = {Outcome.VERIFIED: 0, Outcome.NEEDS_YOU: 1, Outcome.CANNOT_TELL: 2}
_DEADLINE_SECONDS: Final = 20.0
_MARKS: Final[dict[State, tuple[str, str]]] = {
    State.OK: ("✓", "green"),
    State.WARN: ("!", "yellow"),
    State.FAIL: ("✗", "red"),
    State.SKIPPED: ("·", "bright_black"),
    State.UNKNOWN: ("?", "magenta"),
}
_LAYER_OF_FIELD: Final[dict[str, LayerName]] = {
    Field.HOST: "dns",
    Field.SITE: "dns",
    Field.COMPANY: "company",
    Field.MEMBER: "member",
}
_OUTCOMES: Final[dict[Outcome, tuple[str, str]]] = {
    Outcome.VERIFIED: ("Verified: ConnectWise is connected as it should be.", "bold green"),
    Outcome.NEEDS_YOU: ("Needs you: one thing has to be put right.", "bold red"),
    Outcome.CANNOT_TELL: ("Cannot tell yet: ConnectWise could not be asked.", "bold magenta"),
}
_TITLES: Final[dict[LayerName, str]] = {
    "dns": "Name",
    "tcp": "Connection",
    "tls": "Certificate",
    "company": "Company",
    "keys": "Keys",
    "member": "API member",
    "rights": "Role",
    "filter": "Companies",
}


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """The settings that `check` shares with the bot, from the environment."""

    api_version: str
    ca_bundle: Path | None
    allowed_networks: tuple[str, ...]

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "_Surroundings":
        bundle = environment.get("CW_BOT_CA_BUNDLE", "").strip()
        networks = environment.get("CW_BOT_ALLOWED_NETWORKS", "").replace(",", " ").split()
        return cls(
            api_version=environment.get("CW_API_VERSION", "").strip() or "2025.1",
            ca_bundle=Path(bundle) if bundle else None,
            allowed_networks=tuple(networks),
        )


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("check", help="Check a ConnectWise connection layer by layer.")(check)


def check(  # noqa: PLR0913, PLR0917 - each is an option of the command
    site: Annotated[str, typer.Option(help="The host you open ConnectWise with, e.g. na.myconnectwise.net.")],
    company: Annotated[str, typer.Option(help="The company ID of the sign-in screen.")],
    member: Annotated[str, typer.Option(help="The API member's ID.")] = "",
    client_id: Annotated[str, typer.Option(envvar="CW_CLIENT_ID", help="The integration's client ID.")] = "",
    profile: Annotated[
        Profile, typer.Option(help="Which rows of the list the role is held to.")
    ] = Profile.CONNECT,
    conditions: Annotated[str, typer.Option(help="Company query conditions.")] = "",
    child_conditions: Annotated[str, typer.Option(help="Child conditions.")] = "",
    custom_field_conditions: Annotated[str, typer.Option(help="Custom field conditions.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON and nothing else.")] = False,
) -> None:
    """Check a ConnectWise connection layer by layer; exit 0 verified, 1 needs you, 2 cannot tell."""
    notes, output = Console(stderr=True, highlight=False), Console(highlight=False)
    try:
        target, changes = _read_target(site, company, member, client_id)
        target = Target(
            host=target.host,
            company=target.company,
            member=target.member,
            credentials=_read_keys(target.company, notes),
            client_id=target.client_id,
            filter=Filter(
                conditions=conditions,
                child_conditions=child_conditions,
                custom_field_conditions=custom_field_conditions,
            ),
            profile=profile,
        )
        report = _run(target, changes, None if json else output)
    except InputError as error:
        words = explain_error(error)
        if not json:
            _give_up(notes, f"{words.summary} {words.fix}")
        report = _refuse(error, site, company)
    except (OSError, ValueError):
        _give_up(notes, "A setting cannot be used: look at CW_BOT_CA_BUNDLE and CW_BOT_ALLOWED_NETWORKS.")
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


def _read_target(site: str, company: str, member: str, client_id: str) -> tuple[Target, list[str]]:
    host = clean_host(site)
    changes = [describe_change(change) for change in host.changes]
    target = Target(
        host=host.host,
        company=clean_company(company),
        member=clean_member(member),
        client_id=clean_client_id(client_id),
    )
    return target, changes


def _read_keys(company: str, notes: Console) -> Credentials:
    public = os.environ.get("CW_PUBLIC_KEY", "") or _prompt("Public key", notes)
    private = os.environ.get("CW_PRIVATE_KEY", "") or _prompt("Private key", notes)
    public, private = clean_keys(public, private, company=company)
    return Credentials(public_key=SecretStr(public), private_key=SecretStr(private))


def _prompt(label: str, notes: Console) -> str:
    if not sys.stdin.isatty():
        return ""
    return notes.input(f"{label} (not shown): ", password=True)


def _run(target: Target, changes: list[str], output: Console | None) -> Report:
    if output is None:
        return asyncio.run(_verify(target, None))
    for change in changes:
        output.print(Text(change, style="bright_black"))
    board = _Board(output)
    with board.live if output.is_terminal else nullcontext():
        report = asyncio.run(_verify(target, board.add))
    board.finish(report)
    return report


async def _verify(target: Target, on_layer: Callable[[Layer], None] | None) -> Report:
    from bot.connectwise import ConnectWiseSites

    surroundings = _Surroundings.read(os.environ)
    sites = ConnectWiseSites(
        api_version=surroundings.api_version,
        allowed_networks=[ip_network(it) for it in surroundings.allowed_networks],
        ca_bundle=surroundings.ca_bundle,
    )
    sites.prepare()
    try:
        verifier = Verifier(sites)
        return await verifier.verify(
            target, deadline_seconds=_DEADLINE_SECONDS, budget=Budget.INTERACTIVE, on_layer=on_layer
        )
    finally:
        await sites.close()


class _Board:
    """The layers as they are told, with a spinner on the one that is being looked at."""

    def __init__(self, output: Console) -> None:
        self._output = output
        self._layers: list[Layer] = []
        self.live = Live(self._table(), console=output, refresh_per_second=12, transient=True)

    def add(self, layer: Layer) -> None:
        """Show one more layer."""
        self._layers.append(layer)
        if self.live.is_started:
            self.live.update(self._table())

    def finish(self, report: Report) -> None:
        """The whole table once more, to stay, and the outcome below it."""
        self._layers = list(report.layers)
        self._output.print(self._table())
        sentence, style = _OUTCOMES[report.outcome]
        self._output.print(Text(f"\n{sentence}", style=style))
        culprit = report.culprit
        if culprit is not None and culprit.fix:
            self._output.print(Text(culprit.fix))
        self._output.print(Text(f"{report.site} · {report.duration_ms} ms", style="bright_black"))

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for layer in self._layers:
            mark, style = _MARKS[layer.state]
            table.add_row(
                Text(mark, style=style), Text(_TITLES[layer.name]), Text(layer.summary, style=style)
            )
        if len(self._layers) < len(LAYERS):
            table.add_row(
                Spinner("dots"), Text(_TITLES[LAYERS[len(self._layers)]]), Text("…", style="bright_black")
            )
        return table


def _give_up(notes: Console, sentence: str, *, code: int = 1) -> NoReturn:
    notes.print(Text(sentence.strip(), style="red"))
    raise typer.Exit(code)
