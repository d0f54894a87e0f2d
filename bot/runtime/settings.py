"""Every setting, read from the environment (and `.env`), checked before anything is started."""

import ipaddress
import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.domain.errors import InputError
from bot.domain.hygiene import clean_client_id
from bot.runtime.secret_files import SecretFilesError, read_secret_files

SLACK_API_URL = "https://slack.com/api/"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting is missing or cannot be used; the text is a whole sentence, and holds no value of a setting."""


class FirstRunError(SettingsError):
    """Nothing is set yet: the text is the way from here to a bot in Slack, in order."""


FIRST_RUN: Final = """\
cw-bot is not connected to Slack yet. Three minutes, in this order:

  1. The app       Open the link that this prints, choose your workspace, and create the app:
                       cw-bot manifest --socket --link
                   (or paste deploy/slack-manifest.yaml at https://api.slack.com/apps → Create New App → From a manifest)
  2. Bot token     In the app: Install App → Install to Workspace, then OAuth & Permissions → Bot User OAuth Token:
                       SLACK_BOT_TOKEN=xoxb-…
  3. App token     Basic Information → App-Level Tokens → Generate Token, with the scope connections:write:
                       SLACK_APP_TOKEN=xapp-…
  4. Start         Put both lines into a file named .env here (or into the environment), and run again:
                       cw-bot run
  5. Use it        In Slack, in your team's channel: /invite @cw-bot, then /cw-setup

Nothing else is needed: without REDIS_URL the bot keeps its data in .cw-bot, sealed with a key that it makes there.
To look at it first, without Slack: cw-bot demo. For HTTP, many workspaces and servers: deploy/README.md."""


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
    slack_client_id: str = ""
    slack_client_secret: SecretStr = SecretStr("")
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
    cw_bot_public_url: str = ""
    cw_bot_setup_users: Annotated[tuple[str, ...], NoDecode] = ()
    cw_bot_setup_usergroups: Annotated[tuple[str, ...], NoDecode] = ()
    cw_bot_requests_per_minute: Annotated[int, Field(ge=0)] = 600
    cw_bot_reveal: Literal["on", "off"] = "on"
    cw_bot_check_interval: Annotated[float, Field(ge=1, le=86_400)] = 900
    cw_bot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    cw_bot_log_format: Literal["console", "json"] = "console"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic hands it in by name
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before `.env`, and that before files (pydantic's reader would count an empty one)."""
        files = InitSettingsSource(settings_cls, init_kwargs=read_secret_files(cls.model_fields))
        return init_settings, env_settings, dotenv_settings, files

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

    @field_validator("cw_client_id")
    @classmethod
    def _guid(cls, value: SecretStr) -> SecretStr:
        try:
            return SecretStr(clean_client_id(value.get_secret_value()))
        except InputError:
            raise ValueError("must be the GUID that developer.connectwise.com/ClientID shows") from None

    @field_validator("cw_api_version")
    @classmethod
    def _version(cls, value: str) -> str:
        if not re.fullmatch(r"20[0-9]{2}\.[0-9]{1,2}", value, re.ASCII):
            raise ValueError("must be a version of ConnectWise's API such as 2025.1")
        return value

    @field_validator("cw_bot_ca_bundle")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
            except OSError:
                raise ValueError("must be a readable PEM file with certificates") from None
        return value

    @field_validator("cw_bot_setup_users", "cw_bot_setup_usergroups")
    @classmethod
    def _ids(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        letters, example = (
            ("S", "S012ABC") if info.field_name == "cw_bot_setup_usergroups" else ("UW", "U012ABC")
        )
        if not all(re.fullmatch(rf"[{letters}][A-Z0-9]{{2,31}}", it, re.ASCII) for it in value):
            raise ValueError(f"must be Slack ids such as {example}, with commas between them")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _slash(cls, value: str) -> str:
        if not value.startswith(("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")):
            raise ValueError("must be an https address")
        return value.rstrip("/") + "/"

    @field_validator("cw_bot_public_url")
    @classmethod
    def _plain(cls, value: str) -> str:
        is_local = value.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
        if value and (any(it in value for it in "?#@ ") or not (value.startswith("https://") or is_local)):
            raise ValueError("must be the https address at which Slack and browsers reach the bot")
        return value.rstrip("/")

    @property
    def uses_socket_mode(self) -> bool:
        """Whether Slack is spoken to over a socket of ours instead of HTTP requests of Slack's."""
        return bool(self.slack_app_token.get_secret_value())

    @property
    def offers_install(self) -> bool:
        """Whether workspaces can install the app by themselves (OAuth)."""
        return bool(self.slack_client_id and self.slack_client_secret.get_secret_value())

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
            self.slack_client_secret,
            self.redis_url,
            self.cw_client_id,
            self.cw_bot_encryption_keys,
        )
        values = [secret.get_secret_value() for secret in held]
        pairs = self.cw_bot_encryption_keys.get_secret_value().split(",")
        values += [pair.partition(":")[2] for pair in pairs]
        return tuple(value for value in values if value)


def explain_errors(error: ValidationError) -> dict[str, str]:
    """By variable, what is wrong with each, and never its value."""
    found: dict[str, str] = {}
    for item in error.errors(include_input=False, include_url=False):
        variable = str(item["loc"][0]).upper() if item["loc"] else "A setting"
        words = item["msg"].removeprefix("Value error, ")
        found.setdefault(variable, f"{variable} cannot be used: {_plainly(words)}.")
    return found


def _plainly(words: str) -> str:
    """Pydantic's words as the rest of a sentence."""
    for theirs, ours in (("Input should be", "it must be"), ("String should have", "it must have")):
        words = words.replace(theirs, ours)
    return words[:1].lower() + words[1:]


def load_settings(**overrides: Any) -> Settings:
    """The settings, or a `SettingsError` that names the variable and what is wrong with it, never its value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(next(iter(explain_errors(error).values()))) from None
    except SecretFilesError as error:
        raise SettingsError(str(error)) from None


def require_slack(settings: Settings) -> None:
    """Raises `SettingsError` where Slack cannot be reached with what is set; tells what to get, and where."""
    if not any(_slack_secrets(settings)):
        raise FirstRunError(FIRST_RUN)
    for sentence in (_find_mixed_up(settings), _find_half_app(settings), _find_missing(settings)):
        if sentence:
            raise SettingsError(sentence)


def _slack_secrets(settings: Settings) -> tuple[str, ...]:
    held = (settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret)
    app = (settings.slack_client_id, settings.slack_client_secret.get_secret_value())
    return (*(it.get_secret_value() for it in held), *app)


def _find_mixed_up(settings: Settings) -> str:
    """Slack's secrets tell by their beginnings what they are."""
    bot, app, signing, _, client_secret = _slack_secrets(settings)
    if bot.startswith("xoxe."):
        return (
            "SLACK_BOT_TOKEN is one of those that expire after twelve hours (xoxe.…). Let workspaces install the app "
            "instead: set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, and open /slack/install."
        )
    if bot and not bot.startswith("xoxb-"):
        return "SLACK_BOT_TOKEN does not begin with xoxb-. Copy OAuth & Permissions → Bot User OAuth Token."
    if app and not app.startswith("xapp-"):
        return (
            "SLACK_APP_TOKEN is not an app-level token, which begins with xapp-. Generate one under Basic Information → "
            "App-Level Tokens with the scope connections:write."
        )
    for name, secret in (("SLACK_SIGNING_SECRET", signing), ("SLACK_CLIENT_SECRET", client_secret)):
        if secret.startswith(("xoxb-", "xapp-", "xoxp-", "xoxe")):
            return f"{name} holds a token. Copy the right one from Basic Information → App Credentials."
    return ""


def _find_half_app(settings: Settings) -> str:
    *_, client_id, client_secret = _slack_secrets(settings)
    if bool(client_id) == bool(client_secret):
        return ""
    missing, given = "SLACK_CLIENT_SECRET", "SLACK_CLIENT_ID"
    if client_secret:
        missing, given = given, missing
    return (
        f"{given} is set, but {missing} is not. Both are under Basic Information → App Credentials; leave both out if "
        "workspaces are not to install the app by themselves."
    )


def _find_missing(settings: Settings) -> str:
    bot, app, signing, *_ = _slack_secrets(settings)
    if not bot and not settings.offers_install:
        return (
            "SLACK_BOT_TOKEN is not set. Create the app from deploy/slack-manifest.yaml at api.slack.com/apps, install "
            "it, and copy OAuth & Permissions → Bot User OAuth Token (it begins with xoxb-)."
        )
    if not app and not signing:
        return (
            "Neither SLACK_APP_TOKEN (Socket Mode: Basic Information → App-Level Tokens, scope connections:write, begins "
            "with xapp-) nor SLACK_SIGNING_SECRET (HTTP: Basic Information → App Credentials) is set. One is needed."
        )
    return ""


def require_keys(settings: Settings) -> None:
    """With a Redis of one's own, the keys that seal its records must be given too: refuses the start otherwise."""
    given = settings.cw_bot_encryption_keys.get_secret_value() or settings.cw_bot_encryption_keys_file
    if not settings.uses_embedded_store and not given:
        raise SettingsError(
            "REDIS_URL is set, but neither CW_BOT_ENCRYPTION_KEYS nor CW_BOT_ENCRYPTION_KEYS_FILE is. Make a key with "
            "`cw-bot keys generate` and keep it where your other secrets are: without it the records cannot be opened."
        )
