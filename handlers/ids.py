"""Every id that Slack hands back to us. `tests/handlers/test_ids.py` fails if one is used twice."""

from enum import StrEnum


class Command(StrEnum):
    """Slash commands."""

    SETUP = "/cw-setup"
    STATUS = "/cw-status"


class Callback(StrEnum):
    """Modals (`callback_id`)."""

    SITE = "site"
    CREDENTIALS = "credentials"
    NOTICE = "notice"
    INSTANCE = "instance"
    EDIT = "edit"
    FILTER = "filter"
    ROTATE = "rotate"
    REVEAL = "reveal"
    REMOVE = "remove"
    SHARE = "share"
    VARIABLES = "variables"


class Block(StrEnum):
    """Inputs of modals (`block_id`): the keys of field errors."""

    NAME = "name"
    REGION = "region"
    HOST = "host"
    COMPANY = "company"
    CHANNEL = "channel"
    PROFILE = "profile"
    HAS_KEYS = "has_keys"
    MEMBER = "member"
    PUBLIC_KEY = "public_key"
    PRIVATE_KEY = "private_key"
    CONDITIONS = "conditions"
    CHILD_CONDITIONS = "child_conditions"
    CUSTOM_CONDITIONS = "custom_conditions"
    CLIENT_ID = "client_id"
    DESCRIPTION = "description"
    CONFIRMATION = "confirmation"
    SUCCESSOR = "successor"
    PICKER = "picker"
    VARIABLE = "variable"  # with ":" and the variable's name behind it


class Action(StrEnum):
    """Buttons and inputs (`action_id`)."""

    VALUE = "value"  # the element of every input block
    START_SETUP = "start_setup"
    ENTER_KEYS = "enter_keys"
    CHECK_NOW = "check_now"
    TAKE_STEP = "take_step"
    COMPLETE_STEP = "complete_step"
    UNDO_STEP = "undo_step"
    HAND_OVER = "hand_over"
    STATUS_CHECK = "status_check"
    STATUS_PICK = "status_pick"
    STATUS_NEAR = "status_near"  # with ":" and a number behind it
    INSTANCE_MENU = "instance_menu"
    MANAGE = "manage"
    FIX_DETAILS = "fix_details"
    FIX_FILTER = "fix_filter"
    ROTATE_KEYS = "rotate_keys"
    SHARE = "share_status"
    FILTER_PREVIEW = "filter_preview"
    FILTER_PRESET = "filter_preset"
    FILTER_MOVE = "filter_move"
    FILTER_SUGGEST = "filter_suggest"
    OPEN_THREAD = "open_thread"
    USE_PRESET = "use_preset"
    ROLE_SHEET = "role_sheet"
    REPORT_DETAILS = "report_details"
    CHOOSE_VARIABLES = "choose_variables"
    SHOW_VARIABLES = "show_variables"
    VARIABLES_FORMAT = "variables_format"
    VARIABLE = "variable"  # the selects that ask what there is to choose
    VARIABLE_BOARD = "variable_board"
    VARIABLE_TYPE = "variable_type"


class Menu(StrEnum):
    """Entries of an instance's menu: what stands before ":" and the instance's id in an option's value."""

    EDIT = "edit"
    FILTER = "filter"
    DEFAULT = "default"
    REVEAL = "reveal"
    REMOVE = "remove"
