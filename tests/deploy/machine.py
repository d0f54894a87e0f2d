"""A machine to follow `deploy/README.md` on: a root of its own, users that are not there, and a stand-in for systemd."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import stat
import sys
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.deploy.places import ROOT
from tests.deploy.production_redis import find_redis, free_port
from tests.deploy.runbooks import read_runbooks
from tests.deploy.supervisor import Service, Supervisor

_PARTS = (
    "bot",
    "handlers",
    "requirements",
    "deploy",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".env.example",
)
_DOUBLES = (
    *("sudo", "systemctl", "install", "id", "useradd", "userdel", "chgrp", "chown", "apt-get", "python3"),
    *("git", "docker", "kubectl", "caddy"),
)
_PATHS = re.compile(r"(?<![\w.$}/])/(etc|opt|var|usr/local|tmp)/")
_KEPT = ("bot_password", "operator_password", "new", "old", "CW_BOT_BACKUP_PASSPHRASE")
_REDIS_UNIT = (
    "[Service]\nExecStart={server} {root}/etc/redis/redis.conf\nWorkingDirectory={root}/var/lib/redis\n"
)
_PATIENCE = 120.0


class RunbookError(AssertionError):
    """A block of the document did not end well."""


class Machine:
    """`run` runs a block of the README by its name, in a shell that remembers what the blocks before it set."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.repository = folder / "cw-bot"
        self._doubles = folder / "doubles"
        self.port, self.redis_port = free_port(), free_port()
        self._runbooks = read_runbooks()
        units = self.root / "etc" / "systemd" / "system"
        self.bot = Service("cw-bot", units, folder / "bot.log")
        self.redis = Service("redis-server", units, folder / "redis.log", port=self.redis_port)
        self.supervisor = Supervisor({it.name: it for it in (self.bot, self.redis)})

    @asynccontextmanager
    async def switched_on(self) -> AsyncIterator["Machine"]:
        self._lay_out()
        server = await asyncio.start_unix_server(self._answer, self._doubles / "systemctl.sock")
        try:
            yield self
        finally:
            server.close()
            await self.supervisor.close()

    def adapt(self, text: str) -> str:
        """The text with this machine's paths and ports."""
        text = _PATHS.sub(rf"{self.root}/\1/", text)
        text = re.sub(
            r"(127\.0\.0\.1:|-p |^port )6379\b", rf"\g<1>{self.redis_port}", text, flags=re.MULTILINE
        )
        text = re.sub(r"\bbind 127\.0\.0\.1 -::1", "bind 127.0.0.1", text)
        return text.replace("127.0.0.1:3000", f"127.0.0.1:{self.port}").replace(
            "RestartSec=5", "RestartSec=0.2"
        )

    def _lay_out(self) -> None:
        for name in (
            "etc/systemd/system",
            "etc/redis",
            "usr/local/bin",
            "var/lib/redis",
            "opt",
            "tmp",
            "var/backups",
        ):
            (self.root / name).mkdir(parents=True)
        self.repository.mkdir()
        for part in _PARTS:
            source = ROOT / part
            if source.is_dir():
                skipped = shutil.ignore_patterns("__pycache__", "screenshots", "secrets")
                shutil.copytree(source, self.repository / part, ignore=skipped)
            else:
                shutil.copy(source, self.repository / part)
        for path in (self.repository / "deploy").rglob("*"):
            if path.suffix not in (".py", ".png") and path.is_file():
                path.write_text(self.adapt(path.read_text()))
        (self.repository / ".venv").symlink_to(Path(sys.prefix))
        unit = _REDIS_UNIT.format(server=find_redis(), root=self.root)
        (self.root / "etc/systemd/system/redis-server.service").write_text(unit)
        self._lay_out_doubles()

    def _lay_out_doubles(self) -> None:
        (self._doubles / "bin").mkdir(parents=True)
        source = Path(__file__).parent / "doubles" / "double.py"
        for name in _DOUBLES:
            path = self._doubles / "bin" / name
            path.write_text(f"#!{sys.executable} -IS\n" + source.read_text())
            path.chmod(stat.S_IRWXU)
        (self._doubles / "python").write_text(sys.executable)
        (self._doubles / "packages").write_text(sysconfig.get_path("purelib"))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        words = json.loads(await reader.readline())
        code, text = await self.supervisor.systemctl(*words)
        writer.write(json.dumps({"code": code, "text": text}).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join(
            (str(self._doubles / "bin"), str(self.root / "usr/local/bin"), os.environ["PATH"])
        )
        return {"PATH": path, "HOME": str(self.root), "DOUBLES": str(self._doubles), "LANG": "C.UTF-8"}

    async def run(self, name: str, *typed: str) -> str:
        """Run a block; `typed` are the lines that a person types. Gives what is printed. Raises `RunbookError`."""
        state = self._doubles / "state"
        kept = f'{{ declare -f; for it in {" ".join(_KEPT)}; do declare -p "$it" 2>/dev/null || true; done; }} > {state}'
        script = (
            f"set -euo pipefail\n[ ! -e {state} ] || . {state}\n{self.adapt(self._runbooks[name])}\n{kept}\n"
        )
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", script),
            cwd=self.repository,
            env=self.environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(_PATIENCE):
            said, _ = await process.communicate("".join(f"{it}\n" for it in typed).encode())
        if process.returncode:
            raise RunbookError(f"{name} ended with {process.returncode}:\n{said.decode()}\n{self.tail()}")

        return said.decode()

    def tail(self) -> str:
        """The end of the bot's log."""
        log = self.bot.log
        return "\n".join(log.read_text(errors="replace").splitlines()[-12:]) if log.exists() else "no log"

    def calls(self, name: str) -> list[list[str]]:
        """What a double was called with."""
        lines = (self._doubles / "calls").read_text().splitlines()
        return [words[1:] for words in map(json.loads, lines) if words[0] == name]

    @property
    def applied(self) -> str:
        return (self._doubles / "applied.yaml").read_text()
