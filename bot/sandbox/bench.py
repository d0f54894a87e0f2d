"""The bot between the sandbox's Slack and its ConnectWise: what the demo, the script and the journeys' tests start."""

import socket
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

from bot.connectwise import Address
from bot.runtime.bot import Bot
from bot.runtime.redaction import Redactor
from bot.runtime.settings import Settings, load_settings
from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.slack import SlackServer
from bot.store.embedded import EmbeddedRedis
from bot.vault import generate_key

# Names that lead to the sandbox's ConnectWise: the cloud regions of the select, and an on-premises host.
OWN_HOST = "psa.brightwater.example"
DEAD_HOST = "offline.brightwater.example"
CLOUD_HOSTS = tuple(f"api-{region}.myconnectwise.net" for region in ("na", "eu", "au", "aus", "za"))

_EVERYTHING_OF_THE_ENVIRONMENT: Mapping[str, Any] = {
    "slack_app_token": "",
    "slack_client_id": "",
    "slack_client_secret": "",
    "cw_bot_public_url": "",
    "redis_url": "",
    "cw_bot_encryption_keys": "",
    "cw_bot_encryption_keys_file": None,
    "cw_api_version": "2025.1",
    "cw_bot_integration_name": "Rewst",
    "cw_bot_setup_users": (),
    "cw_bot_setup_usergroups": (),
    "cw_bot_reveal": "on",
    "cw_bot_check_interval": 900,
    "cw_bot_host": "127.0.0.1",
    "cw_bot_port": 0,
    "cw_bot_allowed_networks": "127.0.0.0/8",
}


class SandboxResolver:
    """The sandbox's names; all others do not exist, `localhost` excepted."""

    def __init__(self, port: int) -> None:
        self._port = port
        # Bound and never listening: dialling it is refused, for as long as this object lives.
        self._dead = socket.socket()
        self._dead.bind(("127.0.0.1", 0))

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Where the name leads. Raises `socket.gaierror` for a name that does not exist."""
        if host in (*CLOUD_HOSTS, OWN_HOST, "api-staging.connectwisedev.com"):
            return [Address("127.0.0.1", self._port)]
        if host == DEAD_HOST:
            return [Address("127.0.0.1", self._dead.getsockname()[1])]
        if host in ("localhost", "127.0.0.1"):
            return [Address("127.0.0.1", port)]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def close(self) -> None:
        """Give the dead port back."""
        self._dead.close()


class Sandbox:
    """Slack, ConnectWise and bots, started together: `async with Sandbox() as sandbox:`.

    Args:
        data_dir: where the embedded store lives; a temporary directory when none is given.
        port: the page's port; 0 takes a free one.
        uses_socket_mode: whether the bot opens a socket to Slack instead of listening for requests.
        settings: settings of the bot that are to differ, by their field names.
        replicas: how many bots. More than one share a Redis beside them, and Slack's requests go to them in turn.
        redis_url: the Redis that they share, if not one that is started for them.
    """

    def __init__(
        self,
        *,
        data_dir: Path | None = None,
        port: int = 0,
        uses_socket_mode: bool = False,
        call_log: Path | None = None,
        settings: Mapping[str, Any] | None = None,
        replicas: int = 1,
        redis_url: str = "",
    ) -> None:
        self._data_dir = data_dir
        self._port = port
        self._uses_socket_mode = uses_socket_mode
        self._overrides = dict(settings or {})
        self._stack = AsyncExitStack()
        self._bot_stack = AsyncExitStack()
        self._resolver: SandboxResolver | None = None
        self.redactor = Redactor()
        self.connectwise = ConnectWiseSite()
        self.slack = SlackServer(panels={"connectwise": self.connectwise}, call_log=call_log)
        self._replicas = replicas
        self._redis_url = redis_url
        self._shared: dict[str, Any] = {}
        self.bots: list[Bot] = []

    @property
    def bot(self) -> Bot | None:
        """The first bot; None while there is none."""
        return self.bots[0] if self.bots else None

    async def __aenter__(self) -> Self:
        """Start all three."""
        try:
            if self._data_dir is None:
                folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="cw-bot-"))
                self._data_dir = Path(folder)
            await self._stack.enter_async_context(self.connectwise)
            self._resolver = SandboxResolver(self.connectwise.port)
            self._stack.callback(self._resolver.close)
            await self.slack.start(self._port)
            self._stack.push_async_callback(self.slack.close)
            await self._share_store(self._data_dir)
            await self.start_bot()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all three, the bot first."""
        await self.stop_bot()
        await self._stack.aclose()

    def settings(self) -> Settings:
        """What the bot is started with."""
        slack: dict[str, Any] = {
            "slack_bot_token": self.slack.bot_token,
            "slack_signing_secret": self.slack.signing_secret,
            "slack_api_url": self.slack.api_url,
            "slack_app_token": self.slack.app_token if self._uses_socket_mode else "",
            "cw_client_id": self.connectwise.crib()["Client ID"],
            "cw_bot_ca_bundle": self.connectwise.ca_path,
            "cw_bot_data_dir": self._data_dir,
        }
        return load_settings(
            _env_file=None, **{**_EVERYTHING_OF_THE_ENVIRONMENT, **slack, **self._shared, **self._overrides}
        )

    def override(self, **settings: Any) -> None:
        """From its next start on the bot has these settings, by their field names."""
        self._overrides |= settings

    async def start_bot(self) -> Bot:
        """Start the bot and have Slack know where it is."""
        settings = self.settings()
        self.redactor.register(*settings.secrets())
        for _ in range(self._replicas):
            bot = Bot(settings, redactor=self.redactor, resolver=self._resolver)
            self.bots.append(await self._bot_stack.enter_async_context(bot))
        self.slack.request_urls = (
            [] if self._uses_socket_mode else [f"{bot.url}/slack/events" for bot in self.bots]
        )
        return self.bots[0]

    async def _share_store(self, data_dir: Path) -> None:
        """One store for all of the bots, and one key."""
        if self._replicas == 1 and not self._redis_url:
            return
        if not self._redis_url:
            server = await self._stack.enter_async_context(EmbeddedRedis(data_dir))
            self._redis_url = server.url
        self._shared = {"redis_url": self._redis_url, "cw_bot_encryption_keys": generate_key("sandbox")}

    async def stop_bot(self) -> None:
        """End the bot in order; the store keeps what it holds."""
        await self._bot_stack.aclose()
        self.bots = []

    async def restart_bot(self) -> Bot:
        """What a deployment does."""
        await self.stop_bot()
        return await self.start_bot()
