"""What a verified payload says: who, where, which button, what was typed. The only readers of Slack's shapes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.people import Actor
from handlers.ids import Action, Block, Menu

Body = Mapping[str, Any]

_ID = re.compile(r"[A-Z0-9]{1,32}", re.ASCII)
_SECRET_BLOCKS = (Block.PUBLIC_KEY, Block.PRIVATE_KEY, Block.CLIENT_ID)


def read_actor(body: Body) -> Actor:
    """Who sent it. Commands name the user flat, interactions and views nested.

    Somebody of another company who meets one of our modals in a shared channel sends their own team; the view says whose
    installation it is (`app_installed_team_id`), so that they are known for what they are.
    """
    user = body.get("user")
    if isinstance(user, Mapping):
        team = body.get("team")
        team_id = read_id(team.get("id")) if isinstance(team, Mapping) else ""
        home = read_id(user.get("team_id"))
        view = body.get("view")
        installed = read_id(view.get("app_installed_team_id")) if isinstance(view, Mapping) else ""
        if installed.startswith("T"):
            team_id, home = installed, home or team_id
        return Actor(user_id=read_id(user.get("id")), team_id=team_id or home, home_team_id=home)
    return Actor(user_id=read_id(body.get("user_id")), team_id=read_id(body.get("team_id")))


def read_id(value: object) -> str:
    """An id of Slack's, or nothing: ids go into keys, calls and the log, and nothing else may get there as one."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def read_organization(body: Body) -> str:
    """The Enterprise Grid organization, where it has installed the app for all of its workspaces; else empty."""
    authorizations = body.get("authorizations")
    first = authorizations[0] if isinstance(authorizations, list) and authorizations else None
    said = first if isinstance(first, Mapping) else body
    if str(said.get("is_enterprise_install", "")).lower() != "true":
        return ""
    enterprise = body.get("enterprise")
    if isinstance(enterprise, Mapping):
        return read_id(enterprise.get("id"))
    return read_id(said.get("enterprise_id") or body.get("enterprise_id"))


def read_channel(body: Body) -> str:
    """The channel a command or a click came from; empty in a modal or App Home."""
    channel = body.get("channel")
    return read_id(channel.get("id") if isinstance(channel, Mapping) else body.get("channel_id"))


def read_thread(body: Body) -> str:
    """The thread a click came from: the parent's ts."""
    message = body.get("message")
    if not isinstance(message, Mapping):
        return ""
    return str(message.get("thread_ts") or message.get("ts") or "")


@dataclass(frozen=True, slots=True)
class ClickedMessage:
    """The message that a click came from; empty in a modal or App Home. `thread_ts` is empty outside threads."""

    ts: str = ""
    thread_ts: str = ""


def read_message(body: Body) -> ClickedMessage:
    """Which message was clicked in."""
    message = body.get("message")
    if not isinstance(message, Mapping):
        return ClickedMessage()
    ts, thread_ts = str(message.get("ts") or ""), str(message.get("thread_ts") or "")
    return ClickedMessage(ts=ts, thread_ts="" if thread_ts == ts else thread_ts)


def read_modal(body: Body) -> str | None:
    """The modal that a click came from; None outside modals."""
    view = body.get("view")
    return str(view["id"]) if isinstance(view, Mapping) and view.get("type") == "modal" else None


def read_block(body: Body) -> str:
    """The id of the block whose element was used."""
    actions = body.get("actions") or [{}]
    return str(actions[0].get("block_id", ""))


def read_chosen_user(body: Body) -> str:
    """Who was chosen in a people select."""
    actions = body.get("actions") or [{}]
    return str(actions[0].get("selected_user") or "")


def read_button(body: Body) -> str:
    """The value of the button that was clicked, or of the entry that was chosen in a menu."""
    action = (body.get("actions") or [{}])[0]
    option = action.get("selected_option")
    return str((option if isinstance(option, Mapping) else action).get("value", ""))


def read_search(body: Body) -> tuple[str, str]:
    """The block of a select that asks for its options, and what was typed into it."""
    return str(body.get("block_id", "")), str(body.get("value", ""))


def read_what(body: Body) -> str:
    """The command, button, menu or modal that it came by, as we have named it; an entry of a menu behind a dot."""
    actions = body.get("actions")
    if isinstance(actions, list) and actions and isinstance(actions[0], Mapping):
        # What stands behind a colon only tells buttons of a row apart.
        action_id = str(actions[0].get("action_id", "")).partition(":")[0]
        entry = read_button(body).partition(":")[0] if action_id == Action.INSTANCE_MENU else ""
        return f"{action_id}.{entry}" if entry in set(Menu) else action_id
    if body.get("type") == "block_suggestion":
        return f"{body.get('action_id', '')}.search"
    view = body.get("view")
    if isinstance(view, Mapping):
        return str(view.get("callback_id", ""))
    return str(body.get("command", ""))


def read_subject(body: Body) -> str:
    """The id of the record that it is about, as the payload claims: the button's value, or what the modal carries.

    A people select has no value; the row that it stands in is named after its step (`step/…`).
    """
    if isinstance(body.get("actions"), list):
        kind, _, row = read_block(body).partition("/")
        value = read_button(body) or (row if kind == "step" else "")
        if value:
            verb, _, rest = value.partition(":")
            return rest if verb in set(Menu) else value
    view = body.get("view")
    try:
        carried = json.loads(str(view.get("private_metadata") or "{}")) if isinstance(view, Mapping) else {}
    except ValueError:
        return ""
    if not isinstance(carried, Mapping):
        return ""
    return str(carried.get("instance_id") or carried.get("onboarding_id") or "")


def read_secrets(body: Body) -> tuple[str, ...]:
    """What stands in the fields for keys of whichever modal, be it handed in or only clicked in."""
    view = body.get("view")
    if not isinstance(view, Mapping):
        return ()
    typed = Typed(view)
    return tuple(text for block in _SECRET_BLOCKS if (text := typed.text(block).strip()))


class Typed:
    """What was typed into a modal, by the block's id without what follows a slash (`conditions/preset`)."""

    def __init__(self, view: Mapping[str, Any]) -> None:
        state = view.get("state")
        values = state.get("values") if isinstance(state, Mapping) else None
        self._blocks = {
            str(block_id).partition("/")[0]: (str(block_id), inputs)
            for block_id, inputs in (values.items() if isinstance(values, Mapping) else ())
            if isinstance(inputs, Mapping)
        }

    def __repr__(self) -> str:
        """Without what was typed."""
        return f"Typed({sorted(self._blocks)})"

    def block_id(self, block: str) -> str:
        """The id under which Slack knows the block: the key of a field error."""
        found = self._blocks.get(block)
        return found[0] if found else block

    def text(self, block: str) -> str:
        """What stands in a text field."""
        return str(self._input(block).get("value") or "")

    def choice(self, block: str) -> str:
        """The value of the option that is chosen."""
        option = self._input(block).get("selected_option")
        return str(option.get("value", "")) if isinstance(option, Mapping) else ""

    def options(self, block: str) -> tuple[tuple[str, str], ...]:
        """Value and text of what is chosen in a select, of one or of many."""
        state = self._input(block)
        chosen = [state.get("selected_option"), *(state.get("selected_options") or ())]
        return tuple(
            (str(it.get("value", "")), str((it.get("text") or {}).get("text", "")))
            for it in chosen
            if isinstance(it, Mapping)
        )

    def conversation(self, block: str) -> str:
        """The channel that is chosen."""
        return str(self._input(block).get("selected_conversation") or "")

    def _input(self, block: str) -> Mapping[str, Any]:
        _, inputs = self._blocks.get(block, ("", {}))
        for element in inputs.values():
            if isinstance(element, Mapping):
                return element
        return {}
