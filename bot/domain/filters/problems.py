"""What `check` finds: a fault or a doubt, its place, and what mends it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.filters.errors import FilterError, FilterKind
from bot.domain.instance import Filter

PARAMETERS: Final = {
    FilterKind.CONDITIONS: "conditions",
    FilterKind.CHILD: "childConditions",
    FilterKind.CUSTOM: "customFieldConditions",
}
"""ConnectWise's names of the query parameters."""

LABELS: Final = {
    FilterKind.CONDITIONS: "query conditions",
    FilterKind.CHILD: "child conditions",
    FilterKind.CUSTOM: "custom field conditions",
}
"""What people call them: the names of the fields in which they are typed."""


class Severity(StrEnum):
    """How sure it is that the filter will not do."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `error` has its key, place and suggestion; `move_to` is set where `apply_move` can mend it.

    A warning must not stop anybody: it may be wrong, and the live count tells.
    """

    error: FilterError
    severity: Severity = Severity.ERROR
    move_to: FilterKind | None = None

    @property
    def is_error(self) -> bool:
        """Whether the filter cannot be used with this."""
        return self.severity is Severity.ERROR

    @property
    def kind(self) -> FilterKind:
        """The text it was found in."""
        return self.error.kind

    @property
    def key(self) -> str:
        """The stable key of its sentence."""
        return self.error.key

    @property
    def position(self) -> int:
        """Where it begins, 0-based."""
        return self.error.position

    @property
    def length(self) -> int:
        """How many characters are to blame."""
        return self.error.length

    @property
    def suggestion(self) -> str | None:
        """What to put in their place."""
        return self.error.suggestion

    def caret_line(self) -> str:
        """Two lines for a monospaced block: the text around the fault, and carets under the fault."""
        return self.error.caret_line()


def text_of(filter_: Filter, kind: FilterKind) -> str:
    """The text of one parameter."""
    text: str = getattr(filter_, kind.value)
    return text
