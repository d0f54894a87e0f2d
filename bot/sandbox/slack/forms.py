"""What people typed and chose: the `state.values` of views and messages, kept as Slack keeps them."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.model import Json

# The state field of each element that has a state, and the element's field that fills it at first.
STATE_FIELDS: dict[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "file_input": ("files", ""),
}

Values = dict[str, Json]


def elements_of(block: Json) -> Iterator[Json]:
    """The interactive elements of a block, wherever it keeps them."""
    for name in ("element", "accessory"):
        if isinstance(block.get(name), dict):
            yield block[name]
    if block.get("type") == "actions":
        yield from block.get("elements") or []


def find_element(blocks: list[Json], block_id: str, action_id: str) -> Json | None:
    """The element of these ids."""
    for block in blocks:
        if block.get("block_id") == block_id:
            return next((e for e in elements_of(block) if e.get("action_id") == action_id), None)
    return None


def initial_values(blocks: list[Json], *, channel_id: str | None) -> Values:
    """The state of a fresh form; `channel_id` is what `default_to_current_conversation` chooses."""
    values: Values = {}
    for block in blocks:
        for element in elements_of(block):
            if element.get("type") in STATE_FIELDS:
                state = _initial(element, channel_id)
                values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _initial(element: Json, channel_id: str | None) -> Json:
    kind = element["type"]
    name, source = STATE_FIELDS[kind]
    empty: Any = [] if name.endswith("s") else None
    value = element.get(source, empty)
    if element.get("default_to_current_conversation") and channel_id is not None:
        value = [channel_id] if name.endswith("s") else channel_id
    return {"type": kind, name: value}


def carry_over(old: Values, fresh: Values) -> Values:
    """The state after an update: what was typed stays only where block_id, action_id and type are the same."""
    kept: Values = {}
    for block_id, actions in fresh.items():
        kept[block_id] = {}
        for action_id, state in actions.items():
            before = old.get(block_id, {}).get(action_id)
            same = before is not None and before["type"] == state["type"]
            kept[block_id][action_id] = before if same else state
    return kept


def merge(values: Values, given: Values) -> None:
    """Take over what somebody typed; unknown fields of the form are ignored, as a client cannot send any."""
    for block_id, actions in given.items():
        for action_id, state in actions.items():
            current = values.get(block_id, {}).get(action_id)
            if current is not None:
                name = STATE_FIELDS[current["type"]][0]
                values[block_id][action_id] = {"type": current["type"], name: state.get(name)}


def value_of(state: Json) -> Any:
    """What a state holds: a text, an option, an id, or a list of these; None or [] when nothing."""
    return state.get(STATE_FIELDS[state["type"]][0])


def missing_fields(blocks: list[Json], values: Values) -> dict[str, str]:
    """What Slack's own client refuses before it asks the app: block_id → its words. Empty when the form may go."""
    problems: dict[str, str] = {}
    for block in blocks:
        if block.get("type") != "input":
            continue
        element = block["element"]
        state = values.get(block["block_id"], {}).get(element["action_id"], {})
        value = value_of(state) if state else None
        words = _complaint(block, element, value)
        if words:
            problems[block["block_id"]] = words
    return problems


def _complaint(block: Json, element: Json, value: Any) -> str | None:
    if value in (None, "", []):
        return None if block.get("optional") else "Please complete this required field."
    if not isinstance(value, str):
        return None
    least, most = element.get("min_length") or 0, element.get("max_length") or 3000
    if len(value) < least:
        return f"Must be at least {least} characters long."
    if len(value) > most:
        return f"Must be {most} characters or fewer."
    return _malformed(element["type"], value)


def _malformed(kind: str, value: str) -> str | None:
    if kind == "number_input" and not value.replace(".", "", 1).lstrip("-").isdigit():
        return "Must be a valid number."
    if kind == "email_text_input" and "@" not in value:
        return "Must be a valid email address."
    if kind == "url_text_input" and "://" not in value:
        return "Must be a valid URL."
    return None
