"""Finding on the screen what a person names: labels, buttons, options, people, channels."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from bot.sandbox.slack.forms import elements_of
from bot.sandbox.slack.model import Channel, Json, User
from bot.sandbox.slack.objects import choices_of
from bot.sandbox.slack.render import show_object
from bot.sandbox.slack.workspace import SlackWorkspace

T = TypeVar("T")
_KINDS = {"public": (False, False), "private": (True, False), "im": (False, True)}


def pick(named: Iterable[tuple[str, T]], wanted: str, what: str) -> T:
    """The one whose name is, starts with or contains `wanted` (capitals do not matter), in this order of preference.

    Raises LookupError, saying what there is, where none or several fit equally well.
    """
    entries = list(named)
    key = wanted.casefold()
    for fits in (str.__eq__, str.startswith, str.__contains__):
        found = [value for name, value in entries if fits(name.casefold(), key)]
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(f"several {what} fit {wanted!r}: {[n for n, _ in entries]}")
    raise LookupError(f"no {what} fits {wanted!r}; there are {[n for n, _ in entries]}")


def inputs_of(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """Label and block of each input."""
    for block in blocks:
        if block.get("type") == "input":
            yield show_object(block.get("label")), block


def buttons_of(blocks: list[Json]) -> Iterator[tuple[str, tuple[Json, Json, Json | None]]]:
    """Text, then block, element and (in an overflow menu) option, of whatever can be pressed."""
    for block in blocks:
        for element in elements_of(block):
            if element.get("type") == "button":
                yield show_object(element.get("text")), (block, element, None)
            elif element.get("type") in ("overflow", "checkboxes", "radio_buttons"):
                for option in element["options"]:
                    yield show_object(option["text"]), (block, element, option)


def menus_of(blocks: list[Json]) -> Iterator[tuple[str, tuple[Json, Json]]]:
    """Placeholder (else label, section text or action_id), then block and element, of each menu or picker."""
    for block in blocks:
        for element in elements_of(block):
            kind = str(element.get("type"))
            if kind.endswith(("_select", "picker")):
                label = element.get("placeholder") or block.get("label") or block.get("text")
                yield show_object(label) or element["action_id"], (block, element)


def channels_for(workspace: SlackWorkspace, user: User, element: Json) -> list[Channel]:
    """The channels that a conversations_select or channels_select offers to a person."""
    rule = element.get("filter") or {}
    wanted = [_KINDS[k] for k in rule.get("include", ["public", "private"]) if k in _KINDS]
    if element["type"].endswith("channels_select"):
        wanted = [(False, False)]
    offered = [
        c for c in workspace.channels_of(user) if not c.is_archived and (c.is_private, c.is_im) in wanted
    ]
    if rule.get("exclude_external_shared_channels"):
        offered = [c for c in offered if not c.is_ext_shared]
    return offered


def chosen(workspace: SlackWorkspace, user: User, element: Json, wanted: Any) -> Json:
    """The action value of choosing something visible in a menu, in Slack's shape."""
    kind = element["type"]
    if kind in ("static_select", "radio_buttons"):
        return {"selected_option": _option(choices_of(element), wanted)}
    if kind in ("checkboxes", "multi_static_select"):
        texts = [wanted] if isinstance(wanted, str) else list(wanted)
        return {"selected_options": [_option(choices_of(element), text) for text in texts]}
    if kind in ("users_select", "multi_users_select"):
        return _people(workspace, user, kind, wanted)
    if kind.endswith(("conversations_select", "channels_select")):
        return _conversations(workspace, user, element, wanted)
    pickers = {
        "datepicker": "selected_date",
        "timepicker": "selected_time",
        "datetimepicker": "selected_date_time",
    }
    return {pickers.get(kind, "value"): wanted if wanted is None or kind == "datetimepicker" else str(wanted)}


def _option(options: list[Json], wanted: Any) -> Json | None:
    if wanted is None:
        return None
    return pick(((show_object(option["text"]), option) for option in options), str(wanted), "option")


def _people(workspace: SlackWorkspace, user: User, kind: str, wanted: Any) -> Json:
    known = [u for u in workspace.users.values() if u.team_id == user.team_id or u.role == "stranger"]
    names = [wanted] if isinstance(wanted, str) else list(wanted or [])
    ids = [_person(known, name) for name in names]
    return (
        {"selected_users": ids} if kind.startswith("multi_") else {"selected_user": ids[0] if ids else None}
    )


def _person(known: list[User], name: str) -> str:
    exact = next((u.id for u in known if name in (u.id, u.name)), None)
    return exact or pick(((u.real_name, u.id) for u in known), name, "person")


def _conversations(workspace: SlackWorkspace, user: User, element: Json, wanted: Any) -> Json:
    offered = channels_for(workspace, user, element)
    names = [wanted] if isinstance(wanted, str) else list(wanted or [])
    ids = [_channel(offered, name) for name in names]
    field = "conversation" if "conversations" in element["type"] else "channel"
    if element["type"].startswith("multi_"):
        return {f"selected_{field}s": ids}
    return {f"selected_{field}": ids[0] if ids else None}


def _channel(offered: list[Channel], name: str) -> str:
    exact = next((c.id for c in offered if name.removeprefix("#") in (c.id, c.name)), None)
    return exact or pick(((c.name, c.id) for c in offered), name.removeprefix("#"), "channel")
