"""The composition objects of Block Kit: texts, options, confirmations, filters."""

from typing import Any

from bot.sandbox.slack.problems import Findings, kind_of

TEXT_TYPES = ("plain_text", "mrkdwn")
BOTH = frozenset(TEXT_TYPES)
PLAIN = frozenset({"plain_text"})


def check_text(
    findings: Findings, value: Any, pointer: str, *, most: int, kinds: frozenset[str] = BOTH, least: int = 1
) -> None:
    """A text object of an allowed kind, 1 to `most` characters."""
    if not findings.is_object(value, pointer):
        return
    kind = kind_of(value)
    if kind not in kinds:
        findings.add(f"{pointer}/type", f"must be one of: {', '.join(sorted(kinds))}")
        return
    known = {"type", "text", "emoji"} if kind == "plain_text" else {"type", "text", "verbatim"}
    findings.unknown_fields(value, pointer, known)
    findings.boolean(value, "emoji", pointer)
    findings.boolean(value, "verbatim", pointer)
    if findings.require(value, pointer, "text"):
        findings.string(value, "text", pointer, most=most, least=least)


def check_field(
    findings: Findings,
    parent: dict[str, Any],
    name: str,
    pointer: str,
    *,
    most: int,
    kinds: frozenset[str] = PLAIN,
) -> None:
    """An optional text object under `name`."""
    if parent.get(name) is not None:
        check_text(findings, parent[name], f"{pointer}/{name}", most=most, kinds=kinds)


def check_option(findings: Findings, option: Any, pointer: str, *, kinds: frozenset[str] = PLAIN) -> None:
    """An option: text and description 75 characters, value 150."""
    if not findings.is_object(option, pointer):
        return
    findings.unknown_fields(option, pointer, {"text", "value", "description", "url"})
    if findings.require(option, pointer, "text", "value"):
        check_text(findings, option["text"], f"{pointer}/text", most=75, kinds=kinds)
        findings.string(option, "value", pointer, most=150)
    check_field(findings, option, "description", pointer, most=75, kinds=kinds)
    findings.string(option, "url", pointer, most=3000)


def check_options(
    findings: Findings,
    parent: dict[str, Any],
    pointer: str,
    *,
    most: int = 100,
    kinds: frozenset[str] = PLAIN,
) -> None:
    """`options`: at most `most`, each well-formed."""
    for index, option in enumerate(findings.items(parent, "options", pointer, most=most)):
        check_option(findings, option, f"{pointer}/options/{index}", kinds=kinds)


def check_choices(findings: Findings, parent: dict[str, Any], pointer: str) -> None:
    """Exactly one of `options` and `option_groups`, as static selects and option answers need it."""
    if (parent.get("options") is None) == (parent.get("option_groups") is None):
        findings.add(pointer, "must define either options or option_groups")
        return
    check_options(findings, parent, pointer)
    for index, group in enumerate(findings.items(parent, "option_groups", pointer, most=100)):
        where = f"{pointer}/option_groups/{index}"
        if findings.is_object(group, where) and findings.require(group, where, "label", "options"):
            check_text(findings, group["label"], f"{where}/label", most=75, kinds=PLAIN)
            check_options(findings, group, where)


def choices_of(element: dict[str, Any]) -> list[dict[str, Any]]:
    """All options of a select, groups flattened."""
    parents = [element, *_list(element.get("option_groups"))]
    found = [
        option for parent in parents if isinstance(parent, dict) for option in _list(parent.get("options"))
    ]
    return [option for option in found if isinstance(option, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def check_initial(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    """`initial_option` and `initial_options` must be among the options, letter for letter."""
    if kind_of(element) in ("external_select", "multi_external_select"):
        return
    among = choices_of(element)
    option = element.get("initial_option")
    if option is not None and option not in among:
        findings.add(
            f"{pointer}/initial_option", "initial_option must exactly match one of the provided options"
        )
    for index, chosen in enumerate(findings.items(element, "initial_options", pointer, most=100)):
        if chosen not in among:
            where = f"{pointer}/initial_options/{index}"
            findings.add(where, "initial_options must exactly match the provided options")


def check_confirm(findings: Findings, parent: dict[str, Any], pointer: str) -> None:
    """`confirm`: title 100, text 300, buttons 30 characters."""
    confirm = parent.get("confirm")
    where = f"{pointer}/confirm"
    if confirm is None or not findings.is_object(confirm, where):
        return
    findings.unknown_fields(confirm, where, {"title", "text", "confirm", "deny", "style"})
    findings.require(confirm, where, "title", "text", "confirm", "deny")
    findings.one_of(confirm, "style", where, ("primary", "danger"))
    check_field(findings, confirm, "title", where, most=100)
    check_field(findings, confirm, "text", where, most=300, kinds=BOTH)
    check_field(findings, confirm, "confirm", where, most=30)
    check_field(findings, confirm, "deny", where, most=30)


def check_filter(findings: Findings, element: dict[str, Any], pointer: str) -> None:
    """The `filter` of a conversations_select."""
    value = element.get("filter")
    where = f"{pointer}/filter"
    if value is None or not findings.is_object(value, where):
        return
    findings.unknown_fields(
        value, where, {"include", "exclude_external_shared_channels", "exclude_bot_users"}
    )
    if not value:
        findings.add(where, "must have at least one property")
    for index, kind in enumerate(findings.items(value, "include", where, most=4)):
        if kind not in ("im", "mpim", "private", "public"):
            findings.add(f"{where}/include/{index}", "failed to match one of: im, mpim, private, public")
