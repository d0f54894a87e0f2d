"""What Slack says about a payload that it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One refusal: the JSON pointer of the part to blame, and Slack's words for it."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


def kind_of(value: Any) -> str:
    """The `type` of a JSON object as a text, whatever it really is."""
    return str(value.get("type")) if isinstance(value, dict) else ""


class Findings(list[Problem]):
    """Problems in the order in which they were found, with the checks that almost every part needs."""

    def add(self, pointer: str, message: str) -> None:
        """Note one."""
        self.append(Problem(pointer, message))

    def is_object(self, value: Any, pointer: str) -> bool:
        """Whether it is a JSON object; notes it otherwise."""
        if isinstance(value, dict):
            return True
        self.add(pointer, f"must provide an object; got {type(value).__name__}")
        return False

    def require(self, parent: dict[str, Any], pointer: str, *names: str) -> bool:
        """Whether all these fields are there; notes each that is not."""
        missing = [name for name in names if parent.get(name) is None]
        for name in missing:
            self.add(pointer, f"missing required field: {name}")
        return not missing

    def string(self, parent: dict[str, Any], name: str, pointer: str, *, most: int, least: int = 1) -> None:
        """An optional string field within its length."""
        value = parent.get(name)
        if value is None:
            return
        where = f"{pointer}/{name}"
        if not isinstance(value, str):
            self.add(where, f"must be a string; got {type(value).__name__}")
        elif len(value) < least:
            self.add(where, f"must be more than {least - 1} characters")
        elif len(value) > most:
            self.add(where, f"must be less than {most + 1} characters")

    def boolean(self, parent: dict[str, Any], name: str, pointer: str) -> None:
        """An optional true-or-false field."""
        value = parent.get(name)
        if value is not None and not isinstance(value, bool):
            self.add(f"{pointer}/{name}", "must be a boolean")

    def one_of(self, parent: dict[str, Any], name: str, pointer: str, allowed: Sequence[str]) -> None:
        """An optional field out of a fixed set."""
        value = parent.get(name)
        if value is not None and value not in allowed:
            self.add(f"{pointer}/{name}", f"failed to match one of: {', '.join(allowed)}")

    def unknown_fields(self, parent: dict[str, Any], pointer: str, known: set[str]) -> None:
        """Slack refuses fields that it does not know."""
        for name in sorted(set(parent) - known):
            self.add(f"{pointer}/{name}", f"invalid additional property: {name}")

    def items(
        self, parent: dict[str, Any], name: str, pointer: str, *, most: int, least: int = 1
    ) -> list[Any]:
        """An optional array within its length; gives its items (none when it is not an array)."""
        value = parent.get(name)
        if value is None:
            return []
        where = f"{pointer}/{name}"
        if not isinstance(value, list):
            self.add(where, f"must be an array; got {type(value).__name__}")
            return []
        if len(value) > most:
            self.add(where, f"no more than {most} items allowed")
        if len(value) < least:
            self.add(where, f"no fewer than {least} items allowed")
        return value
