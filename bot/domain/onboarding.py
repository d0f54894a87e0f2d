"""The onboarding: the steps from nothing to a working integration, who did what, and what is next.

A pure state machine. Every transition takes an `Onboarding` and gives a new one; the store's compare-and-set and a retry
(`bot.services.onboarding`) make two people's clicks one after the other. The steps are the guide's, in its order.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bot.domain.instance import Filter, Profile
from bot.domain.report import LayerName, Outcome, Report, State


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


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Step(_Value):
    """One step: `by` is the Slack user who took or finished it, empty for the bot."""

    name: StepName
    state: StepState = StepState.OPEN
    by: str = ""
    at: datetime | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do here."""
        return self.state in (StepState.DONE, StepState.CHECKED)


class Thread(_Value):
    """Where the onboarding is shown. `replies` maps a step's name to its message's ts (strings, as Slack has them).

    `shown` maps `parent` and the steps' names to a digest of what the message says, so that a message that is right
    already is not edited again, also after a restart.
    """

    channel_id: str
    parent_ts: str = ""
    replies: dict[str, str] = {}
    permalink: str = ""
    shown: dict[str, str] = {}

    @property
    def is_whole(self) -> bool:
        """Whether the parent and every step's reply were posted."""
        return bool(self.parent_ts) and all(name in self.replies for name in StepName)


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

    `web_host` is what Rewst's own form takes (it wants the web host, not the API host). `member`, `filter` and
    `client_id` remember what was typed, so that a modal opened again starts from there.
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
    client_id: str = ""
    pending: Pending | None = None
    report: Report | None = None
    touched_at: datetime | None = None
    closed_by: str = ""
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


def _with_step(onboarding: Onboarding, changed: Step) -> Onboarding:
    steps = tuple(changed if step.name is changed.name else step for step in onboarding.steps)
    return onboarding.model_copy(update={"steps": steps, "touched_at": changed.at or onboarding.touched_at})


def take(onboarding: Onboarding, name: StepName, *, by: str, at: datetime) -> Onboarding:
    """Somebody is on it. A complete step stays complete; another person taking over is recorded as such."""
    step = onboarding.step(name)
    if step.is_complete or name not in MARKABLE:
        return onboarding
    return _with_step(onboarding, Step(name=name, state=StepState.IN_PROGRESS, by=by, at=at))


def complete(onboarding: Onboarding, name: StepName, *, by: str, at: datetime) -> Onboarding:
    """Somebody marks a step done. The first to do so is remembered; a second click changes nothing."""
    step = onboarding.step(name)
    if step.is_complete or name not in MARKABLE:
        return onboarding
    return _with_step(onboarding, Step(name=name, state=StepState.DONE, by=by, at=at))


def undo(onboarding: Onboarding, name: StepName, *, by: str, at: datetime) -> Onboarding:
    """Takes a person's mark back. What the API has checked is a fact, not a mark: it stays."""
    step = onboarding.step(name)
    if name not in MARKABLE or step.state in (StepState.OPEN, StepState.CHECKED):
        return onboarding
    return _with_step(onboarding, Step(name=name, state=StepState.OPEN, by=by, at=at))


def accept_details(onboarding: Onboarding, *, by: str, at: datetime) -> Onboarding:
    """The credentials modal was handed in: keys exist, and the details are entered."""
    for name in (StepName.KEYS, StepName.DETAILS):
        if not onboarding.step(name).is_complete:
            onboarding = _with_step(onboarding, Step(name=name, state=StepState.DONE, by=by, at=at))
    return onboarding


# What each layer of a report says about a step that people do by hand in ConnectWise.
_EVIDENCE: tuple[tuple[StepName, LayerName], ...] = (
    (StepName.ROLE, "rights"),
    (StepName.MEMBER, "member"),
    (StepName.KEYS, "keys"),
)


def apply_report(onboarding: Onboarding, report: Report, *, at: datetime) -> Onboarding:
    """Holds the steps against what the API showed: checked where it confirms, contradicted where it denies.

    A layer that was skipped or could not be told changes nothing: believed marks stay as they were.
    """
    for name, layer_name in _EVIDENCE:
        onboarding = _weigh(onboarding, name, report.layer(layer_name).state, at=at)
    onboarding = _weigh_verdict(onboarding, report, at=at)
    return onboarding.model_copy(update={"report": report})


def _weigh(onboarding: Onboarding, name: StepName, state: State, *, at: datetime) -> Onboarding:
    step = onboarding.step(name)
    if state in (State.OK, State.WARN):
        if step.state is not StepState.CHECKED:
            changed = Step(name=name, state=StepState.CHECKED, by=step.by, at=at)
            onboarding = _with_step(onboarding, changed)
    elif state is State.FAIL and step.is_complete:
        onboarding = _with_step(onboarding, Step(name=name, state=StepState.CONTRADICTED, by=step.by, at=at))
    return onboarding


def _weigh_verdict(onboarding: Onboarding, report: Report, *, at: datetime) -> Onboarding:
    step = onboarding.step(StepName.VERIFIED)
    if report.outcome is Outcome.VERIFIED:
        if step.state is StepState.CHECKED:
            return onboarding
        return _with_step(onboarding, Step(name=step.name, state=StepState.CHECKED, at=at))
    if report.outcome is Outcome.NEEDS_YOU and step.state is StepState.CHECKED:
        return _with_step(onboarding, Step(name=step.name, state=StepState.CONTRADICTED, at=at))
    return onboarding


def close(onboarding: Onboarding, *, by: str, at: datetime) -> Onboarding:
    """The instance was removed: nothing is left to do, and nothing waits. Who closed it first is remembered."""
    if onboarding.phase is Phase.CLOSED:
        return onboarding
    return onboarding.model_copy(
        update={"phase": Phase.CLOSED, "pending": None, "touched_at": at, "closed_by": by}
    )


Transition = Callable[[Onboarding], Onboarding]
