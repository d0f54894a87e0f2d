"""The thread: a parent card that a late-comer can read alone, and one reply a step."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.domain.catalogue import explain
from bot.domain.onboarding import OWNERS, Onboarding, Phase, Step, StepName, StepState
from bot.domain.report import Outcome, Report
from bot.domain.steps import LAYERS_OF
from bot.domain.thread import PARENT
from handlers.blocks import kit, report, role_sheet, steps, variables_table
from handlers.blocks.guide import MOVERS, OWNER_NAMES, step_text
from handlers.blocks.kit import JSON
from handlers.ids import Action

__all__ = ["EXTRA_BUTTONS", "PARENT", "Message", "build_card", "build_once", "build_step", "describe_next"]

# A step's own buttons, beside those that every step has: from the onboarding to elements of its row. They are shown while
# the step is not complete. A listener for each belongs into `handlers/actions`.
EXTRA_BUTTONS: Final[Mapping[StepName, Callable[[Onboarding], list[JSON]]]] = {
    StepName.ROLE: role_sheet.build_buttons,
    StepName.VARIABLES: variables_table.build_buttons,
}

# What a step's message shows beside its words, whatever its state.
EXTRA_BLOCKS: Final[Mapping[StepName, Callable[[Onboarding], list[JSON]]]] = {
    StepName.VARIABLES: variables_table.build_reply,
}

_MADE_ONCE = frozenset({StepName.ROLE, StepName.MEMBER})
_FIX_SHOWN = 400
_NAME_SHOWN = 120
_MENTION = re.compile(r"<@[UW][A-Z0-9]+>")


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

    @property
    def hushed(self) -> "Message":
        """The same without mentions.

        A new message notifies whoever it mentions, an edit nobody: what names people is posted like this, then edited.
        """
        blocks: list[JSON] = json.loads(_MENTION.sub("a teammate", json.dumps(self.blocks)))
        return Message(text=_MENTION.sub("a teammate", self.text), blocks=blocks)


def build_card(onboarding: Onboarding, *, integration: str) -> Message:
    """The parent: how far it is, one line a step, what is next and whose move it is. Compact when nothing is left."""
    blocks = [kit.header(f"ConnectWise · {onboarding.name}"), kit.section(_where(onboarding))]
    if onboarding.is_finished:
        blocks += _summary(onboarding, integration)
    else:
        lines = (_line(onboarding, step, integration) for step in onboarding.steps)
        blocks += [kit.section("\n".join(lines)), kit.section(_next(onboarding, integration))]
    buttons = _card_buttons(onboarding)
    if buttons:
        blocks.append(kit.actions(*buttons))
    blocks.append(
        kit.context(
            f"Started by {kit.user(onboarding.started_by)}, {kit.date(onboarding.started_at)}. "
            "Details are in the thread."
        )
    )
    return Message(text=_headline(onboarding, integration), blocks=blocks)


def build_step(onboarding: Onboarding, name: StepName, *, integration: str) -> Message:
    """A step's reply: instructions while it is open, one compact line when it is complete."""
    step = onboarding.step(name)
    words = step_text(name, onboarding, integration=integration)
    number = list(StepName).index(name) + 1
    title = (
        f"{steps.mark_of(onboarding, step)}  *{number}.  {words.title}*{steps.describe_who(onboarding, step)}"
    )
    blocks = [kit.section(title, accessory=steps.build_undo(onboarding, step))]
    if name is StepName.VERIFIED and onboarding.report:
        blocks += _verdict(onboarding, onboarding.report)
    elif not step.is_complete and onboarding.phase is not Phase.CLOSED:
        blocks += _trouble(onboarding, name)
        # What exists needs mending, not making: then what is wrong takes the place of the instructions.
        if not (name in _MADE_ONCE and steps.is_denied(onboarding, name)):
            blocks.append(kit.section("\n".join(words.lines)))
            blocks += role_sheet.build_lines(onboarding) if name is StepName.ROLE else []
    elif not onboarding.is_finished:
        blocks += _proof(onboarding, name)
    if name in EXTRA_BLOCKS:
        blocks += EXTRA_BLOCKS[name](onboarding)
    extras = EXTRA_BUTTONS[name](onboarding) if name in EXTRA_BUTTONS and not step.is_complete else []
    buttons = steps.build_buttons(onboarding, step, extras=extras)
    if buttons:
        blocks.append(kit.actions(*buttons, block_id=steps.row_id(onboarding, step)))
    state = steps.STATE_WORDS[step.state]
    return Message(text=f"Step {number} of {len(StepName)}, {words.title}: {state}", blocks=blocks)


def build_once(onboarding: Onboarding, part: str, *, integration: str) -> Message:
    """What is said once: that a step was handed over, or that the thread has been quiet. Mentions whom it is about."""
    kind, _, rest = part.partition("/")
    if kind == "ask":
        step = onboarding.step(StepName(rest.partition("/")[0]))
        words = step_text(step.name, onboarding, integration=integration)
        number = list(StepName).index(step.name) + 1
        said = f"could you take step {number}, *{words.title}*? What to do is in its message above."
        text = f"Could you take step {number}, {words.title}, of {kit.typed(onboarding.name)}?"
        return Message(text=text, blocks=[kit.section(f":wave: {kit.user(step.by)}, {said}")])
    return _reminder(onboarding, integration)


def _reminder(onboarding: Onboarding, integration: str) -> Message:
    name = kit.typed(onboarding.name, _NAME_SHOWN)
    quiet = f"The setup of *{name}* has been quiet for three days."
    step = onboarding.next_step
    if step is None:
        return Message(text=quiet, blocks=[kit.section(quiet)])
    action = _action(onboarding, step, integration)
    is_taken = step.state is StepState.IN_PROGRESS and bool(step.by)
    whose = (
        f"{kit.user(step.by)}, you are on it. No time? *Hand over to…* passes it on."
        if is_taken
        else f"It is a step for {OWNER_NAMES[OWNERS[step.name]]}, and nobody is on it yet."
    )
    said = f":hourglass_flowing_sand: {quiet} Next: {action}.\n{whose}"
    return Message(text=f"{quiet} Next: {action}.", blocks=[kit.section(said)])


def _where(onboarding: Onboarding) -> str:
    done, total = onboarding.completed, len(onboarding.steps)
    where = f"{kit.code(onboarding.company, 60)} at {kit.code(onboarding.host, 120)}"
    if onboarding.company_name:
        where = f"*{kit.typed(onboarding.company_name, _NAME_SHOWN)}*  ·  {where}"
    bar = ":large_green_square:" * done + ":white_large_square:" * (total - done)
    return f"{where}\n{bar}  *{done} of {total}*"


def _line(onboarding: Onboarding, step: Step, integration: str) -> str:
    title = step_text(step.name, onboarding, integration=integration).title
    is_next = onboarding.next_step is not None and step.name is onboarding.next_step.name
    shown = f"*{title}*" if is_next else title
    return f"{steps.mark_of(onboarding, step)}  {shown}{steps.describe_who(onboarding, step)}"


def _summary(onboarding: Onboarding, integration: str) -> list[JSON]:
    if onboarding.phase is Phase.CLOSED:
        who = f" by {kit.user(onboarding.closed_by)}" if onboarding.closed_by else ""
        when = f", {kit.date(onboarding.closed_at)}" if onboarding.closed_at else ""
        return [kit.section(f":wastebasket: *Removed*{who}{when}. Its keys were destroyed.")]
    when = f", {kit.date(onboarding.finished_at)}" if onboarding.finished_at else ""
    did: dict[str, list[str]] = {}
    for step in onboarding.steps:
        if step.by:
            title = step_text(step.name, onboarding, integration=integration).title
            did.setdefault(step.by, []).append(title)
    thanks = "  ·  ".join(f"{kit.user(by)} {', '.join(titles)}" for by, titles in did.items())
    return [
        kit.section(f":tada: *All done*{when}. The integration works, and I keep the keys sealed."),
        *([kit.context(f"Thank you:  {thanks}")] if thanks else []),
    ]


def _headline(onboarding: Onboarding, integration: str) -> str:
    """The notification: what it is, how far, and what is next, without mentioning anybody."""
    name = kit.typed(onboarding.name, _NAME_SHOWN)
    if onboarding.phase is Phase.CLOSED:
        return f"ConnectWise setup of {name}: removed"
    step = onboarding.next_step
    if step is None:
        return f"ConnectWise setup of {name}: all done"
    so_far = f"{onboarding.completed} of {len(onboarding.steps)} steps done"
    return f"ConnectWise setup of {name}: {so_far}. Next: {_action(onboarding, step, integration)}"


def _action(onboarding: Onboarding, step: Step, integration: str) -> str:
    words = step_text(step.name, onboarding, integration=integration)
    return words.mend_action if steps.find_trouble(onboarding, step.name) else words.next_action


def _next(onboarding: Onboarding, integration: str) -> str:
    failing = onboarding.report
    if failing and failing.outcome is not Outcome.VERIFIED and _is_verdict_open(onboarding):
        return _next_of_report(onboarding, failing, integration)
    return describe_next(onboarding, integration=integration)


def describe_next(onboarding: Onboarding, *, integration: str) -> str:
    """The next action and whose move it is, in one line."""
    step = onboarding.next_step or onboarding.steps[-1]
    return f":point_right: *Next:* {_action(onboarding, step, integration)}  ·  _{_mover(onboarding, step.name)}_"


def _is_verdict_open(onboarding: Onboarding) -> bool:
    return not onboarding.step(StepName.VERIFIED).is_complete


def _next_of_report(onboarding: Onboarding, failing: Report, integration: str) -> str:
    if failing.outcome is Outcome.CANNOT_TELL:
        return f"{report.headline(failing)}\n:point_right: *Next:* I keep asking, and say here when I know  ·  _me_"
    culprit = failing.culprit
    name = next((it for it, layer in LAYERS_OF.items() if culprit and layer == culprit.name), None)
    whose = (
        _mover(onboarding, name)
        if name and onboarding.step(name).state is StepState.IN_PROGRESS
        else MOVERS[explain(culprit.error_key or "").who if culprit else "you"]
    )
    if name is StepName.ROLE:  # its message lists the levels, so they need not be said twice
        said = step_text(name, onboarding, integration=integration).mend_action
    else:
        said = kit.escape(kit.clip(culprit.fix, _FIX_SHOWN)) if culprit else ""
    return f"{report.headline(failing)}\n:point_right: *Next:* {said}  ·  _{whose}_"


def _mover(onboarding: Onboarding, name: StepName) -> str:
    step = onboarding.step(name)
    if step.state is StepState.IN_PROGRESS and step.by:
        return kit.user(step.by)
    return OWNER_NAMES[OWNERS[name]]


def _card_buttons(onboarding: Onboarding) -> list[JSON]:
    if onboarding.is_finished:
        return []
    enters = not onboarding.step(StepName.DETAILS).is_complete or onboarding.pending is not None
    is_their_turn = onboarding.has_keys or onboarding.step(StepName.KEYS).state is not StepState.OPEN
    are_good = onboarding.step(StepName.KEYS).state is StepState.CHECKED
    found = [
        (enters, "Enter API keys", Action.ENTER_KEYS, is_their_turn and not are_good),
        (onboarding.report is not None, "Check now", Action.CHECK_NOW, enters and are_good),
    ]
    return [
        kit.button(text, action, onboarding.id, style="primary" if is_primary else "")
        for is_shown, text, action, is_primary in found
        if is_shown
    ]


def _trouble(onboarding: Onboarding, name: StepName) -> list[JSON]:
    """What the last check says against a step: the levels that are missing, else the finding with its fix."""
    layer = steps.find_trouble(onboarding, name)
    if layer is None or onboarding.report is None:
        return []
    denied = steps.is_denied(onboarding, name)
    said = f"{':warning:' if denied else ':grey_question:'} {kit.escape(layer.summary)}"
    missing = onboarding.report.rights.missing
    if name is StepName.ROLE and missing:
        return [
            kit.section(said),
            *report.findings("Missing in the role (System → Security Roles)", missing, verb="missing"),
        ]
    fix = f"\n{report.advice(layer.fix)}" if layer.fix else ""
    return [kit.section(said + fix)]


def _proof(onboarding: Onboarding, name: StepName) -> list[JSON]:
    """What the last check found on a step that is complete: one small line."""
    trouble = steps.find_trouble(onboarding, name)
    if trouble is not None:
        return [kit.context(f":warning: {kit.escape(trouble.summary)} {kit.escape(trouble.fix)}")]
    step = onboarding.step(name)
    layer = onboarding.report.layer(LAYERS_OF[name]) if onboarding.report and name in LAYERS_OF else None
    if layer is None or step.state is not StepState.CHECKED or not layer.summary:
        return []
    return [kit.context(kit.escape(layer.summary))]


def _verdict(onboarding: Onboarding, verdict: Report) -> list[JSON]:
    """The verdict, short: what is missing stands in the steps that mend it."""
    said = kit.context(report.strip(verdict), f"Checked {kit.date(verdict.checked_at)}")
    if onboarding.is_finished:
        return [said]
    more = kit.button("Details", Action.REPORT_DETAILS, onboarding.id)
    lines = [part for part in (report.headline(verdict), report.fix(verdict)) if part]
    return [kit.section("\n".join(lines), accessory=more), said]
