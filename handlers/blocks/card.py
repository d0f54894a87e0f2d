"""The thread: a parent card that a late-comer can read alone, and one reply a step."""

import hashlib
import json
from dataclasses import dataclass

from bot.domain.matrix import COLUMNS, Row, role_sheet
from bot.domain.onboarding import MARKABLE, OWNERS, Onboarding, Phase, Step, StepName, StepState
from bot.domain.report import Outcome
from handlers.blocks import kit, report
from handlers.blocks.guide import OWNER_NAMES, step_text
from handlers.blocks.kit import JSON
from handlers.ids import Action

PARENT = "parent"
_MARKS = {
    StepState.OPEN: ":white_circle:",
    StepState.IN_PROGRESS: ":large_blue_circle:",
    StepState.DONE: ":white_check_mark:",
    StepState.CHECKED: ":ballot_box_with_check:",
    StepState.CONTRADICTED: ":warning:",
}
_BAR = 16


@dataclass(frozen=True, slots=True)
class Message:
    """A message to be shown: the notification's text and the blocks."""

    text: str
    blocks: list[JSON]

    @property
    def digest(self) -> str:
        """Changes when, and only when, what is shown changes."""
        content = json.dumps([self.text, self.blocks], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def build_card(onboarding: Onboarding, *, integration: str) -> Message:
    """The parent: how far it is, one line a step, what is next and whose move it is."""
    done, steps = onboarding.completed, len(onboarding.steps)
    title = f"ConnectWise · {onboarding.name}"
    where = f"{kit.code(onboarding.company)} at {kit.code(onboarding.host)}"
    if onboarding.company_name:
        where = f"*{kit.typed(onboarding.company_name)}*  ·  {where}"
    lines = "\n".join(_line(onboarding, step, integration) for step in onboarding.steps)
    blocks = [
        kit.header(title),
        kit.section(f"{where}\n{_bar(done, steps)}  *{done} of {steps}*"),
        kit.section(lines),
        kit.section(_next(onboarding, integration)),
    ]
    buttons = _card_buttons(onboarding)
    if buttons:
        blocks.append(kit.actions(*buttons))
    blocks.append(
        kit.context(
            f"Started by {kit.user(onboarding.started_by)} on {kit.date(onboarding.started_at)}. "
            "Details are in the thread."
        )
    )
    text = f"ConnectWise setup of {kit.typed(onboarding.name)}: {done} of {steps} steps done"
    return Message(text=text, blocks=blocks)


def build_step(onboarding: Onboarding, name: StepName, *, integration: str) -> Message:
    """A step's reply: instructions while it is open, one compact line when it is complete."""
    step = onboarding.step(name)
    words = step_text(name, onboarding, integration=integration)
    number = list(StepName).index(name) + 1
    blocks = [kit.section(f"{_MARKS[step.state]}  *{number}.  {words.title}*{_who(step)}")]
    if name is StepName.VERIFIED and onboarding.report:
        blocks += report.build_report(onboarding.report, details_of=onboarding.id)
        blocks.append(kit.context(f"Checked {kit.date(onboarding.report.checked_at)}"))
    elif not step.is_complete:
        blocks.append(kit.section("\n".join(words.lines)))
        if name is StepName.ROLE:
            blocks += _role_sheet(onboarding)
    if step.state is StepState.CONTRADICTED and onboarding.report and name is not StepName.VERIFIED:
        blocks.append(
            kit.section(
                f":warning: It was marked done, but ConnectWise shows otherwise. {report.fix(onboarding.report)}"
            )
        )
    buttons = _step_buttons(onboarding, step)
    if buttons and onboarding.phase is not Phase.CLOSED:
        blocks.append(kit.actions(*buttons))
    return Message(text=f"Step {number}, {words.title}: {_STATE_WORDS[step.state]}", blocks=blocks)


_STATE_WORDS = {
    StepState.OPEN: "open",
    StepState.IN_PROGRESS: "in progress",
    StepState.DONE: "done",
    StepState.CHECKED: "verified by the API",
    StepState.CONTRADICTED: "needs another look",
}


def _bar(done: int, steps: int) -> str:
    filled = round(_BAR * done / steps)
    return "`" + "█" * filled + "░" * (_BAR - filled) + "`"


def _line(onboarding: Onboarding, step: Step, integration: str) -> str:
    title = step_text(step.name, onboarding, integration=integration).title
    shown = f"*{title}*" if onboarding.next_step and step.name is onboarding.next_step.name else title
    return f"{_MARKS[step.state]}  {shown}{_who(step)}"


def _who(step: Step) -> str:
    if step.state is StepState.OPEN:
        return ""
    when = f" · {kit.date(step.at)}" if step.at else ""
    who = f" · {kit.user(step.by)}" if step.by else ""
    words = {
        StepState.IN_PROGRESS: f"  — in progress{who}",
        StepState.DONE: f"  — done{who}{when}",
        StepState.CHECKED: f"  — _verified by the API_{when}",
        StepState.CONTRADICTED: f"  — _the API shows otherwise_{who}",
    }
    return words[step.state]


def _next(onboarding: Onboarding, integration: str) -> str:
    if onboarding.phase is Phase.CLOSED:
        return ":wastebasket: This instance was removed and its keys destroyed."
    failing = (
        onboarding.report if onboarding.report and onboarding.report.outcome is not Outcome.VERIFIED else None
    )
    if failing is not None and not onboarding.step(StepName.VERIFIED).is_complete:
        return "\n".join(part for part in (report.headline(failing), report.fix(failing)) if part)
    step = onboarding.next_step
    if step is None:
        return ":tada: *All done.* The integration works, and I keep the keys sealed."
    words = step_text(step.name, onboarding, integration=integration)
    whose = (
        kit.user(step.by)
        if step.state is StepState.IN_PROGRESS and step.by
        else OWNER_NAMES[OWNERS[step.name]]
    )
    return f":point_right: *Next:* {words.next_action}  ·  _{whose}_"


def _card_buttons(onboarding: Onboarding) -> list[JSON]:
    if onboarding.phase is Phase.CLOSED or onboarding.is_finished:
        return []
    buttons = []
    if not onboarding.step(StepName.DETAILS).is_complete or onboarding.pending is not None:
        buttons.append(kit.button("Enter API keys", Action.ENTER_KEYS, onboarding.id, style="primary"))
    if onboarding.report is not None:
        buttons.append(kit.button("Check now", Action.CHECK_NOW, onboarding.id))
    return buttons


def _step_buttons(onboarding: Onboarding, step: Step) -> list[JSON]:
    value = f"{onboarding.id}:{step.name}"
    if step.name is StepName.DETAILS:
        return (
            []
            if step.is_complete
            else [kit.button("Enter API keys", Action.ENTER_KEYS, onboarding.id, style="primary")]
        )
    if step.name is StepName.VERIFIED:
        if onboarding.report is None:
            return []
        again = [kit.button("Check now", Action.CHECK_NOW, onboarding.id)]
        if onboarding.report.outcome is not Outcome.VERIFIED:
            again.append(kit.button("Enter API keys", Action.ENTER_KEYS, onboarding.id))
        return again
    return _mark_buttons(step, value)


def _mark_buttons(step: Step, value: str) -> list[JSON]:
    if step.name not in MARKABLE or step.state is StepState.CHECKED:
        return []
    if step.state is StepState.DONE:
        return [kit.button("Undo", Action.UNDO_STEP, value)]
    buttons = [kit.button("Done", Action.COMPLETE_STEP, value, style="primary")]
    if step.state is not StepState.IN_PROGRESS:
        buttons.insert(0, kit.button("I'm on it", Action.TAKE_STEP, value))
    else:
        buttons.append(kit.button("Undo", Action.UNDO_STEP, value))
    return buttons


def _role_sheet(onboarding: Onboarding) -> list[JSON]:
    """The levels to click, a section for each module of the grid."""
    blocks = []
    for sheet in role_sheet(onboarding.profile):
        lines = [f"*{kit.escape(sheet.module)}*"]
        lines += [
            f"•  {kit.escape(row.function)}:  {_levels(row)}\n      _{kit.escape(row.why)}_"
            for row in sheet.rows
        ]
        blocks.append(kit.section("\n".join(lines)))
    return blocks


def _levels(row: Row) -> str:
    return "  ".join(
        f"{name.capitalize()} *{row.level(name)}*" for name in COLUMNS if row.level(name) != "None"
    )
