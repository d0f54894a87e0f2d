"""Who may do what, as a table: everything that can be sent to the bot, and the right that it takes.

Written down by hand, next to nothing of the product's own lists: where the two differ, one of them is wrong.
`test_matrix.py` fails for an id or a listener that is not in here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.slack.model import Json
from handlers.ids import Action, Callback, Command, Menu
from tests.security.stage import Sender, Stage

Build = Callable[[Stage, Sender], Json]

# What takes somebody who may set up; what every member may do; what nobody listens to.
PRIVILEGED: Final = frozenset({"setup", "manage", "reveal", "audit"})
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that can be sent.

    Attributes:
        surface: command, click, submission, options or home.
        id: Slack's id of it, as `handlers.ids` has it.
        right: what it takes.
        build: makes the genuine request.
        shows: what somebody sees where it is done, one of these; nothing where it only changes something.
        shows_member: the same for a member who may not set up, where that is something else.
        changes: whether what is kept is different afterwards.
        entry: the entry of a menu, for one element with several rights.
        what: what the trail calls it, where that is not the id.
        names_record: whether it names an instance or a setup, so that a forged name can be put there.
    """

    surface: str
    id: str
    right: str
    build: Build
    shows: tuple[str, ...] = ()
    shows_member: tuple[str, ...] = ()
    changes: bool = False
    entry: str = ""
    what: str = ""
    names_record: bool = True

    @property
    def name(self) -> str:
        """For people."""
        return " ".join(it for it in (self.surface, self.id, self.entry) if it)

    @property
    def is_recorded(self) -> bool:
        """Whether the trail has it when it is done: what changes something or takes rights, and checks."""
        if self.surface in ("options", "home"):
            return False
        return self.right in (*PRIVILEGED, "guide") or self.id == Action.STATUS_CHECK


def _command(line: str) -> Build:
    return lambda stage, sender: stage.command(sender, line)


def _button(action_id: str, *, draft: bool = False, suffix: str = "", view: str = "") -> Build:
    def build(stage: Stage, sender: Sender) -> Json:
        value = (stage.draft if draft else stage.production) + suffix
        return stage.click(sender, {"action_id": action_id, "value": value}, view=view)

    return build


def _in_view(action_id: str, view: str, **action: Any) -> Build:
    return lambda stage, sender: stage.click(sender, {"action_id": action_id, **action}, view=view)


def _select(action_id: str) -> Build:
    def build(stage: Stage, sender: Sender) -> Json:
        option = {"type": "static_select", "selected_option": {"value": stage.production}}
        return stage.click(sender, {"action_id": action_id, **option})

    return build


def _menu(entry: str, *, draft: bool = False) -> Build:
    def build(stage: Stage, sender: Sender) -> Json:
        value = f"{entry}:{stage.draft if draft else stage.production}"
        menu = {"type": "overflow", "selected_option": {"value": value}}
        return stage.click(sender, {"action_id": Action.INSTANCE_MENU, **menu})

    return build


def _step(action_id: str, name: str) -> Build:
    def build(stage: Stage, sender: Sender) -> Json:
        action = {"action_id": action_id, "value": f"{stage.draft}:{name}"}
        return stage.click(sender, action, message=name)

    return build


def _hand_over(stage: Stage, sender: Sender) -> Json:
    action: Mapping[str, Any] = {
        "type": "users_select",
        "action_id": Action.HAND_OVER,
        "block_id": f"step/{stage.draft}:role",
        "selected_user": stage.sender("cleo").user.id,
    }
    return stage.click(sender, action, message="role")


def _submission(view: str) -> Build:
    return lambda stage, sender: stage.submission(sender, view)


def _search(action_id: str) -> Build:
    return lambda stage, sender: stage.search(sender, "variables", action_id)


_SLOW = "Checking…"

COMMANDS: Final = (
    Row(
        "command",
        Command.SETUP,
        "setup",
        _command("/cw-setup"),
        shows=("Go on, or start another",),
        names_record=False,
    ),
    Row(
        "command",
        Command.STATUS,
        "status",
        _command("/cw-status"),
        shows=("brightwater",),
        names_record=False,
    ),
    Row(
        "command",
        Command.STATUS,
        "audit",
        _command("/cw-status  Audit"),
        shows=("Who did what",),
        entry="audit",
        what=Command.STATUS,
        names_record=False,
    ),
    Row(
        "command",
        Command.STATUS,
        "manage",
        _command("/cw-status digest"),
        shows=("once a day",),
        changes=True,
        names_record=False,
    ),
)

CLICKS: Final = (
    Row(
        "click",
        Action.START_SETUP,
        "setup",
        _in_view(Action.START_SETUP, "resume"),
        shows=("Connect ConnectWise",),
        names_record=False,
    ),
    Row(
        "click",
        Action.ENTER_KEYS,
        "setup",
        _button(Action.ENTER_KEYS, draft=True),
        shows=("Enter API keys",),
    ),
    Row(
        "click",
        Action.USE_PRESET,
        "setup",
        _in_view(Action.USE_PRESET, "credentials"),
        shows=("Enter API keys",),
    ),
    Row("click", Action.CHECK_NOW, "guide", _button(Action.CHECK_NOW)),
    Row("click", Action.TAKE_STEP, "guide", _step(Action.TAKE_STEP, "role"), changes=True),
    Row("click", Action.COMPLETE_STEP, "guide", _step(Action.COMPLETE_STEP, "role"), changes=True),
    Row("click", Action.UNDO_STEP, "guide", _step(Action.UNDO_STEP, "member"), changes=True),
    Row("click", Action.HAND_OVER, "guide", _hand_over, changes=True),
    Row(
        "click",
        Action.ROLE_SHEET,
        "guide",
        _button(Action.ROLE_SHEET, draft=True),
        shows=("Role sheet",),
    ),
    Row(
        "click",
        Action.STATUS_CHECK,
        "status",
        _button(Action.STATUS_CHECK),
        shows=("Asking ConnectWise now",),
    ),
    Row(
        "click", Action.STATUS_PICK, "status", _select(Action.STATUS_PICK), shows=("Asking ConnectWise now",)
    ),
    Row(
        "click",
        f"{Action.STATUS_NEAR}:0",
        "status",
        _button(f"{Action.STATUS_NEAR}:0"),
        shows=("Asking ConnectWise now",),
    ),
    Row("click", Action.OPEN_THREAD, "status", _button(Action.OPEN_THREAD), names_record=False),
    Row("click", Action.MANAGE, "status", _button(Action.MANAGE), shows=("ConnectWise instance",)),
    Row("click", Action.SHARE, "status", _button(Action.SHARE), shows=("Share to channel",)),
    Row(
        "click",
        Action.REPORT_DETAILS,
        "status",
        _button(Action.REPORT_DETAILS),
        shows=("The verdict",),
    ),
    Row(
        "click",
        Action.CHOOSE_VARIABLES,
        "status",
        _button(Action.CHOOSE_VARIABLES),
        shows=("Check & save",),
        shows_member=("Choose again",),
    ),
    Row("click", Action.SHOW_VARIABLES, "status", _button(Action.SHOW_VARIABLES), shows=("Choose again",)),
    Row(
        "click",
        Action.VARIABLES_FORMAT,
        "status",
        _button(Action.VARIABLES_FORMAT, suffix=":csv", view="table"),
        shows=("Show as a table",),
    ),
    Row(
        "click",
        Action.VARIABLE_BOARD,
        "manage",
        _in_view(Action.VARIABLE_BOARD, "variables"),
        shows=("Check & save",),
    ),
    Row(
        "click",
        Action.VARIABLE_TYPE,
        "manage",
        _in_view(Action.VARIABLE_TYPE, "variables"),
        shows=("Check & save",),
    ),
    Row("click", Action.ROTATE_KEYS, "manage", _button(Action.ROTATE_KEYS), shows=("Rotate keys",)),
    Row("click", Action.FIX_DETAILS, "manage", _button(Action.FIX_DETAILS), shows=("Edit instance",)),
    Row("click", Action.FIX_FILTER, "manage", _button(Action.FIX_FILTER), shows=("Edit filter",)),
    *(
        Row("click", it, "manage", _in_view(it, "filter"), shows=("Edit filter",))
        for it in (
            Action.FILTER_PREVIEW,
            Action.FILTER_PRESET,
            Action.FILTER_MOVE,
            Action.FILTER_SUGGEST,
        )
    ),
    Row("click", Action.INSTANCE_MENU, "manage", _menu(Menu.EDIT), shows=("Edit instance",), entry=Menu.EDIT),
    Row(
        "click", Action.INSTANCE_MENU, "manage", _menu(Menu.FILTER), shows=("Edit filter",), entry=Menu.FILTER
    ),
    Row(
        "click",
        Action.INSTANCE_MENU,
        "manage",
        _menu(Menu.DEFAULT, draft=True),
        shows=("is the default now",),
        changes=True,
        entry=Menu.DEFAULT,
    ),
    Row(
        "click", Action.INSTANCE_MENU, "reveal", _menu(Menu.REVEAL), shows=("Reveal keys",), entry=Menu.REVEAL
    ),
    Row(
        "click",
        Action.INSTANCE_MENU,
        "manage",
        _menu(Menu.REMOVE),
        shows=("Remove instance",),
        entry=Menu.REMOVE,
    ),
)

SUBMISSIONS: Final = (
    Row(
        "submission",
        Callback.SITE,
        "setup",
        _submission("site"),
        shows=("Enter API keys", _SLOW),
        changes=True,
        names_record=False,
    ),
    Row(
        "submission",
        Callback.CREDENTIALS,
        "setup",
        _submission("credentials"),
        shows=("Connected", _SLOW),
        changes=True,
    ),
    Row("submission", Callback.EDIT, "manage", _submission("edit"), shows=("Saved", _SLOW), changes=True),
    Row("submission", Callback.FILTER, "manage", _submission("filter"), shows=("Saved", _SLOW), changes=True),
    Row(
        "submission",
        Callback.ROTATE,
        "manage",
        _submission("rotate"),
        shows=("Keys rotated", _SLOW),
        changes=True,
    ),
    Row("submission", Callback.REVEAL, "reveal", _submission("reveal"), shows=("Close and forget",)),
    Row("submission", Callback.REMOVE, "manage", _submission("remove"), shows=("Removed",), changes=True),
    Row("submission", Callback.SHARE, "status", _submission("share"), shows=("is shared in",)),
    Row(
        "submission",
        Callback.VARIABLES,
        "manage",
        _submission("variables"),
        shows=("Saved.", _SLOW),
        changes=True,
    ),
    Row("submission", Callback.NOTICE, NOBODY, _submission("table")),
    Row("submission", Callback.INSTANCE, NOBODY, _submission("instance")),
)

OPTIONS: Final = (
    Row(
        "options",
        Action.VARIABLE,
        "manage",
        _search(Action.VARIABLE),
        what=f"{Action.VARIABLE}.search",
        shows=("value",),
    ),
    Row(
        "options",
        Action.VARIABLE_BOARD,
        "manage",
        _search(Action.VARIABLE_BOARD),
        what=f"{Action.VARIABLE_BOARD}.search",
        shows=("Help Desk",),
    ),
    Row(
        "options",
        Action.VARIABLE_TYPE,
        "manage",
        _search(Action.VARIABLE_TYPE),
        what=f"{Action.VARIABLE_TYPE}.search",
        shows=("value",),
    ),
)

HOME: Final = (
    Row(
        "home",
        "app_home_opened",
        "status",
        lambda stage, sender: stage.look_at_home(sender),
        shows=("What is connected, and how it is",),
        names_record=False,
    ),
)

ROWS: Final = (*COMMANDS, *CLICKS, *SUBMISSIONS, *OPTIONS, *HOME)
