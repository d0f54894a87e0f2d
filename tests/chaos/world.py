"""Bots in processes of their own, between people, a store and a ConnectWise, with wires of any weather in between."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, SIGUSR1
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.slack import Person, SlackServer
from bot.vault import generate_key
from tests.chaos.bot_process import BotProcess
from tests.chaos.checker import check, read
from tests.chaos.people import Player
from tests.chaos.promises import Promises
from tests.chaos.stores import STORES, Store
from tests.chaos.wire import Streams, Weather, Wire
from tests.journeys.steps import CHANNEL

# All four may set instances up: two are admins of the workspace, the others are named in the settings.
PEOPLE = ("ben", "ada", "cleo", "dan")
_LOCAL = "127.0.0.0/8,::1/128"

Show = Callable[[str], None]


@dataclass
class World:
    """Everything that runs. `skews` are how wrong the clock of each replica is, in seconds."""

    folder: Path
    chance: random.Random
    store: Store
    skews: tuple[float, ...] = (0.0, 0.0)
    check_interval: float = 900.0
    plant: str = ""
    only: BotProcess | None = None
    slack: SlackServer = field(default_factory=SlackServer)
    connectwise: ConnectWiseSite = field(default_factory=ConnectWiseSite)
    promises: Promises = field(default_factory=Promises)
    bots: list[BotProcess] = field(default_factory=list)
    wires: dict[str, Wire] = field(default_factory=dict)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["World"]:
        """Start everything; end it all afterwards."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.store.open())
            await stack.enter_async_context(self.connectwise)
            await stack.enter_async_context(self.slack)
            await self._lay_wires(stack)
            stack.push_async_callback(self._end)
            environment = self._environment()
            self.bots = [BotProcess(environment, skew_seconds=it) for it in self.skews]
            await asyncio.gather(*(it.start() for it in self.bots))
            self.slack.request_urls = [f"http://127.0.0.1:{self.wires['front'].port}/slack/events"]
            yield self

    async def _lay_wires(self, stack: AsyncExitStack) -> None:
        port = urlsplit(self.slack.base_url).port
        dials = {
            "front": self._dial_bot,
            "slack": lambda: asyncio.open_connection("127.0.0.1", port),
            "connectwise": lambda: asyncio.open_connection("127.0.0.1", self.connectwise.port),
        }
        for name, dial in dials.items():
            self.wires[name] = await stack.enter_async_context(Wire(dial, self.chance).open())
        # What the app answers to goes the same way as what it calls.
        self.slack.payloads.base_url = f"http://127.0.0.1:{self.wires['slack'].port}"
        if self.store.wire is not None:
            self.wires["redis"] = self.store.wire

    async def _dial_bot(self) -> Streams:
        """What a load balancer does: any replica that takes a connection."""
        for bot in self.chance.sample(self.serving, k=len(self.serving)):
            if bot.is_up and bot.url:
                with contextlib.suppress(OSError):
                    return await asyncio.open_connection("127.0.0.1", urlsplit(bot.url).port)
        raise ConnectionRefusedError

    def _environment(self) -> dict[str, str]:
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "SLACK_API_URL": f"http://127.0.0.1:{self.wires['slack'].port}/api/",
            "REDIS_URL": self.store.url,
            "CW_BOT_ENCRYPTION_KEYS": generate_key("chaos"),
            "CW_BOT_DATA_DIR": str(self.folder / "data"),
            "CW_BOT_PORT": "0",
            "CW_BOT_ALLOWED_NETWORKS": _LOCAL,
            "CW_BOT_CA_BUNDLE": str(self.connectwise.ca_path),
            "CW_CLIENT_ID": self.connectwise.client_id,
            "CW_BOT_SETUP_USERS": ",".join(self.slack.person(it).id for it in ("cleo", "dan")),
            "CW_BOT_REQUESTS_PER_MINUTE": "0",
            "CW_BOT_CHECK_INTERVAL": str(self.check_interval),
            "CHAOS_PLANT": self.plant,
        }

    async def _end(self) -> None:
        self.calm()
        await asyncio.gather(*(it.end(SIGTERM) for it in self.bots))

    @property
    def serving(self) -> list[BotProcess]:
        """The bots that the load balancer knows: all, or `only` one."""
        return self.bots if self.only is None else [self.only]

    # --- people ------------------------------------------------------------------------------------------------------

    def person(self, name: str) -> Person:
        """Somebody of the workspace."""
        return self.slack.person(name)

    def player(self, name: str, *, shares_wrong: float = 0.3) -> Player:
        """Somebody who sets up instances at the sandbox's ConnectWise, over its wire."""
        crib = self.connectwise.crib()
        site = {
            "Site": "Own hostname",
            "Hostname": f"localhost:{self.wires['connectwise'].port}",
            "Company ID": crib["Company ID"],
            "API keys already": "Yes",
        }
        keys = {label: crib[label] for label in ("API member ID", "Public key", "Private key")}
        chance = random.Random(self.chance.random())
        return Player(self.person(name), site, keys, self.promises, chance, shares_wrong)

    # --- the weather, and the end of it ----------------------------------------------------------------------------

    def calm(self) -> None:
        """Good weather on every wire, and no moods."""
        for wire in self.wires.values():
            wire.weather = Weather()
        self.slack.heal()
        self.connectwise.reset()

    async def come_to_rest(self, *, patience_seconds: float) -> list[str]:
        """In good weather with every bot up: what the checker finds, asked until it finds nothing, or for so long."""
        self.calm()
        await asyncio.gather(*(self._revive(it) for it in self.bots))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_seconds
        while True:
            findings = await self.check()
            is_final = any(it.startswith("doubled") for it in findings)
            if not findings or is_final or loop.time() > deadline:
                return findings
            await asyncio.sleep(0.3)

    async def explain(self) -> str:
        """Everything that helps to understand findings: promises, the schedule, what the bots said and do."""
        for bot in self.bots:
            bot.signal(SIGUSR1)
        await asyncio.sleep(0.5)
        lines = [str(it) for it in self.promises]
        reader = self.store.reader()
        try:
            for part in ("jobs", "leases", "again"):
                lines += [
                    f"{part}: {it}" for it in (await reader.hgetall(f"cwbot:{{schedule}}:{part}")).items()
                ]
            due: Any = await reader.zrange("cwbot:{schedule}:due", 0, -1, withscores=True)
            lines += [f"due: {it}" for it in due]
        finally:
            await reader.aclose()
        for number, bot in enumerate(self.bots, start=1):
            lines += [f"--- bot {number}", *bot.said[-300:]]
        return "\n".join(lines)

    async def check(self) -> list[str]:
        """Ask the checker now."""
        reader = self.store.reader()
        try:
            kept = await read(reader, self.slack.workspace.team.id)
        finally:
            await reader.aclose()
        told = [line for bot in self.bots for line in bot.said]
        return check(self.promises, kept, self.slack.workspace, CHANNEL, told)

    async def _revive(self, bot: BotProcess) -> None:
        async with asyncio.timeout(60):
            while not bot.is_up:
                await bot.start()


def build_world(folder: Path, *, seed: int, store: str = "one", **changes: object) -> World:
    """A world for a seed; `store` is one of `STORES`."""
    chance = random.Random(seed)
    return World(folder, chance, STORES[store](folder, chance), **changes)  # type: ignore[arg-type]
