"""`cw-bot doctor`, as somebody types it: well, and with one thing wrong at a time."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from bot.runtime.settings import Settings
from bot.store.connection import close, connect
from bot.store.embedded import EmbeddedRedis
from bot.vault import generate_key
from tests.doctor.conftest import Surgery
from tests.store.server import redis, redis_server

__all__ = ["redis", "redis_server"]

CANARIES = {
    "SLACK_BOT_TOKEN": "xoxb-canary-000000000000",
    "SLACK_APP_TOKEN": "xapp-canary-111111111111",
    "SLACK_SIGNING_SECRET": "canary222222222222222222",
    "SLACK_CLIENT_ID": "3333333333.canary",
    "SLACK_CLIENT_SECRET": "canary444444444444444444",
    "REDIS_URL": "redis://user:canary5555555@127.0.0.1:1/0",
    "CW_BOT_ENCRYPTION_KEYS": "k1:canary666666666666",
    "CW_CLIENT_ID": "canary77-7777-7777-7777-777777777777",
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a Redis that is known to be away."""
    monkeypatch.setattr("bot.runtime.doctor.store._PATIENCE_SECONDS", 0.2)


async def test_a_bot_that_is_well_is_found_well(surgery: Surgery) -> None:
    site = ("--site", surgery.connectwise.host, "--company", surgery.connectwise.crib()["Company ID"])
    found = await surgery.findings(*site)
    assert {it["state"] for it in found.values()} <= {"ok", "skipped", "warn"}
    # The sandbox's app lacks what only comforts.
    assert [key for key, it in found.items() if it["state"] == "warn"] == ["slack_scopes_comfort"]
    for key in (
        "python_ok",
        "folder_new",
        "disk_ok",
        "server_ok",
        "keyring_new",
        "slack_token_ok",
        "clock_ok",
    ):
        assert found[key]["state"] == "ok", key
    assert found["slack_socket_ok"]["summary"] == "It opens."
    assert surgery.slack.sockets.accepted == 0, "a connection of ours would be sent what people do"
    assert [found[key]["state"] for key in ("dns_ok", "tcp_ok", "tls_ok", "company_ok")] == ["ok"] * 4
    assert not (surgery.folder / "data").exists(), "nothing is made"


async def test_the_table_says_what_is_wrong_and_how_to_mend_it(surgery: Surgery) -> None:
    result = await surgery.run(SLACK_BOT_TOKEN="xoxb-revoked", CW_BOT_PORT="none")
    assert result.exit_code == 1
    assert "✗ CW_BOT_PORT" in result.stdout
    assert "Slack does not accept it (invalid_auth)." in result.stdout
    assert "OAuth & Permissions → Bot User OAuth Token again." in result.stdout
    assert "2 to mend" in result.stdout


async def test_json_has_one_shape_and_each_setting_is_in_it(surgery: Surgery) -> None:
    result = await surgery.run("--json", SLACK_BOT_TOKEN="")
    found = json.loads(result.stdout)
    assert all(list(it) == ["name", "state", "summary", "fix", "key"] for it in found)
    assert all(isinstance(value, str) for it in found for value in it.values())
    assert {it["state"] for it in found} <= {"ok", "warn", "fail", "skipped"}
    assert {name.upper() for name in Settings.model_fields} <= {it["name"] for it in found}
    # Whatever is not as it should be says what to do.
    assert all(it["fix"] for it in found if it["state"] in ("warn", "fail")), found


@pytest.mark.parametrize(
    ("environment", "key", "summary"),
    [
        ({"CW_BOT_CHECK_INTERVAL": "soon"}, "CW_BOT_CHECK_INTERVAL", "cannot be used"),
        ({"SLACK_BOT_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN", "does not begin with xoxb-"),
        ({"SLACK_BOT_TOKEN": "", "SLACK_APP_TOKEN": ""}, "first_run", "Nothing of Slack is set yet."),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "slack_socket_refused", "(invalid_auth)"),
        ({"SLACK_API_URL": "http://127.0.0.1:1/api/"}, "slack_unreachable", "cannot be reached"),
        ({"SLACK_CLIENT_ID": "1.2"}, "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET is not"),
        (
            {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "wrong"},
            "slack_app_refused",
            "invalid_client_id",
        ),
        ({"REDIS_URL": "redis://127.0.0.1:1"}, "CW_BOT_ENCRYPTION_KEYS", "REDIS_URL is set, but neither"),
        ({"REDIS_URL": "redis://127.0.0.1:1"}, "redis_unreachable", "does not answer"),
        ({"REDIS_URL": "http://127.0.0.1:1"}, "redis_url", "REDIS_URL must start with"),
        ({"CW_BOT_ENCRYPTION_KEYS": "k1:short"}, "keyring", "Key k1 is not 32 bytes in base64."),
        ({"CW_BOT_ENCRYPTION_KEYS_FILE": "/no/such/file"}, "keyring", "cannot be read"),
    ],
)
async def test_one_thing_wrong_is_one_finding_that_names_it(
    surgery: Surgery, impatient: None, environment: dict[str, str], key: str, summary: str
) -> None:
    found = await surgery.findings(**environment)
    assert found[key]["state"] == "fail", found
    assert summary in found[key]["summary"]
    assert found[key]["fix"]


async def test_the_apps_own_credentials_are_tried_without_a_code(surgery: Surgery) -> None:
    app = surgery.slack.workspace.app
    right = {"SLACK_CLIENT_ID": app.client_id, "SLACK_CLIENT_SECRET": app.client_secret}
    assert (await surgery.findings(**right))["slack_app_ok"]["state"] == "ok"


async def test_a_bot_that_workspaces_install_by_themselves_over_http_needs_no_token(surgery: Surgery) -> None:
    app = surgery.slack.workspace.app
    found = await surgery.findings(
        SLACK_BOT_TOKEN="",
        SLACK_APP_TOKEN="",
        SLACK_SIGNING_SECRET=app.signing_secret,
        SLACK_CLIENT_ID=app.client_id,
        SLACK_CLIENT_SECRET=app.client_secret,
    )
    assert "fail" not in {it["state"] for it in found.values()}
    assert found["slack_app_ok"]["state"] == "ok"
    result = await surgery.run("--json", SLACK_BOT_TOKEN="", SLACK_SIGNING_SECRET="")
    assert {it["name"]: it["state"] for it in json.loads(result.stdout)}["Slack bot token"] == "skipped"


async def test_scopes_are_held_against_the_manifest(surgery: Surgery) -> None:
    installation = surgery.slack.installation
    installation.scopes = ("commands", "chat:write", "channels:read", "groups:read", "files:read")
    found = await surgery.findings()
    assert found["slack_scopes_missing"]["summary"] == "Missing: users:read."
    assert found["slack_scopes_excess"]["summary"] == "More than it needs: files:read."
    installation.scopes = ("commands", "chat:write", "users:read", "channels:read", "groups:read")
    assert (await surgery.findings())["slack_scopes_ok"]["state"] == "ok"
    groups = await surgery.findings(CW_BOT_SETUP_USERGROUPS="S012ABC")
    assert groups["slack_scopes_missing"]["summary"] == "Missing: usergroups:read."


@pytest.mark.parametrize(("ahead", "key", "state"), [(60, "clock_off", "warn"), (900, "clock_wrong", "fail")])
async def test_a_clock_that_is_off_is_told_before_signatures_fail(
    surgery: Surgery, ahead: float, key: str, state: str
) -> None:
    surgery.slack.workspace.clock.advance(ahead)
    found = await surgery.findings()
    assert found[key]["state"] == state
    assert "behind Slack's" in found[key]["summary"]


async def test_a_check_that_hangs_keeps_its_own_time_and_takes_nothing_from_the_others(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.doctor.findings.SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"redis://127.0.0.1:{mute.getsockname()[1]}"
        surgery.slack.fail("auth.test", hangs=True)
        found = await surgery.findings(REDIS_URL=url, CW_BOT_ENCRYPTION_KEYS=generate_key("k1"))
    assert found["timeout"]["state"] == "fail"
    assert found["keyring_ok"]["state"] == found["slack_socket_ok"]["state"] == "ok"


async def test_a_fault_of_the_doctors_own_is_a_finding(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise LookupError("canary000000")

    monkeypatch.setattr("bot.runtime.doctor.machine.judge_folder", fail)
    result = await surgery.run()
    assert "It could not be looked at: LookupError." in result.stdout
    assert "canary" not in result.output
    assert "slack_token_ok" in await surgery.findings()


async def test_a_running_bots_store_is_asked_through_its_own_door(surgery: Surgery) -> None:
    async with EmbeddedRedis(surgery.folder / "data"):
        found = await surgery.findings()
    assert found["redis_ok"]["state"] == found["redis_policy_ok"]["state"] == "ok"
    assert found["redis_persistence_ok"]["state"] == "ok"
    assert "redis_replication_ok" not in found
    # Nor does one that is at rest stay awake, or get a key.
    found = await surgery.findings()
    assert found["redis_ok"]["state"] == "ok"
    assert not (surgery.folder / "data" / "encryption.keys").exists()


async def test_a_redis_of_ones_own_is_asked_what_it_may_be_trusted_with(
    surgery: Surgery, redis_server: EmbeddedRedis
) -> None:
    environment = {"REDIS_URL": redis_server.url, "CW_BOT_ENCRYPTION_KEYS": generate_key("k1")}
    found = await surgery.findings(**environment)
    assert found["redis_replication_ok"]["summary"] == "No replica is connected."
    assert found["records_ok"]["summary"] == "The keys open all 0."
    assert found["folder_not_needed"]["state"] == "ok"
    client = connect(redis_server.url)
    try:
        await client.config_set("maxmemory-policy", "allkeys-lru")
        await client.config_set("appendonly", "no")
        found = await surgery.findings(**environment)
    finally:
        await client.config_set("maxmemory-policy", "noeviction")
        await client.config_set("appendonly", "yes")
        await close(client)
    assert found["redis_evicts"]["state"] == "fail"
    assert found["redis_no_append_only_file"]["state"] == "warn"


async def test_keys_that_do_not_open_what_is_there_are_found(
    surgery: Surgery, redis_server: EmbeddedRedis
) -> None:
    from bot.store.key_checks import RedisKeyChecks
    from bot.vault import KeyRing

    client = connect(redis_server.url)
    try:
        await client.flushall()
        first = KeyRing.parse(generate_key("k1"))
        await RedisKeyChecks(client).remember(first.check_values())
        other = {"REDIS_URL": redis_server.url, "CW_BOT_ENCRYPTION_KEYS": generate_key("k1")}
        assert (await surgery.findings(**other))["key_changed"]["state"] == "fail"
    finally:
        await client.flushall()
        await close(client)


async def test_a_password_that_redis_refuses_is_told_from_a_redis_that_is_away(
    surgery: Surgery, redis_server: EmbeddedRedis
) -> None:
    keys = {"CW_BOT_ENCRYPTION_KEYS": generate_key("k1")}
    wrong = redis_server.url.replace("unix://", "unix://nobody:canary0000@")
    assert (await surgery.findings(REDIS_URL=wrong, **keys))["redis_refused"]["state"] == "fail"


def test_a_folder_that_others_may_look_into_or_that_is_none(tmp_path: Path) -> None:
    from bot.runtime.doctor.machine import judge_folder

    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    assert judge_folder(folder).key == "folder_exposed"
    folder.chmod(0o700)
    assert judge_folder(folder).key == "folder_ok"
    (tmp_path / "file").touch()
    assert judge_folder(tmp_path / "file").key == "folder_no_directory"
    assert judge_folder(tmp_path / "new" / "deep").key == "folder_new"
    if os.geteuid() != 0:
        folder.chmod(0o500)
        assert judge_folder(folder).key == "folder_not_ours"
        assert judge_folder(folder / "new").key == "folder_not_allowed"
        folder.chmod(0o700)


def test_python_and_disk_by_their_limits() -> None:
    from bot.runtime.doctor.machine import judge_python, judge_room

    assert judge_python((3, 10, 9)).state == "fail"
    assert judge_python((3, 11, 0)).state == "ok"
    rooms = [judge_room(it).key for it in (50 * 1024**2, 500 * 1024**2, 5 * 1024**3)]
    assert rooms == ["disk_full", "disk_low", "disk_ok"]


@pytest.mark.parametrize("moods", [{"tls": "expired"}, {"network": "refused"}])
async def test_what_is_wrong_with_a_site_is_told_in_the_verdicts_words(
    surgery: Surgery, moods: dict[str, Any]
) -> None:
    surgery.connectwise.set(**moods)
    found = await surgery.findings("--site", surgery.connectwise.host, "--company", "acme")
    assert ("tls_expired" if "tls" in moods else "tcp_refused") in found
    assert found["skipped"]["state"] == "skipped"


async def test_a_site_that_is_no_host_is_refused_and_not_repeated(surgery: Surgery) -> None:
    result = await surgery.run("--json", "--site", "https://me:canary0000@a.test", "--company", "acme")
    assert result.exit_code == 1
    assert "canary0000" not in result.output


async def test_half_a_site_is_a_wrong_use(surgery: Surgery) -> None:
    result = await surgery.run("--site", "a.test")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--site and --company go together." in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--json",)])
async def test_no_secret_is_shown_whatever_is_wrong(
    surgery: Surgery, impatient: None, arguments: tuple[str, ...]
) -> None:
    for spoilt in (
        CANARIES,
        {**CANARIES, "CW_BOT_PORT": "canary888"},
        dict.fromkeys(CANARIES, "canary99999"),
    ):
        result = await surgery.run(*arguments, **spoilt)
        assert result.exit_code == 1
        assert "canary" not in result.output.lower()


async def test_a_directory_of_secrets_that_cannot_be_read_is_said_and_the_rest_left_out(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CW_BOT_SECRETS_DIR", str(surgery.folder / "none"))
    found = await surgery.findings()
    assert found["CW_BOT_SECRETS_DIR"]["state"] == "fail"
    assert found["skipped"]["name"] == "Everything else"
