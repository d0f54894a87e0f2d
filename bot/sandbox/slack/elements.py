"""The interactive elements of Block Kit: which fields each has, how large they may be, where each may stand."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.objects import (
    BOTH,
    PLAIN,
    check_choices,
    check_confirm,
    check_field,
    check_filter,
    check_initial,
    check_options,
    check_text,
)
from bot.sandbox.slack.problems import Findings, kind_of

_Check = Callable[[Findings, dict[str, Any], str], None]

_SELECT = {"placeholder", "initial_option", "confirm", "focus_on_load"}
_MULTI = {"placeholder", "confirm", "max_selected_items", "focus_on_load"}
_PICKER = {"placeholder", "confirm", "focus_on_load"}
_TYPED = {"placeholder", "initial_value", "dispatch_action_config", "focus_on_load"}

# Each element's fields, beside `type` and `action_id`.
FIELDS: dict[str, set[str]] = {
    "button": {"text", "url", "value", "style", "confirm", "accessibility_label"},
    "checkboxes": {"options", "initial_options", "confirm", "focus_on_load"},
    "radio_buttons": {"options", "initial_option", "confirm", "focus_on_load"},
    "overflow": {"options", "confirm"},
    "static_select": _SELECT | {"options", "option_groups"},
    "external_select": _SELECT | {"min_query_length"},
    "users_select": _PICKER | {"initial_user"},
    "conversations_select": _PICKER
    | {"initial_conversation", "default_to_current_conversation", "response_url_enabled", "filter"},
    "channels_select": _PICKER | {"initial_channel", "response_url_enabled"},
    "multi_static_select": _MULTI | {"options", "option_groups", "initial_options"},
    "multi_external_select": _MULTI | {"min_query_length", "initial_options"},
    "multi_users_select": _MULTI | {"initial_users"},
    "multi_conversations_select": _MULTI
    | {"initial_conversations", "default_to_current_conversation", "filter"},
    "multi_channels_select": _MULTI | {"initial_channels"},
    "datepicker": _PICKER | {"initial_date"},
    "timepicker": _PICKER | {"initial_time", "timezone"},
    "datetimepicker": {"initial_date_time", "confirm", "focus_on_load"},
    "plain_text_input": _TYPED | {"multiline", "min_length", "max_length"},
    "email_text_input": _TYPED,
    "url_text_input": _TYPED,
    "number_input": _TYPED | {"is_decimal_allowed", "min_value", "max_value"},
    "rich_text_input": _TYPED,
    "file_input": {"filetypes", "max_files"},
    "workflow_button": {"text", "workflow", "style", "accessibility_label"},
}

_SELECTS = {name for name in FIELDS if name.endswith("_select")}
_PICKERS = {"datepicker", "timepicker", "datetimepicker"}
_CHOICES = {"checkboxes", "radio_buttons"}
IN_ACTIONS = {"button", "overflow", "workflow_button"} | _SELECTS | _PICKERS | _CHOICES
IN_SECTION = IN_ACTIONS | {"image"}
IN_INPUT = _SELECTS | _PICKERS | _CHOICES | {name for name in FIELDS if name.endswith("_input")}
# Elements that only make sense inside an input block of a view.
_VIEW_ONLY_FIELDS = {"response_url_enabled"}


def check_element(findings: Findings, element: Any, pointer: str, *, allowed: set[str], surface: str) -> None:
    """One element of an actions, section or input block; `surface` is `message`, `modal` or `home`."""
    if not findings.is_object(element, pointer):
        return
    kind = kind_of(element)
    if kind not in FIELDS and kind != "image":
        findings.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    if kind not in allowed:
        findings.add(f"{pointer}/type", f"element type {kind} is not supported in this block")
        return
    if kind == "image":
        check_image(findings, element, pointer)
        return
    findings.unknown_fields(element, pointer, FIELDS[kind] | {"type", "action_id"})
    findings.string(element, "action_id", pointer, most=255)
    for name in _VIEW_ONLY_FIELDS & set(element):
        if surface != "modal":
            findings.add(f"{pointer}/{name}", f"{name} is only available in modals")
    _check_shared(findings, element, pointer)
    for check in _CHECKS.get(kind, ()):
        check(findings, element, pointer)


def check_image(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    """An image element: alt text, and one of a URL and a Slack file."""
    findings.unknown_fields(element, pointer, {"type", "image_url", "alt_text", "slack_file"})
    findings.require(element, pointer, "alt_text")
    findings.string(element, "alt_text", pointer, most=2000)
    findings.string(element, "image_url", pointer, most=3000)
    if (element.get("image_url") is None) == (element.get("slack_file") is None):
        findings.add(pointer, "must define either image_url or slack_file")


def _check_shared(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    check_confirm(findings, element, pointer)
    check_field(findings, element, "placeholder", pointer, most=150)
    findings.boolean(element, "focus_on_load", pointer)
    most = element.get("max_selected_items")
    if most is not None and (not isinstance(most, int) or most < 1):
        findings.add(f"{pointer}/max_selected_items", "must be greater than or equal to 1")
    _check_dispatch(findings, element, pointer)


def _check_dispatch(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    config = element.get("dispatch_action_config")
    where = f"{pointer}/dispatch_action_config"
    if config is None or not findings.is_object(config, where):
        return
    for index, name in enumerate(findings.items(config, "trigger_actions_on", where, most=2)):
        if name not in ("on_enter_pressed", "on_character_entered"):
            findings.add(
                f"{where}/trigger_actions_on/{index}",
                "failed to match one of: on_enter_pressed, on_character_entered",
            )


def _check_button(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    if findings.require(element, pointer, "text"):
        check_text(findings, element["text"], f"{pointer}/text", most=75, kinds=PLAIN)
    findings.string(element, "value", pointer, most=2000, least=0)
    findings.string(element, "url", pointer, most=3000)
    findings.string(element, "accessibility_label", pointer, most=75)
    findings.one_of(element, "style", pointer, ("primary", "danger"))


def _check_few(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    if findings.require(element, pointer, "options"):
        check_options(findings, element, pointer, most=10, kinds=BOTH)


def _check_overflow(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    if findings.require(element, pointer, "options"):
        check_options(findings, element, pointer, most=5)


def _check_external(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    least = element.get("min_query_length")
    if least is not None and (not isinstance(least, int) or least < 0):
        findings.add(f"{pointer}/min_query_length", "must be greater than or equal to 0")


def _check_typed(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    findings.string(element, "initial_value", pointer, most=3000, least=0)


def _check_lengths(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    findings.boolean(element, "multiline", pointer)
    least, most = element.get("min_length"), element.get("max_length")
    for name, value, low in (("min_length", least, 0), ("max_length", most, 1)):
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            findings.add(f"{pointer}/{name}", "must be an integer")
        elif not low <= value <= 3000:
            bound = f"greater than or equal to {low}" if value < low else "less than or equal to 3000"
            findings.add(f"{pointer}/{name}", f"must be {bound}")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        findings.add(f"{pointer}/min_length", "must be less than or equal to max_length")


def _check_number(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    findings.require(element, pointer, "is_decimal_allowed")
    findings.boolean(element, "is_decimal_allowed", pointer)
    for name in ("initial_value", "min_value", "max_value"):
        findings.string(element, name, pointer, most=25)


_CHECKS: dict[str, tuple[_Check, ...]] = {
    "button": (_check_button,),
    "workflow_button": (_check_button,),
    "checkboxes": (_check_few, check_initial),
    "radio_buttons": (_check_few, check_initial),
    "overflow": (_check_overflow,),
    "static_select": (check_choices, check_initial),
    "multi_static_select": (check_choices, check_initial),
    "external_select": (_check_external,),
    "multi_external_select": (_check_external,),
    "conversations_select": (check_filter,),
    "multi_conversations_select": (check_filter,),
    "plain_text_input": (_check_typed, _check_lengths),
    "email_text_input": (_check_typed,),
    "url_text_input": (_check_typed,),
    "number_input": (_check_number,),
}
