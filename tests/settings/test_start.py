"""With every single setting missing or wrong in turn, the start says which and what to do, in one sentence."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import structlog
from typer.testing import CliRunner

from bot.cli import app
from bot.cli_store import tell
from bot.domain.errors import CwBotError
from bot.runtime import storage
from bot.runtime.bot import Bot
from bot.runtime.requirements import FIRST_RUN
from bot.runtime.settings import Settings, SettingsError, load_settings
from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import SlackServer
from bot.store.embedded import EmbeddedRedis
from bot.vault import generate_key
from tests.journeys.steps import PATIENCE, connect, title
from tests.settings.starting import Ended, environment, start_and_end, started

# In every wrong value, so that one that is shown is seen.
CANARY = "canary"


@dataclass(frozen=True)
class Case:
    """Settings that are spoilt, what the start names, and what it says to do; `late` where only the world tells."""

    spoilt: Mapping[str, str]
    names: str
    says: str
    late: bool = False
    without: tuple[str, ...] = field(default=())


WRONG: Mapping[str, tuple[Case, ...]] = {
    "slack_bot_token": (
        Case({"SLACK_BOT_TOKEN": "xoxp-canary"}, "SLACK_BOT_TOKEN", "Copy OAuth & Permissions"),
        Case({"SLACK_BOT_TOKEN": "xoxe.xoxb-canary"}, "SLACK_BOT_TOKEN", "open /slack/install"),
        Case({"SLACK_BOT_TOKEN": "xoxb-canary"}, "SLACK_BOT_TOKEN", "Copy it again", late=True),
    ),
    "slack_app_token": (
        Case({"SLACK_APP_TOKEN": "xoxb-canary"}, "SLACK_APP_TOKEN", "Generate one"),
        Case({"SLACK_APP_TOKEN": "xapp-canary"}, "SLACK_APP_TOKEN", "connections:write", late=True),
    ),
    "slack_signing_secret": (
        Case({"SLACK_SIGNING_SECRET": "xoxb-canary"}, "SLACK_SIGNING_SECRET", "App Credentials"),
    ),
    "slack_client_id": (
        Case({"SLACK_CLIENT_ID": CANARY, "SLACK_CLIENT_SECRET": "x"}, "SLACK_CLIENT_ID", "App Credentials"),
    ),
    "slack_client_secret": (
        Case(
            {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "xapp-canary"},
            "SLACK_CLIENT_SECRET",
            "App Credentials",
        ),
    ),
    "slack_api_url": (
        Case({"SLACK_API_URL": "http://canary.example/api/"}, "SLACK_API_URL", "https"),
        Case({"SLACK_API_URL": "http://localhost.canary.example/"}, "SLACK_API_URL", "https"),
        Case({"SLACK_API_URL": "http://127.0.0.1:1/api/"}, "SLACK_API_URL", "Look at the network", late=True),
    ),
    "redis_url": (
        Case({"REDIS_URL": "canary://u:canary@h"}, "REDIS_URL", "must start with", late=True),
        Case({"REDIS_URL": "redis://u:canary@127.0.0.1:1"}, "REDIS_URL", "Look whether it runs", late=True),
    ),
    "cw_bot_data_dir": (
        Case({"CW_BOT_DATA_DIR": "a-file"}, "CW_BOT_DATA_DIR", "Set it to a dir", late=True),
    ),
    "cw_bot_encryption_keys": (
        Case(
            {"CW_BOT_ENCRYPTION_KEYS": "k1:canary"}, "CW_BOT_ENCRYPTION_KEYS", "32 bytes in base64", late=True
        ),
    ),
    "cw_bot_encryption_keys_file": (
        Case(
            {"CW_BOT_ENCRYPTION_KEYS_FILE": "none"},
            "CW_BOT_ENCRYPTION_KEYS_FILE",
            "cannot be read",
            late=True,
        ),
    ),
    "cw_client_id": (Case({"CW_CLIENT_ID": CANARY}, "CW_CLIENT_ID", "developer.connectwise.com/ClientID"),),
    "cw_api_version": (Case({"CW_API_VERSION": CANARY}, "CW_API_VERSION", "such as 2025.1"),),
    "cw_bot_integration_name": (
        Case(
            {"CW_BOT_INTEGRATION_NAME": "canary-canary"}, "CW_BOT_INTEGRATION_NAME", "at most 11 characters"
        ),
    ),
    "cw_bot_allowed_networks": (
        Case({"CW_BOT_ALLOWED_NETWORKS": "10.0.0.0/8, canary"}, "CW_BOT_ALLOWED_NETWORKS", "10.20.0.0/24"),
    ),
    "cw_bot_ca_bundle": (Case({"CW_BOT_CA_BUNDLE": "/canary"}, "CW_BOT_CA_BUNDLE", "readable PEM file"),),
    "cw_bot_host": (Case({"CW_BOT_HOST": "192.0.2.1"}, "CW_BOT_HOST", "Set it to 127.0.0.1", late=True),),
    "cw_bot_port": (
        Case({"CW_BOT_PORT": CANARY}, "CW_BOT_PORT", "valid integer"),
        Case({"CW_BOT_PORT": "65536"}, "CW_BOT_PORT", "less than or equal to 65535"),
        Case({"CW_BOT_PORT": "TAKEN"}, "CW_BOT_PORT", "Set it to a free one", late=True),
    ),
    "cw_bot_public_url": (
        Case({"CW_BOT_PUBLIC_URL": "http://canary.example"}, "CW_BOT_PUBLIC_URL", "https://bot.example.com"),
    ),
    "cw_bot_setup_users": (Case({"CW_BOT_SETUP_USERS": CANARY}, "CW_BOT_SETUP_USERS", "such as U012ABC"),),
    "cw_bot_setup_usergroups": (
        Case({"CW_BOT_SETUP_USERGROUPS": "U012ABC"}, "CW_BOT_SETUP_USERGROUPS", "such as S012ABC"),
    ),
    "cw_bot_requests_per_minute": (
        Case(
            {"CW_BOT_REQUESTS_PER_MINUTE": "-1"}, "CW_BOT_REQUESTS_PER_MINUTE", "greater than or equal to 0"
        ),
    ),
    "cw_bot_reveal": (Case({"CW_BOT_REVEAL": CANARY}, "CW_BOT_REVEAL", "'on' or 'off'"),),
    "cw_bot_check_interval": (
        Case({"CW_BOT_CHECK_INTERVAL": "0"}, "CW_BOT_CHECK_INTERVAL", "greater than or equal to 1"),
    ),
    "cw_bot_log_level": (Case({"CW_BOT_LOG_LEVEL": CANARY}, "CW_BOT_LOG_LEVEL", "'INFO'"),),
    "cw_bot_log_format": (Case({"CW_BOT_LOG_FORMAT": CANARY}, "CW_BOT_LOG_FORMAT", "'console' or 'json'"),),
}
# Those that the start needs together with another; every other one has a default.
MISSING: Mapping[str, Case] = {
    "slack_bot_token": Case({}, "SLACK_BOT_TOKEN", "api.slack.com/apps", without=("SLACK_BOT_TOKEN",)),
    "slack_app_token": Case({}, "SLACK_APP_TOKEN", "One is needed.", without=("SLACK_APP_TOKEN",)),
    "slack_signing_secret": Case({}, "SLACK_SIGNING_SECRET", "One is needed.", without=("SLACK_APP_TOKEN",)),
    "slack_client_id": Case({"SLACK_CLIENT_SECRET": "canary"}, "SLACK_CLIENT_ID", "App Credentials"),
    "slack_client_secret": Case({"SLACK_CLIENT_ID": "1.2"}, "SLACK_CLIENT_SECRET", "App Credentials"),
    "cw_bot_encryption_keys": Case(
        {"REDIS_URL": "redis://u:canary@127.0.0.1"}, "CW_BOT_ENCRYPTION_KEYS", "cw-bot keys generate"
    ),
    "cw_bot_encryption_keys_file": Case(
        {"REDIS_URL": "redis://127.0.0.1"}, "CW_BOT_ENCRYPTION_KEYS_FILE", "cw-bot keys generate"
    ),
}


def cases(*, late: bool) -> Iterator[object]:
    """Of both tables."""
    every = [(name, case) for name, several in WRONG.items() for case in several] + list(MISSING.items())
    for number, (name, case) in enumerate(every):
        if case.late is late:
            yield pytest.param(case, id=f"{name}-{number}")


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


def tokens_alone(slack: SlackServer) -> dict[str, str]:
    """What a first start in Socket Mode needs; the address is the sandbox's instead of Slack's."""
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "CW_BOT_PORT": "0",  # 3000 may be taken on this machine
    }


def no_files(folder: Path) -> bool:
    """Whether nothing was made there."""
    return not list(folder.iterdir())


def hold(ended: Ended, case: Case) -> None:
    """Against what a start that is refused must print."""
    said = " ".join(ended.printed.split())
    assert ended.code == 1, said
    assert said.startswith("cw-bot cannot start. "), said
    assert case.names in said
    assert case.says in said
    assert "Traceback" not in said
    assert CANARY not in said
    assert len(ended.printed.strip().splitlines()) == 1, "a sentence or two, and nothing else"


def test_the_tables_name_every_setting() -> None:
    assert set(WRONG) == set(Settings.model_fields)
    assert set(MISSING) <= set(Settings.model_fields)


@pytest.mark.parametrize("case", list(cases(late=False)))
def test_a_setting_that_is_wrong_or_missing_is_named_with_what_to_do(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    right = {"SLACK_BOT_TOKEN": "xoxb-canary", "SLACK_APP_TOKEN": "xapp-canary"}
    whole = environment(right | dict(case.spoilt) | dict.fromkeys(case.without, ""))
    done = CliRunner().invoke(app, ["run"], env=whole)
    assert isinstance(done.exception, SystemExit)
    hold(Ended(done.exit_code, done.output), case)
    assert no_files(tmp_path), "nothing is made before the settings are right"


@pytest.mark.parametrize("case", list(cases(late=True)))
async def test_a_setting_of_which_the_world_says_that_it_is_wrong_is_named_with_what_to_do(
    case: Case, slack: SlackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(storage, "PATIENCE_SECONDS", 1.0)
    (tmp_path / "a-file").touch()
    keys = {"CW_BOT_ENCRYPTION_KEYS": generate_key("k1")} if "REDIS_URL" in case.spoilt else {}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        spoilt = {name: port if value == "TAKEN" else value for name, value in case.spoilt.items()}
        for name, value in environment(tokens_alone(slack) | keys | spoilt).items():
            monkeypatch.setenv(name, value)
        with pytest.raises((SettingsError, CwBotError)) as refused:
            async with Bot(load_settings()):
                pass
    hold(Ended(1, f"cw-bot cannot start. {tell(refused.value)}"), case)


async def test_a_redis_that_comes_later_is_waited_for_and_whoever_waits_is_told(
    slack: SlackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedRedis(tmp_path / "redis")
    given = {"REDIS_URL": server.url, "CW_BOT_ENCRYPTION_KEYS": generate_key("k1")}
    for name, value in environment(tokens_alone(slack) | given).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(storage, "PATIENCE_SECONDS", PATIENCE)
    with structlog.testing.capture_logs() as told:
        starting = asyncio.create_task(Bot(load_settings()).__aenter__())
        while not any(it["event"] == "redis_awaited" for it in told):  # noqa: ASYNC110 - it has no event for it
            await asyncio.sleep(0.05)
        assert not starting.done()
        try:
            await server.start()
            bot = await starting
            async with aiohttp.ClientSession() as session, session.get(f"{bot.url}/readyz") as answer:
                assert answer.status == 200
            await bot.__aexit__(None, None, None)
        finally:
            await server.stop()


async def test_what_the_world_says_ends_the_process_in_order(slack: SlackServer, tmp_path: Path) -> None:
    case = Case({"SLACK_APP_TOKEN": "xapp-canary"}, "SLACK_APP_TOKEN", "connections:write")
    hold(await start_and_end(tmp_path, tokens_alone(slack) | dict(case.spoilt)), case)


async def test_with_nothing_set_the_start_tells_the_way_in_order(tmp_path: Path) -> None:
    ended = await start_and_end(tmp_path, {})
    assert ended.code == 1
    assert ended.printed.strip().endswith(FIRST_RUN)
    steps = ["cw-bot manifest", "SLACK_BOT_TOKEN=", "SLACK_APP_TOKEN=", "cw-bot run", "/cw-setup"]
    places = [ended.printed.index(step) for step in steps]
    assert places == sorted(places)
    assert no_files(tmp_path)


async def test_a_file_of_settings_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe")
    ended = await start_and_end(tmp_path, {})
    hold(ended, Case({}, ".env", ".env.example"))


async def test_socket_mode_tokens_alone_are_enough(slack: SlackServer, tmp_path: Path) -> None:
    given = environment(tokens_alone(slack))
    # So none of those that the table of missing ones leaves out is needed; of these two the example tests the defaults.
    left_out = set(Settings.model_fields) - set(MISSING) - {"slack_api_url", "cw_bot_port"}
    assert {given[name.upper()] for name in left_out} == {""}
    async with started(tmp_path, tokens_alone(slack)) as url:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz") as answer:
            assert answer.status == 200
        ben = slack.person("ben")
        await ben.command("/cw-setup", "psa-setup")
        assert title(ben) == "Connect ConnectWise"
    assert {it.name for it in (tmp_path / ".cw-bot").iterdir()} >= {"encryption.keys"}
    assert (tmp_path / ".cw-bot").stat().st_mode & 0o077 == 0


async def test_the_whole_journey_goes_over_the_socket_on_the_embedded_store(tmp_path: Path) -> None:
    async with Sandbox(data_dir=tmp_path / "data", uses_socket_mode=True) as sandbox:
        sandbox.override(slack_signing_secret="")
        await sandbox.restart_bot()
        ben = sandbox.slack.person("ben")
        await connect(sandbox, ben)
        await ben.wait_for(lambda: title(ben) == "Connected", PATIENCE)
