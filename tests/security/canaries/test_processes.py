"""The product as it is really run, in processes of its own: what these print, and what their commands leave behind."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM

from bot.sandbox.slack import Person
from bot.vault import generate_key
from tests.journeys.steps import PATIENCE, reach_keys, submit, title
from tests.journeys.test_instances import open_menu
from tests.security.canaries.search import find, read_files
from tests.security.canaries.stage import (
    OTHER_KEY,
    PASSPHRASE,
    WRONG_KEY,
    Stage,
    modal_text,
    typed_keys,
)
from tests.security.canaries.test_journeys import finish, refuse


def environment(stage: Stage, **more: str) -> dict[str, str]:
    """What a bot in the stage's place is started with."""
    slack, site = stage.sandbox.slack, stage.sandbox.connectwise
    return {
        "PATH": os.environ["PATH"],
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "CW_BOT_DATA_DIR": str(stage.folder),
        "CW_BOT_CA_BUNDLE": str(site.ca_path),
        "CW_BOT_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
        "CW_BOT_PORT": "0",
        "CW_BOT_LOG_LEVEL": "DEBUG",
        **more,
    }


@asynccontextmanager
async def running(stage: Stage, said: Path, style: str) -> AsyncIterator[Process]:
    """`cw-bot run`; whatever it prints is added to the file."""
    with said.open("ab") as file:
        before = file.tell()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"),
            env=environment(stage, CW_BOT_LOG_FORMAT=style),
            cwd=said.parent,
            stdout=file,
            stderr=file,
        )
    try:
        async with asyncio.timeout(PATIENCE):
            while b" is ready on " not in (printed := _read(said, before)):
                assert process.returncode is None, "it did not start"
                await asyncio.sleep(0.02)
        url = printed.partition(b" is ready on ")[2].split()[0].decode()
        stage.sandbox.slack.request_urls = [f"{url}/slack/events"]
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(SIGKILL)
        await process.wait()


def _read(path: Path, start: int) -> bytes:
    return path.read_bytes()[start:]


async def command(stage: Stage, *arguments: str, **more: str) -> tuple[int, bytes]:
    """`cw-bot`: its exit code, and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env=environment(stage, **more),
        cwd=stage.folder.parent,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out


async def _search(stage: Stage, said: bytes) -> list[str]:
    places = {**await stage.gather(), "the processes' output": said}
    return find(stage.secrets(), places)


async def test_a_bot_that_is_ended_and_killed_in_the_middle(stage: Stage, tmp_path: Path) -> None:
    sandbox, said = stage.sandbox, tmp_path / "said"
    site, ben = sandbox.connectwise, sandbox.slack.person("ben")
    await sandbox.stop_bot()
    said.touch()
    async with running(stage, said, "json") as process:
        await reach_keys(sandbox, ben, Hostname=site.host)
        await refuse(ben, typed_keys(sandbox, **{"Private key": WRONG_KEY}))
        await _hand_in_and_signal(stage, ben, process, SIGTERM)
    async with running(stage, said, "console") as process:
        await ben.wait_for(lambda: title(ben) == "Enter API keys", PATIENCE)
        await _hand_in_and_signal(stage, ben, process, SIGKILL)
    async with running(stage, said, "json") as process:
        await reach_keys(sandbox, ben, **{"Instance name": "Other", "Hostname": site.host})
        await finish(stage, ben)
        await open_menu(ben, "Reveal keys…", "other")
        assert (await ben.submit()).ok
        assert site.private_key in modal_text(ben)
        process.send_signal(SIGTERM)
        await process.wait()
    printed = said.read_bytes()
    assert b"bot_stopped" in printed
    assert await _search(stage, printed) == []


async def _hand_in_and_signal(stage: Stage, ben: Person, process: Process, number: int) -> None:
    """Keys are being checked, slowly, as the process gets its signal."""
    stage.sandbox.connectwise.set(latency=1.2)
    await submit(ben, typed_keys(stage.sandbox, **{"Private key": OTHER_KEY}))
    assert title(ben) == "Checking…"
    process.send_signal(number)
    await process.wait()
    stage.sandbox.connectwise.set(latency=0)


async def test_the_commands_on_the_machine(stage: Stage, tmp_path: Path) -> None:
    sandbox, site = stage.sandbox, stage.sandbox.connectwise
    ben, backup = sandbox.slack.person("ben"), tmp_path / "backup.json"
    await reach_keys(sandbox, ben)
    await finish(stage, ben)
    await sandbox.stop_bot()
    ring = (stage.folder / "encryption.keys").read_text().strip()
    new = generate_key("new")
    stage.more_secrets["new key"] = new.partition(":")[2]
    keys = {
        "CW_PUBLIC_KEY": site.public_key,
        "CW_PRIVATE_KEY": WRONG_KEY,
        "CW_BOT_ENCRYPTION_KEYS": f"{new},{ring}",
    }
    check = ("check", "--site", site.host, "--company", site.company)
    said = []
    for code, arguments, more in (
        (0, ("instances", "list"), {}),
        (0, ("instances", "audit"), {}),
        (0, ("instances", "export", "--output", str(backup)), {"CW_BOT_BACKUP_PASSPHRASE": PASSPHRASE}),
        (1, ("instances", "import", str(backup)), {"CW_BOT_BACKUP_PASSPHRASE": f"{PASSPHRASE}, not"}),
        (0, ("instances", "import", str(backup)), {"CW_BOT_BACKUP_PASSPHRASE": PASSPHRASE}),
        (0, ("keys", "reseal"), keys),
        (0, ("keys", "list"), keys),
        (1, ("instances", "list"), {"CW_BOT_ENCRYPTION_KEYS": ring}),
        (1, ("instances", "list"), {"CW_BOT_ENCRYPTION_KEYS": f"{ring}x"}),
        (1, (*check, "--json"), keys),
        (1, check, {**keys, "CW_PRIVATE_KEY": f"{site.private_key}:{OTHER_KEY}"}),
        (0, ("instances", "remove", "Production", "--yes"), keys),
    ):
        ended, printed = await command(stage, *arguments, **more)
        assert ended == code, (arguments, printed.decode())
        said.append(printed)
    assert find(stage.secrets(), {"the backup": read_files(backup.parent)}) == []
    assert await _search(stage, b"\n".join(said)) == []
