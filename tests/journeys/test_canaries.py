"""A key typed into the modal appears nowhere: logs at any level, Slack calls, store, metrics, files."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.bench import Sandbox
from bot.store.embedded import EmbeddedRedis
from tests.journeys import canaries
from tests.journeys.steps import (
    CHANNEL,
    key_fields,
    reach_keys,
    see_in_thread,
    see_status,
    submit,
    title,
)

WRONG_KEY = "Canary7WrongKey9"
OTHER_KEY = "Canary3Other5Key"


def _secrets(sandbox: Sandbox) -> dict[str, str]:
    site = sandbox.connectwise
    return {
        "public key": site.public_key,
        "private key": site.private_key,
        "wrong key": WRONG_KEY,
        "other key": OTHER_KEY,
        "bot token": sandbox.slack.bot_token,
        "signing secret": sandbox.slack.signing_secret,
    }


async def _read_everything(sandbox: Sandbox, folder: Path, logged: str) -> dict[str, bytes]:
    assert sandbox.bot is not None
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.bot.url}/metrics") as answer:
        metrics = await answer.read()
    store = await canaries.read_store(EmbeddedRedis(folder).url)
    await sandbox.stop_bot()
    calls = [[call.method, dict(call.args)] for call in sandbox.slack.calls]
    return {
        "the log": logged.encode(),
        "Slack calls": json.dumps(calls, default=str, ensure_ascii=False).encode(),
        "metrics": metrics,
        "the store": store,
        "the store's files": canaries.read_files(folder),
    }


async def test_the_journey_leaves_no_key_anywhere(
    sandbox: Sandbox, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with canaries.listen(sandbox) as stream:
        await sandbox.restart_bot()
        ben = sandbox.slack.person("ben")
        await reach_keys(sandbox, ben)
        await submit(ben, key_fields(sandbox, **{"Private key": WRONG_KEY}))
        await submit(ben, key_fields(sandbox, **{"Public key": WRONG_KEY, "Private key": WRONG_KEY}))
        sandbox.connectwise.set(latency=1.5)
        await submit(ben, key_fields(sandbox, **{"Private key": OTHER_KEY}))
        await ben.wait_for(lambda: title(ben) == "Enter API keys", 30)
        sandbox.connectwise.reset()
        await submit(ben, key_fields(sandbox))
        await see_in_thread(ben, "5 of 8")
        await ben.command("/cw-status", CHANNEL)
        await see_status(ben, "Verified")
        places = await _read_everything(sandbox, tmp_path / "data", stream.getvalue())
    out, err = capfd.readouterr()
    places |= {"stdout": out.encode(), "stderr": err.encode()}
    assert len(places["the log"]) > 1000
    assert b"cwbot:" in places["the store"]
    assert canaries.find(_secrets(sandbox), places) == []


async def test_a_wrong_signature_is_refused_and_the_body_is_not_logged(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with canaries.listen(sandbox) as stream:
        ben = sandbox.slack.person("ben")
        await reach_keys(sandbox, ben)
        await ben.fill(key_fields(sandbox, **{"Private key": WRONG_KEY}))
        app = sandbox.slack.workspace.app
        monkeypatch.setattr(app, "signing_secret", "0" * 32)
        result = await ben.submit()
        monkeypatch.undo()
        assert not result.ok
        assert result.status == 401
        places = await _read_everything(sandbox, tmp_path / "data", stream.getvalue())
    assert b"request_refused" in places["the log"]
    assert canaries.find(_secrets(sandbox), places) == []


async def test_an_exception_on_the_submission_path_leaves_no_key_in_the_log(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.services.credentials import CredentialsService

    async def explode(_self: object, entry: object) -> None:
        await asyncio.sleep(0)
        raise RuntimeError(f"cannot go on with {entry!r} and {vars_of(entry)}")

    def vars_of(entry: object) -> str:
        return str({name: getattr(entry, name) for name in ("public_key", "private_key", "member")})

    monkeypatch.setattr(CredentialsService, "hand_in", explode)
    with canaries.listen(sandbox) as stream:
        ben = sandbox.slack.person("ben")
        await reach_keys(sandbox, ben)
        refused = await submit(ben, key_fields(sandbox, **{"Private key": WRONG_KEY}))
        assert refused.errors_by_label
        places = await _read_everything(sandbox, tmp_path / "data", stream.getvalue())
    assert b"listener_failed" in places["the log"]
    assert canaries.find(_secrets(sandbox), places) == []


async def test_the_search_finds_a_leak_that_was_planted(sandbox: Sandbox) -> None:
    import base64

    login = base64.b64encode(f"brightwater+pub:{WRONG_KEY}".encode())
    for leak in (WRONG_KEY.encode(), login, WRONG_KEY.encode().hex().encode()):
        assert canaries.find(_secrets(sandbox), {"somewhere": b"..." + leak + b"..."}) == [
            "wrong key in somewhere"
        ]
