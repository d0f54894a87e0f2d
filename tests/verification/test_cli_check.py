"""`cw-bot check`, as somebody types it."""

import asyncio
import contextlib
import csv
import io
import json
import os
import pty
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

import bot
from bot.cli_check import register
from bot.cli_check_view import Board
from bot.domain.report import LAYERS, Report
from tests.verification.conftest import Bench

app = typer.Typer()
register(app)


@app.callback()
def main() -> None:
    """Makes `check` a sub-command, as it is in the product."""


async def run(bench: Bench, *extra: str, **environment: str) -> Result:
    right = {
        "CW_PUBLIC_KEY": bench.cw.public_key,
        "CW_PRIVATE_KEY": bench.cw.private_key,
        "CW_CLIENT_ID": bench.cw.client_id,
        "CW_BOT_CA_BUNDLE": str(bench.cw.ca_path),
        "CW_BOT_ALLOWED_NETWORKS": "127.0.0.0/8, ::1/128",
    }
    arguments = ["check", "--site", bench.cw.host, "--company", bench.cw.company, *extra]
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env={**right, **environment})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert bench.cw.private_key not in result.output
    return result


TEXT = {"type": "string"}
RIGHT = {
    "type": "object",
    "required": ["module", "function", "level", "have", "want", "why"],
    "additionalProperties": False,
    "properties": {
        "module": TEXT,
        "function": TEXT,
        "level": {"enum": ["add", "edit", "delete", "inquire"]},
        "have": {"enum": ["None", "My", "All"]},
        "want": {"enum": ["None", "My", "All"]},
        "why": TEXT,
    },
}
# The contract of `--json`, written down a second time.
SCHEMA = {
    "type": "object",
    "required": ["outcome", "site", "company", "checked_at", "duration_ms", "layers", "rights", "facts"],
    "additionalProperties": False,
    "properties": {
        "outcome": {"enum": ["verified", "needs_you", "cannot_tell"]},
        "site": TEXT,
        "company": TEXT,
        "checked_at": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"},
        "duration_ms": {"type": "integer", "minimum": 0},
        "layers": {
            "type": "array",
            "minItems": 8,
            "maxItems": 8,
            "items": {
                "type": "object",
                "required": ["name", "state", "summary", "fix", "error_key", "duration_ms"],
                "additionalProperties": False,
                "properties": {
                    "name": {"enum": list(LAYERS)},
                    "state": {"enum": ["ok", "warn", "fail", "skipped", "unknown"]},
                    "summary": {"type": "string", "minLength": 1},
                    "fix": TEXT,
                    "error_key": {"type": ["string", "null"]},
                    "duration_ms": {"type": "integer", "minimum": 0},
                },
            },
        },
        "rights": {
            "type": "object",
            "required": ["missing", "excess"],
            "additionalProperties": False,
            "properties": {
                "missing": {"type": "array", "items": RIGHT},
                "excess": {"type": "array", "items": RIGHT},
            },
        },
        "facts": {"type": "object"},
    },
}


@pytest.mark.parametrize(
    ("moods", "code"),
    [
        ({}, 0),
        ({"role": "connect", "rights_excess": ["Finance/Invoicing"]}, 1),
        ({"tls": "expired"}, 1),
        ({"answers": "throttled"}, 2),
        ({"role": "admin", "level": "location"}, 0),
    ],
)
async def test_json_is_the_documented_report_and_nothing_else(
    bench: Bench, moods: dict[str, Any], code: int
) -> None:
    bench.cw.set(**moods)
    result = await run(bench, "--member", bench.cw.member, "--profile", "full", "--json")
    shape = json.loads(result.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(shape)
    assert [layer["name"] for layer in shape["layers"]] == list(LAYERS)
    assert result.exit_code == code


async def test_it_works_alone_in_an_empty_folder_with_nothing_else_set(bench: Bench, tmp_path: Path) -> None:
    needed = {
        "PATH": os.defpath,
        "PYTHONPATH": str(Path(bot.__file__).parents[1]),
        "CW_PUBLIC_KEY": bench.cw.public_key,
        "CW_PRIVATE_KEY": bench.cw.private_key,
        "CW_BOT_CA_BUNDLE": str(bench.cw.ca_path),
        "CW_BOT_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    arguments = ["--site", bench.cw.host, "--company", bench.cw.company, "--client-id", bench.cw.client_id]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "check", *arguments),
        cwd=tmp_path,
        env=needed,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert b"Verified" in out
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - an empty folder stays empty


async def test_settings_of_a_dotenv_file_are_taken(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(f"CW_CLIENT_ID={bench.cw.client_id}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert (await run(bench, CW_CLIENT_ID="")).exit_code == 0


def test_the_role_sheet_comes_out_as_csv() -> None:
    result = CliRunner().invoke(app, ["check", "--profile", "no_projects", "--role-sheet"])
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert (result.exit_code, len(rows)) == (0, 16)
    assert rows[0]["Function"] == "Company Maintenance"


@pytest.mark.parametrize(
    ("moods", "code", "words"),
    [
        ({}, 0, "Verified"),
        ({"keys": "revoked"}, 1, "Needs you"),
        ({"tls": "expired"}, 1, "has expired"),
        ({"network": "refused"}, 2, "Cannot tell yet"),
    ],
)
async def test_the_exit_code_tells_the_outcome(
    bench: Bench, moods: dict[str, Any], code: int, words: str
) -> None:
    bench.cw.set(**moods)
    result = await run(bench)
    assert (result.exit_code, words in result.output) == (code, True), result.output


async def test_what_was_changed_about_the_host_is_said(bench: Bench) -> None:
    result = await run(bench, "--site", f"https://{bench.cw.host}/v4_6_release")
    assert result.exit_code == 0
    assert "Left out" in result.output


@pytest.mark.parametrize(
    "extra", [("--site", "https://me:secret@a.test"), ("--company", "acme+secretsecret")]
)
async def test_what_cannot_be_used_is_a_report_of_eight_layers_that_repeats_nothing(
    bench: Bench, extra: tuple[str, str]
) -> None:
    result = await run(bench, *extra, "--json")
    report = Report.model_validate_json(result.stdout)
    assert (result.exit_code, len(report.layers)) == (1, 8)
    assert "secret" not in result.output


async def test_without_keys_and_without_a_terminal_the_keys_are_missed(bench: Bench) -> None:
    result = await run(bench, "--json", CW_PUBLIC_KEY="", CW_PRIVATE_KEY="")
    assert Report.model_validate_json(result.stdout).layer("keys").error_key == "key_missing"


@pytest.mark.parametrize(
    "environment", [{"CW_BOT_CA_BUNDLE": "/no/such/file"}, {"CW_BOT_ALLOWED_NETWORKS": "nonsense"}]
)
async def test_a_setting_that_cannot_be_used_is_one_sentence_that_names_it(
    bench: Bench, environment: dict[str, str]
) -> None:
    result = await run(bench, **environment)
    (name,) = environment
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{name} cannot be used" in result.stderr


async def test_without_a_site_and_without_a_terminal_the_site_is_missed() -> None:
    result = await asyncio.to_thread(CliRunner().invoke, app, ["check"], env={"CW_BOT_CA_BUNDLE": ""})
    assert result.exit_code == 1
    assert "The host name is missing." in result.stderr


async def test_in_a_terminal_it_asks_for_what_is_not_given_and_never_shows_a_key(bench: Bench) -> None:
    answers = {
        b"Site: ": bench.cw.host,
        b"Company ID: ": bench.cw.company,
        b"Public key (not shown): ": bench.cw.public_key,
        b"Private key (not shown): ": bench.cw.private_key,
    }
    environment = {
        **os.environ,
        "CW_CLIENT_ID": bench.cw.client_id,
        "CW_BOT_CA_BUNDLE": str(bench.cw.ca_path),
        "CW_BOT_ALLOWED_NETWORKS": "127.0.0.0/8",
        "TERM": "xterm-256color",
    }
    for name in ("CW_PUBLIC_KEY", "CW_PRIVATE_KEY", "NO_COLOR"):
        environment.pop(name, None)
    screen = await asyncio.to_thread(play, answers, environment)
    assert "Verified" in screen
    assert "\x1b[32m✓" in screen
    assert bench.cw.public_key not in screen
    assert bench.cw.private_key not in screen


def play(answers: dict[bytes, str], environment: dict[str, str]) -> str:
    """Run `check` in a terminal of its own, answer each question once it is asked, and return all that was shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bot", "check"]
    # A session of its own, so that the terminal of whoever runs the tests is not asked.
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    seen, left = b"", dict(answers)
    with contextlib.suppress(OSError):  # how a terminal says that its last reader has gone
        while chunk := os.read(ours, 4096):
            seen += chunk
            for question in [it for it in left if it in seen]:
                wait_until_hidden(ours, is_hidden=b"not shown" in question)
                os.write(ours, f"{left.pop(question)}\n".encode())
    os.close(ours)
    process.wait()
    watchdog.cancel()
    return seen.decode()


def wait_until_hidden(terminal: int, *, is_hidden: bool) -> None:
    """Until the terminal echoes nothing any more: what is typed before that is thrown away."""
    while is_hidden and termios.tcgetattr(terminal)[3] & termios.ECHO:
        time.sleep(0.01)


def shown(report: Report, *, width: int = 100) -> str:
    output = Console(file=io.StringIO(), width=width, highlight=False, force_terminal=False)
    Board(output).finish(report)
    assert isinstance(output.file, io.StringIO)
    return "\n".join(line.rstrip() for line in output.file.getvalue().splitlines())


async def test_the_missing_levels_stand_in_the_grid_of_connectwise(bench: Bench) -> None:
    bench.cw.set(
        rights_missing=["Finance/Agreements/inquire"],
        rights_my=["Companies/Contacts/add", "Companies/Contacts/inquire"],
    )
    screen = shown(await bench.verify())
    assert "→ Open System → Security Roles → Rewst API, set the levels below, and press Save." in screen
    lines = screen.splitlines()
    heading = next(it for it in lines if "Missing in the role" in it)
    contacts = next(it for it in lines if it.strip().startswith("Contacts"))
    assert contacts.split() == ["Contacts", "My", "→", "All", "My", "→", "All"]
    assert contacts.index("My") == heading.index("Add")
    assert contacts.rindex("My") == heading.index("Inquire")
    assert [it.strip() for it in lines].index("Companies") < [it.strip() for it in lines].index("Finance")


async def test_causes_that_look_alike_have_a_line_each(bench: Bench) -> None:
    bench.cw.set(keys="revoked")
    screen = shown(await bench.verify())
    assert "Most likely first:\n    1. One of the keys was cut off" in screen
    assert "Not looked at: API member, Role, Companies." in screen


async def test_what_works_but_should_not_stay_so_is_told_with_the_verdict(bench: Bench) -> None:
    bench.cw.set(level="location", hidden_boards=["Help Desk"], rights_excess=["Finance/Invoicing"])
    screen = shown(await bench.verify())
    assert "Verified: it works. This should not stay so:" in screen
    assert screen.count("→ Under System → Members") == 2
    assert "Finance → Invoicing: Add All, Edit All, Delete All, Inquire All" in screen
