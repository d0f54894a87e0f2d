"""One step in words and buttons: what the card's line and the step's own message have in common."""

from bot.domain.onboarding import (
    MARKABLE,
    TAKEABLE,
    Evidence,
    Onboarding,
    Phase,
    Step,
    StepName,
    StepState,
    evidence_for,
)
from bot.domain.report import Layer, Outcome, State
from bot.domain.steps import weigh_layer
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.ids import Action

MARKS = {
    StepState.OPEN: ":white_circle:",
    StepState.IN_PROGRESS: ":large_blue_circle:",
    StepState.DONE: ":ballot_box_with_check:",
    StepState.CHECKED: ":white_check_mark:",
    StepState.CONTRADICTED: ":warning:",
}
STATE_WORDS = {
    StepState.OPEN: "open",
    StepState.IN_PROGRESS: "in progress",
    StepState.DONE: "done",
    StepState.CHECKED: "verified by the API",
    StepState.CONTRADICTED: "needs another look",
}
_DAY = "{date_short_pretty}"


def mark_of(onboarding: Onboarding, step: Step) -> str:
    """The sign before a step; one that nobody has marked, but a check has found wanting, warns too."""
    is_wanting = step.state is StepState.OPEN and is_denied(onboarding, step.name)
    return MARKS[StepState.CONTRADICTED if is_wanting else step.state]


def describe_who(onboarding: Onboarding, step: Step) -> str:
    """Who did it or is on it, and since when; empty while nobody is. The person stays beside what the API says."""
    who = kit.user(step.by) if step.by else ""
    when = kit.date(step.at, _DAY) if step.at else ""
    asked = f", asked by {kit.user(step.asked_by)}" if step.asked_by else ""
    said = {
        StepState.OPEN: "_needs mending_" if is_denied(onboarding, step.name) else "",
        StepState.IN_PROGRESS: f"{who} is on it{asked}",
        StepState.DONE: ", ".join(part for part in (who, when) if part),
        StepState.CHECKED: "  ·  ".join(
            part
            for part in (", ".join(it for it in (who, when) if it and who), "_verified by the API_")
            if part
        ),
        StepState.CONTRADICTED: f"{who} marked it, but _the API shows otherwise_"
        if who
        else "_the API shows otherwise_",
    }[step.state]
    return f"  —  {said}" if said else ""


def find_trouble(onboarding: Onboarding, name: StepName) -> Layer | None:
    """What the last check found wrong, or doubtful, about a step that people do in ConnectWise."""
    layer = evidence_for(onboarding, name)
    return layer if layer is not None and layer.state in (State.FAIL, State.WARN) else None


def is_denied(onboarding: Onboarding, name: StepName) -> bool:
    """Whether the last check says that the step is not as it should be."""
    layer = evidence_for(onboarding, name)
    return layer is not None and weigh_layer(layer) is Evidence.DENIES


def value_of(onboarding: Onboarding, step: Step) -> str:
    """What a step's button carries: whose, which, and the turn at which it was drawn."""
    return f"{onboarding.id}:{step.name}:{step.turn}"


def build_undo(onboarding: Onboarding, step: Step) -> JSON | None:
    """*Undo* beside a mark; None where there is no mark to take back."""
    if onboarding.phase is Phase.CLOSED or step.state is not StepState.DONE or step.name not in MARKABLE:
        return None
    return _button("Undo", Action.UNDO_STEP, onboarding, step)


def build_buttons(onboarding: Onboarding, step: Step, *, extras: list[JSON]) -> list[JSON]:
    """The row below a step that is not complete; empty where nothing can be done there."""
    if onboarding.phase is Phase.CLOSED:
        return []
    if step.name is StepName.VERIFIED:
        buttons = _verdict_buttons(onboarding)
    elif step.is_complete:
        buttons = []
    else:
        buttons = _open_buttons(onboarding, step)
    return [*buttons[:-1], *extras, *buttons[-1:]]


def _verdict_buttons(onboarding: Onboarding) -> list[JSON]:
    if onboarding.report is None or onboarding.is_finished:
        return []
    again = [kit.button("Check now", Action.CHECK_NOW, onboarding.id)]
    if onboarding.report.outcome is not Outcome.VERIFIED:
        again.append(kit.button("Enter API keys", Action.ENTER_KEYS, onboarding.id))
    return again


def _open_buttons(onboarding: Onboarding, step: Step) -> list[JSON]:
    is_taken = step.state is StepState.IN_PROGRESS
    found: list[tuple[bool, JSON]] = [
        (not is_taken, _button("I'm on it", Action.TAKE_STEP, onboarding, step)),
        (
            step.name in MARKABLE,
            _button("Done", Action.COMPLETE_STEP, onboarding, step, style="primary"),
        ),
        (
            step.name is StepName.DETAILS,
            kit.button("Enter API keys", Action.ENTER_KEYS, onboarding.id, style="primary"),
        ),
        (is_taken, _button("Undo", Action.UNDO_STEP, onboarding, step)),
        (
            find_trouble(onboarding, step.name) is not None,
            kit.button("Check now", Action.CHECK_NOW, onboarding.id),
        ),
        (step.name in TAKEABLE, _hand_over()),
    ]
    return [button for is_shown, button in found if is_shown]


def _button(text: str, action: Action, onboarding: Onboarding, step: Step, *, style: str = "") -> JSON:
    """A step's button; who hears the screen is told whose it is, for every step has the same ones."""
    label = f"{text}: step {list(StepName).index(step.name) + 1}"
    return kit.button(text, action, value_of(onboarding, step), style=style, label=label)


def _hand_over() -> JSON:
    return {
        "type": "users_select",
        "action_id": Action.HAND_OVER,
        "placeholder": kit.plain("Hand over to…", 150),
    }


def row_id(onboarding: Onboarding, step: Step) -> str:
    """The id of the row of buttons: a people select has no value of its own, so it is read from here."""
    return f"step/{value_of(onboarding, step)}"


def read_row_id(block_id: str) -> str:
    """The value in a row's id; empty where it is none of ours."""
    kind, _, value = block_id.partition("/")
    return value if kind == "step" else ""
