"""A small stand-in for systemd: starts and ends services as their units say."""

import asyncio
import os
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.unit import Unit, parse_unit, read_environment_file

_PATIENCE = 30.0


@dataclass
class Service:
    """One unit's process. `codes` are those with which it ended; a negative one: it had to be killed."""

    name: str
    folder: Path
    log: Path
    port: int = 0  # start returns once it listens there, as for a service that notifies; 0: at once
    codes: list[int] = field(default_factory=list)
    _process: Process | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process and self._process.returncode is None else 0

    @property
    def unit(self) -> Unit:
        return parse_unit((self.folder / f"{self.name}.service").read_text())

    def environment(self) -> dict[str, str]:
        """What the unit gives to it, and nothing of ours."""
        unit = self.unit
        given = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **unit.environment}
        for name in unit.all("EnvironmentFile"):
            path = Path(name.removeprefix("-"))
            if path.exists() or not name.startswith("-"):
                given |= read_environment_file(path.read_text())
        return given

    async def start(self) -> None:
        if self.pid:
            return
        unit = self.unit
        folder = Path(unit.get("WorkingDirectory", "/"))
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *unit.get("ExecStart").split(),
                env=self.environment(),
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                umask=int(unit.get("UMask", "0022"), 8),
                start_new_session=True,
            )
        if self.port:
            await _listening(self.port)

    async def stop(self) -> None:
        """Tell the main process alone to end (`KillMode=mixed`); after the unit's patience, kill."""
        process = self._process
        if process and process.returncode is None:
            process.send_signal(signal.Signals[self.unit.get("KillSignal", "SIGTERM")])
            try:
                async with asyncio.timeout(self.unit.stop_seconds):
                    await process.wait()
            except TimeoutError:
                process.kill()
            self.codes.append(await process.wait())


@dataclass
class Supervisor:
    """What `systemctl` asks."""

    services: Mapping[str, Service]
    before_restart: Callable[[], Awaitable[None]] | None = None  # what is to be under way when it comes; once

    async def systemctl(self, *words: str) -> tuple[int, str]:
        """One call: the exit code and what is printed."""
        names = [it for it in words[1:] if not it.startswith("-")]
        now = "--now" in words
        match words[0]:
            case "daemon-reload":
                return 0, ""
            case "status":
                lines = [
                    f"{it}: {'active (running)' if self.services[it].pid else 'inactive (dead)'}"
                    for it in names
                ]
                return (0 if all(self.services[it].pid for it in names) else 3), "\n".join(lines)
            case "start" | "stop" | "restart" | "enable" | "disable":
                for name in names:
                    await self._change(self.services[name], words[0], now=now)
                return 0, ""
        return 1, f"Unknown command verb {words[0]}"

    async def _change(self, service: Service, verb: str, *, now: bool) -> None:
        if verb == "restart" and self.before_restart:
            before, self.before_restart = self.before_restart, None
            await before()
        if verb in ("stop", "restart") or (verb == "disable" and now):
            await service.stop()
        if verb in ("start", "restart") or (verb == "enable" and now):
            await service.start()

    async def close(self) -> None:
        for service in self.services.values():
            await service.stop()


async def _listening(port: int) -> None:
    async with asyncio.timeout(_PATIENCE):
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            await asyncio.sleep(0.02)
