"""A doctor for a bot between the sandbox's Slack and its ConnectWise."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.runtime.settings import Settings
from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.slack import SlackServer


@dataclass
class Surgery:
    """What is examined: the environment of a bot that is well, until a test spoils it."""

    slack: SlackServer
    connectwise: ConnectWiseSite
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    async def run(self, *arguments: str, **environment: str) -> Result:
        """As somebody types it."""
        whole = {name.upper(): "" for name in Settings.model_fields} | self.environment | environment
        result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", *arguments], env=whole)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    async def findings(self, *arguments: str, **environment: str) -> dict[str, dict[str, Any]]:
        """The findings by their keys; those of settings by their names."""
        result = await self.run("--json", *arguments, **environment)
        found = json.loads(result.stdout)
        assert result.exit_code == int(any(it["state"] == "fail" for it in found)), result.stdout
        return {it["name"] if it["key"].startswith("setting_") else it["key"]: it for it in found}


@pytest.fixture
async def surgery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Surgery]:
    """A bot's settings for Socket Mode and the embedded store, none of them wrong."""
    monkeypatch.chdir(tmp_path)  # no .env
    monkeypatch.delenv("CW_BOT_SECRETS_DIR", raising=False)
    async with SlackServer() as slack, ConnectWiseSite() as connectwise:
        environment: Mapping[str, str] = {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "CW_BOT_DATA_DIR": str(tmp_path / "data"),
            "CW_BOT_CA_BUNDLE": str(connectwise.ca_path),
            "CW_BOT_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
        }
        yield Surgery(slack, connectwise, tmp_path, dict(environment))
    # The command's log goes to where the runner listened, which is closed now.
    root = logging.getLogger()
    for handler in [it for it in root.handlers if getattr(it, "cw_bot", False)]:
        root.removeHandler(handler)
