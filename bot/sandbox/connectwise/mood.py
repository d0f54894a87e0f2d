"""What a switch of the site is, and which values it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a select, or one row of a rows mood."""

    value: str | int | float
    label: str


@dataclass(frozen=True, slots=True)
class Mood:
    """A switch: `toggle` holds a bool, `select` a choice (or a number up to `highest`), `rows` names.

    The rows of the role are `Module/Function`, which means all four levels, or `Module/Function/level`.
    """

    id: str
    label: str
    group: str
    kind: Literal["toggle", "select", "rows"]
    default: Any
    help: str
    choices: Sequence[Choice] = ()
    highest: float | None = None
    check_row: Callable[[str], object] | None = None

    def accept(self, value: Any) -> Any:
        """The value as it will be kept. Raises ValueError with a sentence on one that does not fit."""
        if self.kind == "toggle":
            return self._accept_toggle(value)
        return self._accept_rows(value) if self.kind == "rows" else self._accept_choice(value)

    def describe(self, value: Any) -> dict[str, Any]:
        """The mood and its present value, for a page that draws it."""
        return {
            "id": self.id,
            "label": self.label,
            "group": self.group,
            "kind": self.kind,
            "default": list(self.default) if self.kind == "rows" else self.default,
            "value": list(value) if self.kind == "rows" else value,
            "help": self.help,
            "highest": self.highest,
            "options": [{"value": choice.value, "label": choice.label} for choice in self.choices],
        }

    def _accept_toggle(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"{self.label} is either on or off (true or false).")  # noqa: TRY004 - the panel's contract
        return value

    def _accept_choice(self, value: Any) -> Any:
        if value in [choice.value for choice in self.choices] and not isinstance(value, bool):
            return value
        if self.highest is not None:
            return self._accept_number(value)
        allowed = ", ".join(str(choice.value) for choice in self.choices)
        raise ValueError(f"{self.label} cannot be {value!r}; it is one of: {allowed}.")

    def _accept_number(self, value: Any) -> float:
        number = _number(value)
        if number is None or not 0 <= number <= (self.highest or 0):
            raise ValueError(f"{self.label} is a number from 0 to {self.highest:g}.")
        return number

    def _accept_rows(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(row, str) for row in value):
            raise ValueError(f"{self.label} is a list of names.")
        known = {choice.value for choice in self.choices}
        for row in value:
            if row in known:
                continue
            if self.check_row is None:
                raise ValueError(f"{self.label} knows nothing called {row!r}.")
            self.check_row(row)
        return tuple(dict.fromkeys(value))


def _number(value: Any) -> float | None:
    """A number, or one that a form sent as text."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
