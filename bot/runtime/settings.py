"""Every setting, read from the environment (and `.env`), checked before anything is started."""

import ipaddress
import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote, urlsplit

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
_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting is missing or cannot be used; the text is a whole sentence, and holds no value of a setting."""


def _words(value: Any) -> Any:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _is_private(url: str) -> bool:
    """Whether nobody on the way can read what goes to this address: by https, or on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_local = parts.scheme == "http" and parts.hostname in _LOCAL
    is_encrypted = parts.scheme == "https" and bool(parts.hostname)
    return (is_local or is_encrypted) and not any(it in url for it in "?#@ ")


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
            raise ValueError("it must be the GUID that developer.connectwise.com/ClientID shows") from None

    @field_validator("cw_api_version")
    @classmethod
    def _version(cls, value: str) -> str:
        if not re.fullmatch(r"20[0-9]{2}\.[0-9]{1,2}", value, re.ASCII):
            raise ValueError("it must be a version of ConnectWise's API such as 2025.1")
        return value

    @field_validator("cw_bot_ca_bundle")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
            except OSError:
                raise ValueError("it must be a readable PEM file with certificates") from None
        return value

    @field_validator("cw_bot_setup_users", "cw_bot_setup_usergroups")
    @classmethod
    def _ids(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        letters, example = (
            ("S", "S012ABC") if info.field_name == "cw_bot_setup_usergroups" else ("UW", "U012ABC")
        )
        if not all(re.fullmatch(rf"[{letters}][A-Z0-9]{{2,31}}", it, re.ASCII) for it in value):
            raise ValueError(f"it must be Slack ids such as {example}, with commas between them")
        return value

    @field_validator("slack_client_id")
    @classmethod
    def _numbers(cls, value: str) -> str:
        if value and not re.fullmatch(r"[0-9]+\.[0-9]+", value, re.ASCII):
            raise ValueError(
                "it must be two numbers with a dot between them; copy it from Basic Information → App Credentials"
            )
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _slash(cls, value: str) -> str:
        if not _is_private(value):
            raise ValueError("it must be an https address; leave it out for Slack's own")
        return value.rstrip("/") + "/"

    @field_validator("cw_bot_public_url")
    @classmethod
    def _plain(cls, value: str) -> str:
        if value and not _is_private(value):
            raise ValueError(
                "it must be the https address at which Slack and browsers reach the bot, such as https://bot.example.com"
            )
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
        values += _passwords(self.redis_url.get_secret_value())
        return tuple(value for value in values if value)


def _passwords(url: str) -> tuple[str, str]:
    """A URL's password as it is written there, and as it is meant."""
    written = url.partition("://")[2].rpartition("@")[0].partition(":")[2]
    return written, unquote(written)


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
    if "network" in words:
        return "it must be networks such as 10.20.0.0/24, with commas between them"
    for theirs, ours in (("Input should be", "it must be"), ("String should have", "it must have")):
        words = words.replace(theirs, ours)
    return words.partition(", unable to parse")[0]


def load_settings(**overrides: Any) -> Settings:
    """The settings, or a `SettingsError` that names the variable and what is wrong with it, never its value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(next(iter(explain_errors(error).values()))) from None
    except SecretFilesError as error:
        raise SettingsError(str(error)) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            "The file .env cannot be read as text. Write it anew from .env.example, or take it away."
        ) from None
