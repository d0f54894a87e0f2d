"""Every setting, read from the environment (and `.env`), checked before anything is started."""

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SLACK_API_URL = "https://slack.com/api/"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting is missing or cannot be used; the text is a whole sentence, and holds no value of a setting."""


def _words(value: Any) -> Any:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


class Settings(BaseSettings):
    """The environment's contract. Field names are the variables' names in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        case_sensitive=False,
    )

    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_api_url: str = SLACK_API_URL

    redis_url: SecretStr = SecretStr("")
    cw_bot_data_dir: Path = Path(".cw-bot")
    cw_bot_encryption_keys: SecretStr = SecretStr("")
    cw_bot_encryption_keys_file: Path | None = None

    cw_client_id: SecretStr = SecretStr("")
    cw_api_version: str = "2025.1"
    cw_bot_integration_name: Annotated[str, Field(min_length=1, max_length=11)] = "Rewst"
    cw_bot_allowed_networks: Annotated[tuple[Network, ...], NoDecode] = ()
    cw_bot_ca_bundle: Path | None = None

    cw_bot_host: str = "127.0.0.1"
    cw_bot_port: Annotated[int, Field(ge=0, le=65535)] = 3000
    cw_bot_setup_users: Annotated[tuple[str, ...], NoDecode] = ()
    cw_bot_setup_usergroups: Annotated[tuple[str, ...], NoDecode] = ()
    cw_bot_requests_per_minute: Annotated[int, Field(ge=0)] = 600
    cw_bot_reveal: Literal["on", "off"] = "on"
    cw_bot_check_interval: Annotated[float, Field(ge=1, le=86_400)] = 900
    cw_bot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    cw_bot_log_format: Literal["console", "json"] = "console"

    @field_validator(
        "cw_bot_allowed_networks", "cw_bot_setup_users", "cw_bot_setup_usergroups", mode="before"
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return _words(value)

    @field_validator("cw_bot_log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("slack_api_url")
    @classmethod
    def _slash(cls, value: str) -> str:
        if not value.startswith(("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")):
            raise ValueError("must be an https address")
        return value.rstrip("/") + "/"

    @property
    def uses_socket_mode(self) -> bool:
        """Whether Slack is spoken to over a socket of ours instead of HTTP requests of Slack's."""
        return bool(self.slack_app_token.get_secret_value())

    @property
    def uses_embedded_store(self) -> bool:
        """Whether the bot runs its own Redis server."""
        return not self.redis_url.get_secret_value()

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the log's redaction."""
        held = (
            self.slack_bot_token,
            self.slack_app_token,
            self.slack_signing_secret,
            self.redis_url,
            self.cw_client_id,
            self.cw_bot_encryption_keys,
        )
        values = [secret.get_secret_value() for secret in held]
        pairs = self.cw_bot_encryption_keys.get_secret_value().split(",")
        values += [pair.partition(":")[2] for pair in pairs]
        return tuple(value for value in values if value)


def load_settings(**overrides: Any) -> Settings:
    """The settings, or a `SettingsError` that names the variable and what is wrong with it, never its value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "a setting"
        raise SettingsError(f"{name} cannot be used: {first['msg'].removeprefix('Value error, ')}.") from None


def require_slack(settings: Settings) -> None:
    """Raises `SettingsError` where Slack cannot be reached with what is set; tells what to get, and where."""
    if not settings.slack_bot_token.get_secret_value():
        raise SettingsError(
            "SLACK_BOT_TOKEN is not set. Create the app from deploy/slack-manifest.yaml at api.slack.com/apps, install "
            "it, and copy OAuth & Permissions → Bot User OAuth Token (it begins with xoxb-)."
        )
    if not settings.uses_socket_mode and not settings.slack_signing_secret.get_secret_value():
        raise SettingsError(
            "Neither SLACK_APP_TOKEN (Socket Mode: Basic Information → App-Level Tokens, scope connections:write, begins "
            "with xapp-) nor SLACK_SIGNING_SECRET (HTTP: Basic Information → App Credentials) is set. One is needed."
        )


def require_keys(settings: Settings) -> None:
    """With a Redis of one's own, the keys that seal its records must be given too: refuses the start otherwise."""
    given = settings.cw_bot_encryption_keys.get_secret_value() or settings.cw_bot_encryption_keys_file
    if not settings.uses_embedded_store and not given:
        raise SettingsError(
            "REDIS_URL is set, but neither CW_BOT_ENCRYPTION_KEYS nor CW_BOT_ENCRYPTION_KEYS_FILE is. Make a key with "
            "`cw-bot keys generate` and keep it where your other secrets are: without it the records cannot be opened."
        )
