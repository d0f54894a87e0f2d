"""The limits of Slack, those among them that its SDK lets pass."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack import validate_message_blocks, validate_view
from bot.sandbox.slack.elements import FIELDS
from tests.sandbox_slack.app import Data, actions, button, modal, mrkdwn, option, plain, section, typed

X = "x"
BLOCK_KINDS = [
    "section",
    "actions",
    "context",
    "header",
    "input",
    "image",
    "markdown",
    "alert",
    "table",
    "rich_text",
    "divider",
]


def select(**fields: Any) -> Data:
    return {"type": "static_select", "action_id": "s", "options": [option("One")], **fields}


def asked(element: Data, **fields: Any) -> Data:
    return {"type": "input", "block_id": "i", "label": plain("Label"), "element": element, **fields}


def header(text: str) -> Data:
    return {"type": "header", "text": plain(text)}


def context(*elements: Data) -> Data:
    return {"type": "context", "elements": list(elements)}


def confirm(**fields: Any) -> Data:
    words = {"title": plain("T"), "text": mrkdwn("t"), "confirm": plain("Yes"), "deny": plain("No")}
    return button("Go", confirm={**words, **fields})


def table(rows: int, columns: int) -> Data:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": X}] * columns] * rows}


WHOLE: list[Data] = [
    section(X * 3000, fields=[mrkdwn(X * 2000)] * 10, accessory=button(X * 75)),
    header(X * 150),
    context(*[mrkdwn(X * 2000)] * 10),
    actions(*[button("Go", f"a{i}", value=X * 2000) for i in range(25)]),
    actions(select(options=[option(X * 75, X * 150)] * 100, placeholder=plain(X * 150)), block_id="b"),
    actions(confirm(title=plain(X * 100), text=mrkdwn(X * 300), confirm=plain(X * 30)), block_id="c"),
    {"type": "divider", "block_id": X * 255},
    table(100, 20),
    {"type": "markdown", "text": X * 12_000},
    {"type": "image", "image_url": "https://x.test/a.png", "alt_text": "a"},
]


def test_a_message_at_every_limit_passes() -> None:
    assert validate_message_blocks(WHOLE) == []


BAD_IN_MESSAGES: list[tuple[list[Any], str]] = [
    ([section(X)] * 51, "/blocks"),
    ([], "/blocks"),
    ([X], "/blocks/0"),
    ([{"type": "sparkle"}], "/blocks/0/type"),
    ([section("")], "/blocks/0/text/text"),
    ([section(X * 3001)], "/blocks/0/text/text"),
    ([{"type": "section"}], "/blocks/0"),
    ([{"type": "section", "text": X}], "/blocks/0/text"),
    ([{"type": "section", "text": {"type": "html", "text": X}}], "/blocks/0/text/type"),
    ([section(X, fields=[mrkdwn(X)] * 11)], "/blocks/0/fields"),
    ([section(X, fields=[mrkdwn(X * 2001)])], "/blocks/0/fields/0/text"),
    ([section(X, colour="red")], "/blocks/0/colour"),
    ([section(X, accessory=typed("a", "b")["element"])], "/blocks/0/accessory/type"),
    ([header(X * 151)], "/blocks/0/text/text"),
    ([{"type": "header", "text": mrkdwn(X)}], "/blocks/0/text/type"),
    ([context(*[mrkdwn(X)] * 11)], "/blocks/0/elements"),
    ([context(button("Go"))], "/blocks/0/elements/0/type"),
    ([actions(*[button("Go", f"a{i}") for i in range(26)])], "/blocks/0/elements"),
    ([actions()], "/blocks/0/elements"),
    ([actions(button(X * 76))], "/blocks/0/elements/0/text/text"),
    ([actions(button("Go", value=X * 2001))], "/blocks/0/elements/0/value"),
    ([actions(button("Go", style="green"))], "/blocks/0/elements/0/style"),
    ([actions(button("Go", X * 256))], "/blocks/0/elements/0/action_id"),
    ([actions({"type": "lever"})], "/blocks/0/elements/0/type"),
    ([actions({"type": "button", "text": mrkdwn(X)})], "/blocks/0/elements/0/text/type"),
    ([actions(select(options=[option(X * 76)]))], "/blocks/0/elements/0/options/0/text/text"),
    ([actions(select(options=[option(X, X * 151)]))], "/blocks/0/elements/0/options/0/value"),
    ([actions(select(options=[option(X)] * 101))], "/blocks/0/elements/0/options"),
    ([actions(select(options=[]))], "/blocks/0/elements/0/options"),
    ([actions(select(options=None))], "/blocks/0/elements/0"),
    ([actions(select(placeholder=plain(X * 151)))], "/blocks/0/elements/0/placeholder/text"),
    ([actions(select(initial_option=option("Two")))], "/blocks/0/elements/0/initial_option"),
    ([actions({"type": "overflow", "options": [option(X)] * 6})], "/blocks/0/elements/0/options"),
    ([actions({"type": "checkboxes", "options": [option(X)] * 11})], "/blocks/0/elements/0/options"),
    ([actions(confirm(title=plain(X * 101)))], "/blocks/0/elements/0/confirm/title/text"),
    ([actions(confirm(deny=plain(X * 31)))], "/blocks/0/elements/0/confirm/deny/text"),
    ([actions(confirm(text=None))], "/blocks/0/elements/0/confirm"),
    ([actions(button("A", "same"), button("B", "same"))], "/blocks/0/elements/0/action_id"),
    ([section(X, block_id="same"), section(X, block_id="same")], "/blocks/0/block_id"),
    ([section(X, block_id=X * 256)], "/blocks/0/block_id"),
    ([{"type": "alert", "text": mrkdwn(X)}], "/blocks/0/type"),
    ([{"type": "markdown", "text": X * 6001}] * 2, "/blocks"),
    ([table(101, 1)], "/blocks/0/rows"),
    ([table(1, 21)], "/blocks/0/rows/0/row"),
    ([table(1, 1), table(1, 1)], "/blocks"),
    ([{"type": "image", "alt_text": "a"}], "/blocks/0"),
    ([{"type": "image", "image_url": "https://x.test/a.png"}], "/blocks/0"),
    ([asked({"type": "password_input", "action_id": "p"})], "/blocks/0/element/type"),
]


@pytest.mark.parametrize(("blocks", "pointer"), BAD_IN_MESSAGES)
def test_what_slack_refuses_in_a_message_is_named_by_its_pointer(blocks: list[Any], pointer: str) -> None:
    assert pointer in [problem.pointer for problem in validate_message_blocks(blocks)]


def test_a_modal_at_every_limit_passes() -> None:
    blocks = [
        asked(typed(X, X)["element"] | {"max_length": 3000, "min_length": 0, "placeholder": plain(X * 150)}),
        {**typed("x" * 2000, "j"), "hint": plain(X * 2000)},
        {"type": "alert", "text": mrkdwn(X * 200), "level": "warning"},
        *[section(X) for _ in range(97)],
    ]
    ids = {"callback_id": X * 255, "external_id": X * 255, "private_metadata": X * 3000}
    words = {"submit": plain(X * 24), "close": plain(X * 24)}
    assert validate_view(modal(*blocks, title=X * 24, **ids, **words)) == []


def in_home(element: Data) -> Data:
    return {"type": "home", "blocks": [actions(element)]}


CHANNELS: Data = {"type": "conversations_select", "action_id": "c"}
DISPATCH: Data = {"trigger_actions_on": ["on_blur"]}

BAD_VIEWS: list[tuple[Any, str]] = [
    (X, "/view"),
    ({"type": "page", "blocks": []}, "/view/type"),
    (modal() | {"title": None}, "/view"),
    (modal(title=X * 25), "/view/title/text"),
    (modal() | {"title": mrkdwn(X)}, "/view/title/type"),
    (modal(submit=plain(X * 25)), "/view/submit/text"),
    (modal(close=plain(X * 25)), "/view/close/text"),
    (modal(typed(X, "i"), submit=None), "/view"),
    (modal(*[section(X)] * 101), "/view/blocks"),
    (modal(private_metadata=X * 3001), "/view/private_metadata"),
    (modal(callback_id=X * 256), "/view/callback_id"),
    (modal(external_id=X * 256), "/view/external_id"),
    (modal(colour=X), "/view/colour"),
    (modal(notify_on_close="yes"), "/view/notify_on_close"),
    (modal(typed(X, "same"), typed(X, "same")), "/view/blocks/1/block_id"),
    (modal(typed(X * 2001, "i")), "/view/blocks/0/label/text"),
    (modal({**typed(X, "i"), "hint": plain(X * 2001)}), "/view/blocks/0/hint/text"),
    (modal({**typed(X, "i"), "label": mrkdwn(X)}), "/view/blocks/0/label/type"),
    (modal(typed(X, "i", max_length=3001)), "/view/blocks/0/element/max_length"),
    (modal(typed(X, "i", max_length=0)), "/view/blocks/0/element/max_length"),
    (modal(typed(X, "i", min_length=5, max_length=4)), "/view/blocks/0/element/min_length"),
    (modal(typed(X, "i", masked=True)), "/view/blocks/0/element/masked"),
    (modal(asked(button("Go"))), "/view/blocks/0/element/type"),
    (modal(asked({"type": "number_input", "action_id": "n"})), "/view/blocks/0/element"),
    (modal(asked({"type": "conversations_select", "filter": {}})), "/view/blocks/0/element/filter"),
    (modal(asked(CHANNELS | {"filter": {"include": ["secret"]}})), "/view/blocks/0/element/filter/include/0"),
    (in_home(CHANNELS | {"response_url_enabled": True}), "/view/blocks/0/elements/0/response_url_enabled"),
    (
        in_home({"type": "multi_users_select", "max_selected_items": 0}),
        "/view/blocks/0/elements/0/max_selected_items",
    ),
    (
        in_home({"type": "external_select", "min_query_length": -1}),
        "/view/blocks/0/elements/0/min_query_length",
    ),
    (
        in_home(select(options=None, option_groups=[{"label": plain(X * 76), "options": [option(X)]}])),
        "/view/blocks/0/elements/0/option_groups/0/label/text",
    ),
    (
        modal(typed(X, "i", dispatch_action_config=DISPATCH)),
        "/view/blocks/0/element/dispatch_action_config/trigger_actions_on/0",
    ),
    (modal(typed(X, "i", min_length=True)), "/view/blocks/0/element/min_length"),
    (modal({"type": "alert", "text": mrkdwn(X * 201)}), "/view/blocks/0/text/text"),
    (modal({"type": "alert", "text": mrkdwn(X), "level": "loud"}), "/view/blocks/0/level"),
    (modal(table(1, 1)), "/view/blocks/0/type"),
    (modal({"type": "markdown", "text": X}), "/view/blocks/0/type"),
    ({"type": "home", "blocks": [{"type": "alert", "text": mrkdwn(X)}]}, "/view/blocks/0/type"),
    (modal(typed(X, "i", focus_on_load=True), typed(X, "j", focus_on_load=True)), "/view"),
]


@pytest.mark.parametrize(("view", "pointer"), BAD_VIEWS)
def test_what_slack_refuses_in_a_view_is_named_by_its_pointer(view: Any, pointer: str) -> None:
    assert pointer in [problem.pointer for problem in validate_view(view)]


NAMES = st.sampled_from(
    [
        "type",
        "text",
        "fields",
        "elements",
        "element",
        "label",
        "hint",
        "rows",
        "accessory",
        "block_id",
        "action_id",
        "options",
        "option_groups",
        "initial_option",
        "initial_options",
        "confirm",
        "filter",
        "include",
        "placeholder",
        "value",
        "url",
        "min_length",
        "max_length",
        "title",
        "submit",
        "dispatch_action_config",
        "trigger_actions_on",
        "slack_file",
        "level",
        "column_settings",
    ]
)
KINDS = st.sampled_from([*BLOCK_KINDS, *FIELDS, "plain_text", "mrkdwn"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=4)
        | st.builds(
            lambda kind, rest: {**rest, "type": kind}, KINDS, st.dictionaries(NAMES, inner, max_size=4)
        )
    ),
    max_leaves=12,
)


@given(blocks=st.lists(JSON, max_size=4) | JSON)
def test_whatever_comes_is_judged_without_breaking(blocks: Any) -> None:
    view = {"type": "modal", "blocks": blocks}
    for problem in validate_message_blocks(blocks) + validate_view(view):
        assert problem.message
        assert str(problem).endswith(f"[json-pointer:{problem.pointer}]")
