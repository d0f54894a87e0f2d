"""The steps from nothing to a working integration: how far each is, whose it is, and what an API report says of it."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from bot.domain.report import Layer, LayerName, Report, State
from bot.domain.variables import VARIABLES_DRIFT


class StepName(StrEnum):
    """The steps, in the order in which they are shown."""

    ROLE = "role"
    MEMBER = "member"
    KEYS = "keys"
    DETAILS = "details"
    VERIFIED = "verified"
    INTEGRATION = "integration"
    ORGANIZATIONS = "organizations"
    VARIABLES = "variables"


class StepState(StrEnum):
    """How far a step is: `checked` was seen through the API, `contradicted` is believed but the API denies it."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CHECKED = "checked"
    CONTRADICTED = "contradicted"


class Owner(StrEnum):
    """Whose move a step is."""

    ADMIN = "admin"  # the ConnectWise admin
    ENGINEER = "engineer"  # whoever runs the setup
    BOT = "bot"


OWNERS: dict[StepName, Owner] = {
    StepName.ROLE: Owner.ADMIN,
    StepName.MEMBER: Owner.ADMIN,
    StepName.KEYS: Owner.ADMIN,
    StepName.DETAILS: Owner.ENGINEER,
    StepName.VERIFIED: Owner.BOT,
    StepName.INTEGRATION: Owner.ENGINEER,
    StepName.ORGANIZATIONS: Owner.ENGINEER,
    StepName.VARIABLES: Owner.ENGINEER,
}

# Steps that a person marks. Details and the verdict come about through the modal and the check alone.
MARKABLE = frozenset(OWNERS) - {StepName.DETAILS, StepName.VERIFIED}

# Steps that somebody can be on: the verdict alone is nobody's.
TAKEABLE = frozenset(OWNERS) - {StepName.VERIFIED}


class Step(BaseModel):
    """One step.

    `by` is the Slack user who took or finished it and stays when the API has checked it; empty where nobody did. `at`
    is when, `checked_at` when the API confirmed it. `asked_by` is who handed it to `by`. `turn` counts the step's
    changes, so that a button can tell whether the step is still as it was when the button was drawn.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    name: StepName
    state: StepState = StepState.OPEN
    by: str = ""
    at: datetime | None = None
    checked_at: datetime | None = None
    asked_by: str = ""
    turn: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do here."""
        return self.state in (StepState.DONE, StepState.CHECKED)


class Evidence(StrEnum):
    """What a layer of a report says of the step that it looks at."""

    CONFIRMS = "confirms"
    DENIES = "denies"
    SILENT = "silent"


# What each layer of a report says about a step that people do by hand in ConnectWise.
LAYERS_OF: Final[dict[StepName, LayerName]] = {
    StepName.ROLE: "rights",
    StepName.MEMBER: "member",
    StepName.KEYS: "keys",
}

# Warnings that leave no doubt about the step: it is done, and more than done.
_CONFIRMING: Final = frozenset({"rights_excess", "rights_admin"})
# Warnings about something that the step's instructions ask for and that is not so.
_DENYING: Final = frozenset({"member_level_low", "member_boards_restricted", "member_not_api"})


def weigh_layer(layer: Layer) -> Evidence:
    """What a layer proves. A doubt, a layer that was skipped and one that could not be told prove nothing."""
    if layer.state is State.OK or (layer.state is State.WARN and layer.error_key in _CONFIRMING):
        return Evidence.CONFIRMS
    if layer.state is State.FAIL or (layer.state is State.WARN and layer.error_key in _DENYING):
        return Evidence.DENIES
    return Evidence.SILENT


def weigh_variables(report: Report) -> Evidence:
    """What a check says of the organization variables; nothing where there are none, or they could not be looked at."""
    drift = report.facts.get(VARIABLES_DRIFT)
    if not isinstance(drift, list):
        return Evidence.SILENT
    return Evidence.DENIES if drift else Evidence.CONFIRMS
