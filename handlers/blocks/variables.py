"""Organization variables: the form, and what its selects offer."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.catalogue import explain
from bot.domain.errors import CwBotError
from bot.domain.instance import Instance
from bot.domain.text import drop_invisible
from bot.domain.variable_checks import Problem
from bot.domain.variables import (
    MOST_CHOICES,
    OF_BOARD,
    OF_TYPE,
    TIME_ENTRIES,
    TIME_LABELS,
    Entry,
    Kind,
    Value,
    Values,
    Variable,
    id_of,
    variables,
)
from bot.services.variables import Offer, Stale
from handlers.blocks import kit, report
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.blocks.variables_table import TITLE, explain_problem
from handlers.ids import Action, Block, Callback

# The value of an option that only tells something.
NOTE: Final = "note"

_ID_DIGITS: Final = 12
_GROUPS: Final = {
    "tickets": "Tickets",
    "new_users": "Tickets for new users",
    "time": "Time",
    "customers": "Customers",
    "mail": "Mail and agreement",
}
_ACTIONS: Final = {Kind.BOARD: Action.VARIABLE_BOARD, Kind.TYPE: Action.VARIABLE_TYPE}


def block_of(name: str) -> str:
    """The block of a variable, without what follows a slash."""
    return f"{Block.VARIABLE}:{name}"


def build_form(
    instance: Instance, values: Values, *, edition: int, integration: str, notice: str = ""
) -> JSON:
    """The form. What hangs on the board appears with it, under ids that change with it: Slack keeps the rest as it was.

    `edition` is that of the variables it starts from.
    """
    app = kit.typed(integration, 60)
    intro = (
        f"What {app}'s automations need to know of *{kit.typed(instance.name)}*. The lists are ConnectWise's own, live: "
        "type to search them. Saving checks every choice and prints the ids to paste."
    )
    blocks = [kit.section(notice)] if notice else []
    blocks.append(kit.section(intro))
    for group, title in _GROUPS.items():
        shown = [it for it in variables() if it.group == group and _is_shown(it, values)]
        if shown:
            blocks += [kit.divider(), kit.section(f"*{title}*"), *(_build_field(it, values) for it in shown)]
        if group == "tickets" and not id_of(values, Kind.BOARD):
            blocks.append(kit.context(":point_up: Choose the board, and its statuses and types appear."))
    return kit.modal(
        callback_id=Callback.VARIABLES,
        title=TITLE,
        submit="Check & save",
        close="Cancel",
        private_metadata=Meta(instance_id=instance.id, edition=edition).pack(),
        blocks=blocks,
    )


def _is_shown(variable: Variable, values: Values) -> bool:
    return variable.kind not in OF_BOARD or bool(id_of(values, Kind.BOARD))


def _block_id(variable: Variable, values: Values) -> str:
    """With what it hangs on behind the slash: `/BOARD`, or `/BOARD.TYPE` for subtype and item."""
    if variable.kind not in OF_BOARD:
        return block_of(variable.name)
    board = id_of(values, Kind.BOARD)
    of_type = f".{id_of(values, Kind.TYPE)}" if variable.kind in OF_TYPE else ""
    return f"{block_of(variable.name)}/{board}{of_type}"


def read_block_id(block_id: str) -> tuple[str, int, int]:
    """The variable, the board and the type that a block's id tells; 0 where there is none."""
    block, _, above = block_id.partition("/")
    prefix, _, name = block.partition(":")
    board, _, of_type = above.partition(".")
    return (name if prefix == Block.VARIABLE else ""), _as_id(board), _as_id(of_type)


def _as_id(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _ID_DIGITS else 0


def _build_field(variable: Variable, values: Values) -> JSON:
    value = values.get(variable.name, Value())
    block = kit.field(
        _block_id(variable, values),
        variable.label,
        _build_element(variable, value),
        hint=f"{variable.why} ({variable.name})",
        optional=not variable.required,
    )
    if variable.kind in _ACTIONS:
        block["dispatch_action"] = True
    return block


def _build_element(variable: Variable, value: Value) -> JSON:
    if variable.is_listed:
        return _build_select(variable, value)
    if variable.kind is Kind.TIME:
        return _build_radio(value.text)
    if variable.kind is Kind.EMAIL:
        element: JSON = {"type": "email_text_input", "action_id": Action.VALUE}
        return element | ({"initial_value": kit.clip(value.text, 255)} if value.text else {})
    return kit.text_input(initial=value.text, limit=200)


def _build_select(variable: Variable, value: Value) -> JSON:
    element: JSON = {
        "type": "multi_external_select" if variable.many else "external_select",
        "action_id": _ACTIONS.get(variable.kind, Action.VARIABLE),
        "min_query_length": 0,
        "placeholder": kit.plain("Search…"),
    }
    chosen = [kit.option(it.label or str(it.id), str(it.id)) for it in value.picks if it.id > 0]
    if variable.many:
        element["max_selected_items"] = MOST_CHOICES
        if chosen:
            element["initial_options"] = chosen[:MOST_CHOICES]
    elif chosen:
        element["initial_option"] = chosen[0]
    return element


def _build_radio(value: str) -> JSON:
    about = {TIME_ENTRIES: "in the name of the technician below"}
    options = [kit.option(label, key, about.get(key, "")) for key, label in TIME_LABELS.items()]
    element: JSON = {"type": "radio_buttons", "action_id": Action.VALUE, "options": options}
    chosen = next((it for it in options if it["value"] == value), None)
    return element | ({"initial_option": chosen} if chosen else {})


def build_options(variable: Variable, offer: Offer) -> JSON:
    """What a select offers, as the answer to its request. A group's heading says what there is to say."""
    if offer.error is not None:
        said = explain(offer.error.key, **offer.error.params)
        return _note(said.summary, said.fix or "Try again in a moment")
    if offer.is_slow:
        return _note("ConnectWise takes its time", "Type a letter, or open this list again")
    if not offer.entries:
        return {"options": []}
    heading = _heading(offer)
    if variable.closed == "expected":
        return {"option_groups": _by_closing(offer.entries)}
    options = [_option(it) for it in offer.entries]
    return {"option_groups": [_group(heading, options)]} if heading else {"options": options}


def _heading(offer: Offer) -> str:
    if offer.total > len(offer.entries):
        return f"The first {len(offer.entries)} of {offer.total}: type to narrow them down"
    return "As it was a while ago: ConnectWise is slow to answer" if offer.is_old else ""


def _by_closing(entries: Sequence[Entry]) -> list[JSON]:
    groups = (("Closes the ticket", True), ("Leaves the ticket open", False))
    parted = [
        (label, [_option(it) for it in entries if bool(it.closed) is closes]) for label, closes in groups
    ]
    return [_group(label, options) for label, options in parted if options]


def _group(label: str, options: list[JSON]) -> JSON:
    return {"label": kit.plain(label, 75), "options": options}


def _option(entry: Entry) -> JSON:
    note = entry.note if entry.note != entry.name else ""
    return kit.option(drop_invisible(entry.name), str(entry.id), drop_invisible(note))


def _note(heading: str, text: str) -> JSON:
    return {"option_groups": [_group(heading, [kit.option(text, NOTE)])]}


def explain_refused(problems: Iterable[Problem], error: CwBotError | None) -> str:
    """Why nothing was saved, as mrkdwn for the top of the form."""
    if error is not None:
        return f":warning: *Not saved.* {kit.escape(report.describe_error(error))}"
    lines = [f"•  {kit.escape(explain_problem(it))}" for it in problems]
    return "\n".join([":warning: *Not saved yet.*", *lines])


def explain_stale(stale: Stale) -> str:
    """Who saved others meanwhile, as mrkdwn for the top of the form."""
    what = ", ".join(stale.differing[:8]) or "nothing of what you chose"
    return (
        f":warning: *Not saved.* {kit.user(stale.by)} saved other variables, {kit.date(stale.at)}. "
        f"Not the same as yours: {kit.escape(what)}.\nYours are still here: *Check & save* again puts them in the place "
        "of those."
    )


def build_checking(instance: Instance) -> JSON:
    """While ConnectWise takes its time."""
    return kit.modal(
        callback_id=Callback.NOTICE,
        title="Checking…",
        blocks=[
            kit.section(
                ":hourglass_flowing_sand: ConnectWise takes its time. I'm asking it whether everything you chose for "
                f"*{kit.typed(instance.name)}* is there and goes together.\n\nThis window goes on by itself. What you "
                "chose is saved once that is known."
            )
        ],
        private_metadata=Meta(instance_id=instance.id).pack(),
    )
