"""The onboarding: the steps from nothing to a working integration, who did what, and what is next.

A pure state machine. Every transition takes an `Onboarding` and gives a new one; the store's compare-and-set and a retry
(`bot.services.onboarding`) make two people's clicks one after the other. Every transition is idempotent, and none changes
anything once the instance was removed. The steps are the guide's, in its order (`bot.domain.steps`).

A completed step stops being complete in two ways only: a person takes their mark back, or the API denies it, and then it
is shown as contradicted together with who marked it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from bot.domain.instance import Filter, Profile
from bot.domain.report import Layer, Outcome, Report
from bot.domain.steps import (
    LAYERS_OF,
    MARKABLE,
    OWNERS,
    TAKEABLE,
    Evidence,
    Owner,
    Step,
    StepName,
    StepState,
    weigh_layer,
    weigh_variables,
)
from bot.domain.thread import PARENT, Thread
from bot.domain.variables import Variables

__all__ = [
    "MARKABLE",
    "OWNERS",
    "TAKEABLE",
    "Evidence",
    "Onboarding",
    "Owner",
    "Pending",
    "Phase",
    "Step",
    "StepName",
    "StepState",
    "Thread",
    "Transition",
    "accept_details",
    "accept_variables",
    "apply_report",
    "close",
    "complete",
    "evidence_for",
    "hand_over",
    "list_parts",
    "remind",
    "take",
    "undo",
]

# How long a thread is quiet before it is reminded of.
IDLE_AFTER: Final = timedelta(days=3)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Phase(StrEnum):
    """`checking`: host and company are being looked up behind a slow site; `running`; `closed`: the instance went."""

    CHECKING = "checking"
    RUNNING = "running"
    CLOSED = "closed"


class Pending(_Value):
    """A sealed submission that awaits its verdict: who handed it in and when. The keys are in the vault, not here."""

    submission_id: str
    by: str
    at: datetime


class Onboarding(_Value):
    """The onboarding of one instance; its id is the instance's. Holds no secret, so it is stored in the clear.

    `web_host` is what Rewst's own form takes (it wants the web host, not the API host). `member` and `filter` remember
    what was typed, so that a modal opened again starts from there; the client ID is sealed with the keys it was typed
    beside. `keys_by` and `keys_at` tell who handed in the keys that count now. `touched_at` is when somebody last did
    something, `reminded_at` when the thread was last reminded of, `finished_at` when the last step was completed.
    """

    id: str
    team_id: str
    name: str
    host: str
    company: str
    company_name: str = ""
    web_host: str = ""
    has_keys: bool = False
    profile: Profile = Profile.FULL
    phase: Phase = Phase.RUNNING
    started_by: str
    started_at: datetime
    view_id: str = ""
    steps: tuple[Step, ...] = tuple(Step(name=name) for name in StepName)
    thread: Thread
    member: str = ""
    filter: Filter = Filter()
    pending: Pending | None = None
    report: Report | None = None
    variables: Variables | None = None
    keys_by: str = ""
    keys_at: datetime | None = None
    touched_at: datetime | None = None
    reminded_at: datetime | None = None
    finished_at: datetime | None = None
    closed_by: str = ""
    closed_at: datetime | None = None
    revision: int = 0

    def step(self, name: StepName) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name is name)

    @property
    def completed(self) -> int:
        """How many steps are complete."""
        return sum(step.is_complete for step in self.steps)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do: all steps complete, or the instance removed."""
        return self.phase is Phase.CLOSED or self.completed == len(self.steps)

    @property
    def next_step(self) -> Step | None:
        """The first step that is not complete."""
        return next((step for step in self.steps if not step.is_complete), None)


Transition = Callable[[Onboarding], Onboarding]


def take(onboarding: Onboarding, name: StepName, *, by: str, at: datetime) -> Onboarding:
    """Somebody is on it. A complete step stays complete; another person taking over is recorded as such."""
    step = onboarding.step(name)
    if not _is_free(onboarding, step) or _is_on_it(step, by):
        return onboarding
    return _move(onboarding, step, at, state=StepState.IN_PROGRESS, by=by, at=at)


def hand_over(onboarding: Onboarding, name: StepName, *, to: str, by: str, at: datetime) -> Onboarding:
    """Somebody gives a step to a person, who is on it from now. Handing it to oneself is taking it."""
    step = onboarding.step(name)
    if to == by:
        return take(onboarding, name, by=by, at=at)
    if not _is_free(onboarding, step) or _is_on_it(step, to):
        return onboarding
    return _move(onboarding, step, at, state=StepState.IN_PROGRESS, by=to, at=at, asked_by=by)


def complete(onboarding: Onboarding, name: StepName, *, by: str, at: datetime) -> Onboarding:
    """Somebody marks a step done. The first to do so is remembered; a second click changes nothing."""
    step = onboarding.step(name)
    if not _is_free(onboarding, step) or name not in MARKABLE:
        return onboarding
    return _move(onboarding, step, at, state=StepState.DONE, by=by, at=at)


def undo(onboarding: Onboarding, name: StepName, *, by: str, at: datetime) -> Onboarding:  # noqa: ARG001 - every mark names its person; an open step shows nobody
    """Takes a person's mark back. What the API has checked, or the modal has brought about, is a fact: it stays."""
    step = onboarding.step(name)
    is_mark = step.state is not StepState.OPEN and (name in MARKABLE or step.state is StepState.IN_PROGRESS)
    if onboarding.phase is Phase.CLOSED or not is_mark or step.state is StepState.CHECKED:
        return onboarding
    return _move(onboarding, step, at, state=StepState.OPEN)


def accept_details(onboarding: Onboarding, *, by: str, at: datetime) -> Onboarding:
    """The credentials modal was handed in: keys exist, and the details are entered.

    An earlier hand-in whose verdict comes late does not take the place of a later one.
    """
    if onboarding.phase is Phase.CLOSED:
        return onboarding
    for name in (StepName.KEYS, StepName.DETAILS):
        step = onboarding.step(name)
        if not step.is_complete:
            onboarding = _move(onboarding, step, at, state=StepState.DONE, by=by, at=at)
    if onboarding.keys_at is not None and onboarding.keys_at >= at:
        return onboarding
    return _touch(onboarding.model_copy(update={"keys_by": by, "keys_at": at}), at)


def accept_variables(onboarding: Onboarding, variables: Variables, *, at: datetime) -> Onboarding:
    """Organization variables were chosen, and ConnectWise has all of them. Earlier ones replace no later ones."""
    known = onboarding.variables
    is_overtaken = known is not None and known.edition > variables.edition
    if onboarding.phase is Phase.CLOSED or is_overtaken:
        return onboarding
    onboarding = complete(onboarding, StepName.VARIABLES, by=variables.by, at=at)
    onboarding = _weigh(onboarding, StepName.VARIABLES, Evidence.CONFIRMS, at=at)
    return onboarding.model_copy(update={"variables": variables})


def evidence_for(onboarding: Onboarding, name: StepName) -> Layer | None:
    """What the last report found about a step; None where it does not look at the step, or did not get that far."""
    layer_name = LAYERS_OF.get(name)
    if onboarding.report is None or layer_name is None:
        return None
    return next((it for it in onboarding.report.layers if it.name == layer_name), None)


def apply_report(onboarding: Onboarding, report: Report, *, at: datetime) -> Onboarding:
    """Holds the steps against what the API showed: checked where it confirms, contradicted where it denies.

    A layer that was skipped, could not be told or only doubts changes nothing: believed marks stay as they were. A report
    that was overtaken by a newer one changes nothing either.
    """
    known = onboarding.report
    is_overtaken = known is not None and known.checked_at > report.checked_at
    if onboarding.phase is Phase.CLOSED or is_overtaken:
        return onboarding
    for name, layer_name in LAYERS_OF.items():
        onboarding = _weigh(onboarding, name, weigh_layer(report.layer(layer_name)), at=at)
    onboarding = _weigh(onboarding, StepName.VERIFIED, _VERDICTS[report.outcome], at=at)
    onboarding = _weigh(onboarding, StepName.VARIABLES, weigh_variables(report), at=at)
    return onboarding.model_copy(update={"report": report})


_VERDICTS: Final = {
    Outcome.VERIFIED: Evidence.CONFIRMS,
    Outcome.NEEDS_YOU: Evidence.DENIES,
    Outcome.CANNOT_TELL: Evidence.SILENT,
}


def _weigh(onboarding: Onboarding, name: StepName, evidence: Evidence, *, at: datetime) -> Onboarding:
    step = onboarding.step(name)
    if evidence is Evidence.CONFIRMS and step.state is not StepState.CHECKED:
        return _move(
            onboarding, step, at, state=StepState.CHECKED, by=step.by, at=step.at or at, checked_at=at
        )
    if evidence is Evidence.DENIES and step.is_complete:
        return _move(onboarding, step, at, state=StepState.CONTRADICTED, by=step.by, at=step.at or at)
    return onboarding


def close(onboarding: Onboarding, *, by: str, at: datetime) -> Onboarding:
    """The instance was removed: nothing changes any more."""
    if onboarding.phase is Phase.CLOSED:
        return onboarding
    closed = {"phase": Phase.CLOSED, "closed_by": by, "closed_at": at, "pending": None}
    return onboarding.model_copy(update=closed)


def remind(onboarding: Onboarding, *, at: datetime, after: timedelta = IDLE_AFTER) -> Onboarding:
    """The thread has been quiet for long enough to be reminded of: once, until somebody does something again."""
    quiet_since = onboarding.touched_at or onboarding.started_at
    is_reminded = onboarding.reminded_at is not None and onboarding.reminded_at >= quiet_since
    if onboarding.phase is not Phase.RUNNING or onboarding.is_finished or is_reminded:
        return onboarding
    if at - quiet_since < after:
        return onboarding
    return onboarding.model_copy(update={"reminded_at": at})


def list_parts(onboarding: Onboarding) -> list[str]:
    """The messages that the thread should have: the parent, a reply for each step, and what is said once.

    A hand-over is said while the step is with the person; a reminder until somebody does something.
    """
    asked = [it for it in onboarding.steps if it.state is StepState.IN_PROGRESS and it.asked_by]
    parts: list[str] = [PARENT, *StepName, *(f"ask/{it.name}/{it.turn}" for it in asked)]
    reminded = onboarding.reminded_at
    is_quiet = reminded is not None and reminded >= (onboarding.touched_at or onboarding.started_at)
    if reminded is not None and is_quiet and not onboarding.is_finished:
        parts.append(f"remind/{int(reminded.timestamp())}")
    return parts


def _is_free(onboarding: Onboarding, step: Step) -> bool:
    return onboarding.phase is not Phase.CLOSED and not step.is_complete and step.name in TAKEABLE


def _is_on_it(step: Step, user_id: str) -> bool:
    return step.state is StepState.IN_PROGRESS and step.by == user_id


def _move(onboarding: Onboarding, step: Step, moved_at: datetime, /, **changes: Any) -> Onboarding:
    """The step with these changes and nothing else of what it was, one turn on."""
    changed = Step(name=step.name, turn=step.turn + 1, **changes)
    steps = tuple(changed if it.name is step.name else it for it in onboarding.steps)
    moved = _touch(onboarding.model_copy(update={"steps": steps}), moved_at)
    finished_at = (onboarding.finished_at or moved_at) if moved.is_finished else None
    return moved.model_copy(update={"finished_at": finished_at})


def _touch(onboarding: Onboarding, at: datetime) -> Onboarding:
    latest = max(at, onboarding.touched_at) if onboarding.touched_at else at
    return onboarding.model_copy(update={"touched_at": latest})
