"""`deploy/README.md`, followed by its letter: a machine is set up, backed up, restored, upgraded, and cleared again."""

import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import yaml
from redis.asyncio import Redis

from bot import __version__
from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from bot.sandbox.slack.seed import HOME_TEAM
from tests.deploy.machine import Machine
from tests.deploy.places import DEPLOY, ROOT, find_tool, read_yaml
from tests.deploy.runbooks import README, read_blocks, read_runbooks
from tests.journeys.steps import (
    CHANNEL,
    connect,
    key_fields,
    reach_keys,
    see_in_thread,
    see_status,
    see_whole_thread,
    submit,
    title,
)

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
async def outside() -> AsyncIterator[Sandbox]:
    """Slack and ConnectWise, without a bot."""
    sandbox = Sandbox()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(sandbox.connectwise)
        await sandbox.slack.start(0)
        stack.push_async_callback(sandbox.slack.close)
        yield sandbox


@pytest.fixture
async def machine(outside: Sandbox) -> AsyncIterator[Machine]:
    # Short, for a socket's name may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="cwb-") as folder:
        async with Machine(Path(folder)).switched_on() as started:
            outside.slack.request_urls = [f"http://127.0.0.1:{started.port}/slack/events"]
            yield started


def say_where_the_sandbox_is(machine: Machine, outside: Sandbox) -> None:
    """What an operator would not have: a Slack and a ConnectWise on this machine."""
    settings = {
        "SLACK_API_URL": outside.slack.api_url,
        "CW_BOT_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
        "CW_BOT_CA_BUNDLE": str(outside.connectwise.ca_path),
        "CW_CLIENT_ID": outside.connectwise.crib()["Client ID"],
        "CW_BOT_PORT": str(machine.port),
    }
    path = machine.root / "etc/cw-bot/cw-bot.env"
    path.write_text(path.read_text() + "".join(f"{name}={value}\n" for name, value in settings.items()))


async def is_verified(outside: Sandbox) -> bool:
    """Whether /cw-status says so to somebody who asks now."""
    cleo = outside.slack.person("cleo")
    assert (await cleo.command("/cw-status", CHANNEL)).ok
    return "Production" in await see_status(cleo, "Verified")


async def hand_in_slowly(outside: Sandbox, person: Person) -> None:
    """Keys whose verification takes longer than Slack waits for an answer."""
    outside.connectwise.set(latency=1.5)
    assert (await submit(person, key_fields(outside))).ok
    assert title(person) == "Checking…"


async def refused_by_redis(machine: Machine) -> Sequence[object]:
    """What anybody was not allowed to do there, since it was last started."""
    password = (machine.root / "etc/redis/operator.password").read_text()
    async with Redis(port=machine.redis_port, username="operator", password=password) as client:
        return await client.acl_log()


async def lose_redis(machine: Machine) -> None:
    """An empty one in its place."""
    await machine.redis.stop()
    for path in (machine.root / "var/lib/redis").rglob("*"):
        if path.is_file():
            path.unlink()
    await machine.redis.start()


async def test_the_machine_lives_by_the_document(machine: Machine, outside: Sandbox) -> None:
    ben = outside.slack.person("ben")

    assert f"cw-bot {__version__}" in await machine.run("install")
    say_where_the_sandbox_is(machine, outside)
    await machine.run("redis")
    await machine.run("secrets", outside.slack.bot_token, outside.slack.signing_secret)
    for path in (machine.root / "etc/cw-bot/secrets").iterdir():
        assert not path.stat().st_mode & 0o007, path.name

    said = await machine.run("start")
    assert "ready" in said
    assert "cw-bot: active (running)" in said
    assert "The keys open all" in said
    assert "✗" not in said, "the doctor finds nothing that must be mended"
    await connect(outside, ben, Hostname=outside.connectwise.host)
    await see_whole_thread(ben)

    assert "Production" in await machine.run("back-up", PASSPHRASE)
    await machine.run("snapshot")

    await lose_redis(machine)
    said = await machine.run("restore")
    assert "Put back: 1." in said
    assert "Production" in said
    assert await is_verified(outside)

    await lose_redis(machine)
    assert "Production" in await machine.run("restore-snapshot")
    assert await is_verified(outside)

    await reach_keys(outside, ben, Hostname=outside.connectwise.host, **{"Instance name": "Staging"})
    machine.supervisor.before_restart = lambda: hand_in_slowly(outside, ben)
    said = await machine.run("upgrade")
    assert f'cw_bot_info{{version="{__version__}.post1"}}' in said
    await see_in_thread(ben, "5 of 8", name="Staging")

    said = await machine.run("rotate")
    assert re.search(r"k\d+-2 +│ seals and opens", said)
    assert re.search(r"k\d+ +│ opens +│ [0-9a-f]+ +│ 0 ", said)
    said = await machine.run("drop-key")
    assert len(re.findall(r"│ k\d", said)) == 1
    assert await is_verified(outside)

    assert "Put back: 1." in await machine.run("key-lost")
    assert await is_verified(outside)

    fresh = outside.slack.workspace.install(HOME_TEAM.id).bot_token
    await machine.run("new-token", fresh)
    assert await is_verified(outside)

    assert "Production is removed" in await machine.run("remove-instance")
    assert re.search(r"Destroyed: [1-9]", await machine.run("remove-workspace"))
    assert await refused_by_redis(machine) == []
    await machine.run("remove-all")
    assert set(machine.bot.codes) == {0}, "it ended in order and in time, each time"
    left = [it for it in machine.root.rglob("*") if "cw-bot" in it.name or it.name == "users.acl"]
    assert [it.relative_to(machine.root).as_posix() for it in left] == ["var/backups/cw-bot"]


async def test_containers_and_the_cluster_are_asked_for_what_is_there(machine: Machine) -> None:
    compose = read_yaml(DEPLOY / "compose.yaml")
    assert "https://bot.example.com/slack/events" in await machine.run("manifest")
    await machine.run("compose-secrets", "xoxb-1", "xapp-1", "")
    made = machine.repository / "deploy" / "secrets"
    named = {Path(it["file"]).name for it in compose["secrets"].values()}
    assert named <= {it.name for it in made.iterdir()}
    assert (made / "slack_signing_secret").read_text() == ""
    assert re.fullmatch(r"k\d+:[A-Za-z0-9+/]{43}=\n", (made / "cw_bot_encryption_keys").read_text())
    assert (made / "users.acl").read_text().count("#BOT") == 0
    for block in ("compose-start", "proxy", "compose-proxy"):
        await machine.run(block)
    used = {it for words in machine.calls("docker") if words[0] == "compose" for it in words}
    assert used & set(compose["services"]) == {"bot"}
    assert "https" in used

    await machine.run("kubernetes-secret", "xoxb-1", "xapp-1")
    if machine.applied:
        assert set(yaml.safe_load(machine.applied)["data"]) == {"slack_bot_token", "slack_app_token"}
    await machine.run("kubernetes-single")
    await machine.run("kubernetes-replicated", "redis://store")
    if machine.applied:
        assert {"redis_url", "cw_bot_encryption_keys"} <= set(yaml.safe_load(machine.applied)["data"])
    await machine.run("alerts")
    rule = yaml.safe_load(machine.applied)
    assert rule["spec"] == read_yaml(DEPLOY / "prometheus" / "alerts.yaml")
    await machine.run("kubernetes-remove")
    await machine.run("compose-remove")
    assert not made.exists()


def test_every_block_is_a_runbook_that_a_test_runs() -> None:
    blocks = read_blocks()
    assert all(it.info.startswith("bash runbook=") for it in blocks), "a block that nothing runs"
    names = [it.name for it in blocks]
    assert len(set(names)) == len(names)
    text = Path(__file__).read_text()
    assert [name for name in names if f'"{name}"' not in text] == []


@pytest.mark.parametrize("name", read_runbooks())
def test_a_block_is_sound_shell(name: str) -> None:
    shellcheck = find_tool("shellcheck", "make deploy-tools")
    # What an earlier block sets or defines is not seen from here; ~ and $ in quotes that go to another program are meant.
    done = subprocess.run(
        [shellcheck, "--shell=bash", "--exclude=SC2154,SC2034,SC2016,SC2024", "-"],
        input=read_runbooks()[name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_link_leads_somewhere() -> None:
    text = README.read_text()
    headings = {
        re.sub(r"[^a-z0-9 -]", "", it.lower()).replace(" ", "-")
        for it in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        file, _, anchor = target.partition("#")
        if file:
            assert (DEPLOY / file).exists(), target
        elif anchor not in headings:
            pytest.fail(f"there is no heading for #{anchor}")
    assert (ROOT / "README.md").read_text().count("deploy/README.md")
