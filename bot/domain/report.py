"""The verdict on a ConnectWise connection: layers from the name to the filter, and one outcome.

`Report.model_dump(mode="json")` is the documented JSON of `cw-bot check --json`; every surface renders the same value.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

LayerName = Literal["dns", "tcp", "tls", "company", "keys", "member", "rights", "filter"]
LAYERS: Final[tuple[LayerName, ...]] = ("dns", "tcp", "tls", "company", "keys", "member", "rights", "filter")


class State(StrEnum):
    """What is known of one layer."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"  # a layer before it failed, or there was nothing to look at
    UNKNOWN = "unknown"  # it could not be told, and is not guessed


class Outcome(StrEnum):
    """What the whole means for the person."""

    VERIFIED = "verified"
    NEEDS_YOU = "needs_you"
    CANNOT_TELL = "cannot_tell"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Layer(_Value):
    """One layer's finding. `summary` and `fix` are plain text (the surface escapes them); `error_key` is stable.

    A fix has a line for each thing to do.
    """

    name: LayerName
    state: State
    summary: str = ""
    fix: str = ""
    error_key: str | None = None
    duration_ms: int = 0


class RightFinding(_Value):
    """One level of one function of the security role that is not as the least-privilege list has it.

    `level` is the column (`add`, `edit`, `delete`, `inquire`), `have` and `want` are `None`, `My` or `All`.
    """

    module: str
    function: str
    level: Literal["add", "edit", "delete", "inquire"]
    have: Literal["None", "My", "All"]
    want: Literal["None", "My", "All"]
    why: str = ""


class Rights(_Value):
    """The role held against the list: what is missing and what is beyond it, in the order of ConnectWise's grid."""

    missing: tuple[RightFinding, ...] = ()
    excess: tuple[RightFinding, ...] = ()


class Verdict(_Value):
    """What a report comes to: its outcome and layers, which is all that lists of many instances show."""

    outcome: Outcome
    site: str
    company: str
    checked_at: datetime
    duration_ms: int = 0
    layers: tuple[Layer, ...] = ()

    @property
    def culprit(self) -> Layer | None:
        """The first layer that failed, else the first one that could not be told; None when all is well."""
        for state in (State.FAIL, State.UNKNOWN):
            for layer in self.layers:
                if layer.state is state:
                    return layer
        return None

    def layer(self, name: LayerName) -> Layer:
        """The layer of that name; a layer that was never reached is `skipped`."""
        return next((it for it in self.layers if it.name == name), Layer(name=name, state=State.SKIPPED))


class Report(Verdict):
    """The whole verdict. Times are aware UTC; `facts` holds what was learnt (version, region, member, matches, ...)."""

    rights: Rights = Rights()
    facts: dict[str, Any] = Field(default_factory=dict)


def conclude(layers: Sequence[Layer]) -> Outcome:
    """The outcome of layers: any failure needs a person; else anything untold cannot be told; else verified.

    A failure of a transient kind must be recorded as `unknown` by whoever builds the layer.
    """
    states = {layer.state for layer in layers}
    if State.FAIL in states:
        return Outcome.NEEDS_YOU
    return Outcome.CANNOT_TELL if State.UNKNOWN in states else Outcome.VERIFIED
