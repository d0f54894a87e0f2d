"""`cw-bot doctor`: is everything here that a bot needs, and as it should be? Changes nothing, and shows no secret."""

import asyncio
import json as json_format
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from bot.runtime.doctor.findings import Finding
    from bot.runtime.redaction import Redactor

_MARKS: Final = {
    "ok": ("✓", "green"),
    "warn": ("!", "yellow"),
    "fail": ("✗", "red"),
    "skipped": ("·", "bright_black"),
}
_WIDE: Final = 160


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command(
        "doctor", help="Look at settings, store, keys, Slack and a ConnectWise site; say how to mend it."
    )(doctor)


def doctor(
    site: Annotated[str, typer.Option(help="A ConnectWise host to look at as well; with --company.")] = "",
    company: Annotated[str, typer.Option(help="The company ID there.")] = "",
    json: Annotated[
        bool, typer.Option("--json", help="Print the findings as JSON and nothing else.")
    ] = False,
) -> None:
    """Look at everything; exit 0 where nothing fails, 1 where something does, 2 where the options do not go together."""
    from bot.runtime.doctor.diagnosis import diagnose
    from bot.runtime.doctor.settings import survey_settings
    from bot.runtime.logging import configure_logging
    from bot.runtime.redaction import Redactor

    notes = Console(stderr=True, highlight=False)
    if bool(site) != bool(company):
        notes.print(Text("--site and --company go together.", style="red"))
        raise typer.Exit(2)
    survey = survey_settings()
    redactor = Redactor(survey.settings.secrets() if survey.settings else ())
    configure_logging(level="ERROR", style="console", redactor=redactor)
    try:
        with notes.status("Looking …") if notes.is_terminal else nullcontext():
            findings = asyncio.run(diagnose(survey, host=site, company=company))
    except KeyboardInterrupt:
        notes.print(Text("Stopped.", style="red"))
        raise typer.Exit(130) from None
    if json:
        _print_json(findings, redactor)
    else:
        _print_table(findings, redactor)
    raise typer.Exit(int(any(it.state == "fail" for it in findings)))


def _print_json(findings: "Iterable[Finding]", redactor: "Redactor") -> None:
    shown = [{name: redactor.text(value) for name, value in it.as_json().items()} for it in findings]
    sys.stdout.write(json_format.dumps(shown, indent=2, ensure_ascii=False) + "\n")


def _print_table(findings: "list[Finding]", redactor: "Redactor") -> None:
    from bot.runtime.doctor.settings import DEFAULT_KEY

    # What was typed into a setting is text here, never markup.
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=_WIDE)
    table = Table.grid(padding=(0, 1))
    quiet = [it for it in findings if it.key == DEFAULT_KEY]
    for it in findings:
        if it.key != DEFAULT_KEY:
            mark, style = _MARKS[it.state]
            table.add_row(
                Text(mark, style=style), Text(it.name), Text(redactor.text(it.summary), style=style)
            )
            if it.fix:
                table.add_row("", "", Text(redactor.text(it.fix)))
    console.print(table)
    console.print(Text(f"\n{_conclude(findings)}", style="bold"))
    if quiet:
        console.print(
            Text(f"{len(quiet)} settings have their defaults; --json lists them.", style="bright_black")
        )


def _conclude(findings: "list[Finding]") -> str:
    failed = sum(it.state == "fail" for it in findings)
    warned = sum(it.state == "warn" for it in findings)
    if not failed and not warned:
        return "All is well."
    said = [f"{failed} to mend" if failed else "", f"{warned} to look at" if warned else ""]
    return f"{', '.join(it for it in said if it)}: what to do stands below each."
