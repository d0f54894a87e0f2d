"""`cw-bot check`, as somebody types it."""

import asyncio
import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.cli_check import register
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


async def test_json_is_the_report_and_nothing_else(bench: Bench) -> None:
    result = await run(bench, "--member", bench.cw.member, "--json")
    report = Report.model_validate_json(result.stdout)
    assert result.exit_code == 0
    assert [layer.name for layer in report.layers] == list(LAYERS)
    assert next(iter(json.loads(result.stdout))) == "outcome"


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
async def test_a_setting_that_cannot_be_used_is_one_sentence(
    bench: Bench, environment: dict[str, str]
) -> None:
    result = await run(bench, **environment)
    assert result.exit_code == 1
    assert "A setting cannot be used" in result.output
