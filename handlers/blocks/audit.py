"""`/cw-status audit`: who did what, the newest first."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.catalogue import entries, explain
from bot.services.access import Action as Right
from bot.services.audit import DONE, SENT_BACK, Deed
from handlers.blocks import kit
from handlers.blocks.card import Message
from handlers.blocks.kit import JSON
from handlers.ids import Action, Callback, Command, Menu

SHOWN: Final = 30
_A_SECTION: Final = 10

# What was done, in a few words; an id without words of its own is shown as it is.
_WORDS: Final[Mapping[str, str]] = {
    Command.SETUP: "ran `/cw-setup`",
    Command.STATUS: "ran `/cw-status`",
    Callback.SITE: "handed in an instance's details",
    Callback.CREDENTIALS: "handed in API keys",
    Callback.EDIT: "edited details",
    Callback.FILTER: "changed the company filter",
    Callback.ROTATE: "handed in new API keys",
    Callback.REVEAL: "had the API keys shown",
    Callback.REMOVE: "removed an instance and its keys",
    Callback.SHARE: "shared the status",
    Callback.VARIABLES: "chose organization variables",
    Action.START_SETUP: "started a setup",
    Action.ENTER_KEYS: "opened the form for API keys",
    Action.ROTATE_KEYS: "opened the form for new API keys",
    Action.CHECK_NOW: "had it checked",
    Action.STATUS_CHECK: "had it checked",
    Action.TAKE_STEP: "took on the step",
    Action.COMPLETE_STEP: "marked the step as done",
    Action.UNDO_STEP: "took the mark back from the step",
    Action.HAND_OVER: "handed over the step",
    Action.ROLE_SHEET: "looked at the role sheet",
    Action.USE_PRESET: "filled in the preset filter",
    Action.FILTER_PREVIEW: "tried the filter out",
    Action.FILTER_PRESET: "filled in the default filter",
    Action.FILTER_MOVE: "had the filter mended",
    Action.FILTER_SUGGEST: "had the filter mended",
    Action.CHOOSE_VARIABLES: "opened the organization variables",
    Action.FIX_DETAILS: "opened the form with the details",
    Action.FIX_FILTER: "opened the form with the filter",
    Action.VARIABLE_BOARD: "chose a board for the organization variables",
    Action.VARIABLE_TYPE: "chose a type for the organization variables",
    f"{Action.INSTANCE_MENU}.{Menu.EDIT}": "opened the form with the details",
    f"{Action.INSTANCE_MENU}.{Menu.FILTER}": "opened the form with the filter",
    f"{Action.INSTANCE_MENU}.{Menu.DEFAULT}": "made the default",
    f"{Action.INSTANCE_MENU}.{Menu.REVEAL}": "asked to see the API keys",
    f"{Action.INSTANCE_MENU}.{Menu.REMOVE}": "opened the form for removing",
    "cli:export": "made a backup with all keys",
    "cli:import": "put instances back from a backup",
    "cli:remove": "removed an instance and its keys",
}
_READ_THIS: Final = "read this list"


def build_audit(deeds: Sequence[Deed], names: Mapping[str, str]) -> Message:
    """The latest deeds. `names` are the instances' names by id; a subject without one is shown by its id."""
    blocks: list[JSON] = [kit.header("Who did what")]
    lines = [_line(deed, names) for deed in deeds[:SHOWN]]
    blocks += [
        kit.section("\n".join(lines[start : start + _A_SECTION]))
        for start in range(0, len(lines), _A_SECTION)
    ]
    if not lines:
        blocks.append(kit.section("Nothing yet."))
    blocks.append(kit.context("Only people who may set up see this. Nothing in it can be changed."))
    return Message(text=f"The latest {len(lines)} entries of the audit trail", blocks=blocks)


def _line(deed: Deed, names: Mapping[str, str]) -> str:
    when = kit.date(deed.at, "{date_short_pretty}, {time}") if deed.at else "–"
    what = _READ_THIS if deed.action == Right.AUDIT else _WORDS.get(deed.what) or kit.code(deed.what, 64)
    who = kit.user(deed.by) if deed.by[:1] in ("U", "W") else "whoever runs the bot"
    return f"{when}  {who} {what}{_subject(deed.subject, names)}{_outcome(deed.outcome)}"


def _subject(subject: str, names: Mapping[str, str]) -> str:
    if not subject:
        return ""
    record_id, _, rest = subject.partition(":")
    part = rest.partition(":")[0]  # of a step; behind it is the turn at which its button was drawn
    name = names.get(record_id)
    shown = f"*{kit.typed(name, 75)}*" if name else kit.code(record_id, 64)
    return f" {kit.code(part, 64)} · {shown}" if part else f" · {shown}"


def _outcome(outcome: str) -> str:
    if outcome == DONE:
        return ""
    if outcome == SENT_BACK:
        return "  → sent back with a remark on a field"
    said = explain(outcome).summary if outcome in entries() else ""
    return f"  → :no_entry: {kit.escape(said) or kit.code(outcome, 64)}"
