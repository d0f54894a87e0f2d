"""A systemd unit's text, taken apart."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """What a unit says; a key that stands several times has several values."""

    values: Mapping[tuple[str, str], list[str]]

    def all(self, key: str, section: str = "Service") -> list[str]:
        return self.values.get((section, key), [])

    def get(self, key: str, default: str = "", section: str = "Service") -> str:
        found = self.all(key, section)
        return found[-1] if found else default

    @property
    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for line in self.all("Environment") for pair in line.split())

    @property
    def stop_seconds(self) -> float:
        return float(self.get("TimeoutStopSec", "90").removesuffix("s"))


def parse_unit(text: str) -> Unit:
    values: dict[tuple[str, str], list[str]] = defaultdict(list)
    section = ""
    for line in (it.strip() for it in text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            values[section, key].append(value)
    return Unit(dict(values))


def read_environment_file(text: str) -> dict[str, str]:
    """As systemd reads `EnvironmentFile=`."""
    lines = (it.strip() for it in text.splitlines())
    pairs = (it.split("=", 1) for it in lines if it and not it.startswith(("#", ";")))
    return {name: value.strip("\"'") for name, value in pairs}
