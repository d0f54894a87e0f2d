import asyncio

import pytest
from aiohttp import web

from bot.sandbox.slack import Person, SlackServer
from tests.sandbox_slack.app import Data, FakeApp, actions, button, modal, plain, section, typed
from tests.sandbox_slack.conftest import OpenModal

TROUBLE = "We had some trouble connecting. Try again?"


def answering(app: FakeApp, answer: object) -> None:
    async def answered(_payload: Data) -> object:
        return answer

    app.on["view_submission"] = answered


async def test_an_empty_acknowledgement_closes_the_modal(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    await open_modal()
    await ada.fill({"Instance name": "Main"})
    result = await ada.submit()
    assert (result.ok, result.response_action) == (True, "close")
    assert ada.modal is None
    payload = app.last("view_submission")
    assert payload["view"]["state"]["values"]["name"]["typed"]["value"] == "Main"
    assert payload["user"]["id"] == ada.id
    assert payload["response_urls"] == []
    assert payload["trigger_id"]


async def test_slacks_client_asks_for_required_fields_before_the_app_hears_of_it(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    await open_modal(modal(typed("Name", "n"), {**typed("Note", "o"), "optional": True}))
    result = await ada.submit()
    assert result.errors_by_label == {"Name": "Please complete this required field."}
    assert "view_submission" not in app.kinds()


@pytest.mark.parametrize(
    ("element", "value", "words"),
    [
        ({"min_length": 5}, "abc", "Must be at least 5 characters long."),
        ({"max_length": 3}, "abcd", "Must be 3 characters or fewer."),
        ({"type": "number_input", "is_decimal_allowed": False}, "x", "Must be a valid number."),
        ({"type": "email_text_input"}, "x", "Must be a valid email address."),
        ({"type": "url_text_input"}, "x", "Must be a valid URL."),
    ],
)
async def test_slacks_client_checks_what_is_typed(
    open_modal: OpenModal, ada: Person, element: Data, value: str, words: str
) -> None:
    await open_modal(modal(typed("Field", "f", **element)))
    await ada.fill({"Field": value})
    assert (await ada.submit()).errors_by_label == {"Field": words}


async def test_errors_stand_beside_the_fields_and_keep_what_was_typed(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    await open_modal(modal(typed("Name", "n"), typed("Company ID", "c")))
    await ada.fill({"Name": "Main", "Company": "acme"})
    answering(app, {"response_action": "errors", "errors": {"c": "No such company."}})
    result = await ada.submit()
    assert not result.ok
    assert result.errors == {"c": "No such company."}
    assert result.errors_by_label == {"Company ID": "No such company."}
    assert ada.modal is not None
    assert ada.modal.errors == {"Company ID": "No such company."}
    assert ada.modal.values == {"Name": "Main", "Company ID": "acme"}
    answering(app, None)
    assert (await ada.submit()).ok


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"text": "not an input block"}},
        {"response_action": "errors", "errors": {"typed": "an action_id, no block_id"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors", "errors": {"name": ""}},
        {"response_action": "update", "view": modal(title="x" * 25)},
        {"response_action": "push"},
        {"response_action": "dance"},
        {"ok": True},
        "thanks",
    ],
)
async def test_an_answer_that_slack_does_not_take_is_trouble_and_is_noted(
    app: FakeApp, open_modal: OpenModal, ada: Person, answer: object
) -> None:
    await open_modal(modal({**section("hi"), "block_id": "text"}, typed("Name", "name")))
    await ada.fill({"Name": "Main"})
    answering(app, answer)
    result = await ada.submit()
    assert result.error == TROUBLE
    assert ada.modal is not None
    assert ada.modal.error == TROUBLE
    assert app.slack.workspace.problems


async def test_an_update_in_the_acknowledgement_changes_the_modal(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    view = await open_modal()
    await ada.fill({"Instance name": "Main"})
    answering(app, {"response_action": "update", "view": modal(section("Checking…"), title="Checking")})
    result = await ada.submit()
    assert result.response_action == "update"
    assert ada.modal is not None
    assert (ada.modal.title, ada.modal.text, ada.modal.id) == ("Checking", "Checking…", view["id"])


async def test_a_push_in_the_acknowledgement_adds_a_modal(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    await open_modal(modal())
    answering(app, {"response_action": "push", "view": modal(title="Next")})
    await ada.submit()
    assert [shown.title for shown in ada.modals] == ["Connect", "Next"]
    answering(app, None)
    await ada.submit()
    assert [shown.title for shown in ada.modals] == ["Connect"]
    answering(app, {"response_action": "push", "view": modal(title="Next")})
    await ada.submit()
    answering(app, {"response_action": "clear"})
    await ada.submit()
    assert ada.modals == []


async def test_no_fourth_modal_comes_out_of_an_acknowledgement(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    await open_modal(modal())
    answering(app, {"response_action": "push", "view": modal()})
    results = [await ada.submit() for _ in range(3)]
    assert [result.error for result in results] == [None, None, TROUBLE]
    assert "push_limit_reached" in app.slack.workspace.problems[-1]


async def test_a_late_or_failed_acknowledgement_leaves_the_modal_with_slacks_words(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    await open_modal(modal())
    answering(app, web.Response(status=500))
    assert (await ada.submit()).error == TROUBLE
    release = asyncio.Event()

    async def sleepy(_payload: Data) -> None:
        await release.wait()

    app.on["view_submission"] = sleepy
    result = await ada.submit()
    release.set()
    assert result.error == TROUBLE
    assert ada.modal is not None
    assert [p.rsplit(": ", 1)[1] for p in app.slack.workspace.problems] == [
        "dispatch_failed",
        "operation_timeout",
    ]


async def test_a_double_click_reaches_the_app_twice(app: FakeApp, open_modal: OpenModal, ada: Person) -> None:
    await open_modal(modal())
    both = asyncio.Barrier(2)

    async def together(_payload: Data) -> None:
        await both.wait()

    app.on["view_submission"] = together
    results = await ada.submit_twice()
    assert [result.ok for result in results] == [True, True]
    assert app.kinds().count("view_submission") == 2


async def test_a_select_that_asks_for_it_yields_a_response_url_into_the_channel(
    app: FakeApp, open_modal: OpenModal, ada: Person, slack: SlackServer
) -> None:
    element = {"type": "conversations_select", "action_id": "x", "response_url_enabled": True}
    block = {"type": "input", "block_id": "c", "label": plain("Channel"), "element": element}
    await open_modal(modal(block))
    await ada.fill({"Channel": "helpdesk"})
    await ada.submit()
    given = app.last("view_submission")["response_urls"]
    assert [(entry["block_id"], entry["channel_id"]) for entry in given] == [("c", "C0HELPDESK")]


async def test_in_slack_connect_a_view_names_the_viewers_team_and_the_apps(
    app: FakeApp, eve: Person, slack: SlackServer
) -> None:
    async def opened(payload: Data) -> None:
        await app.client.views_open(trigger_id=payload["trigger_id"], view=modal())

    app.on["block_actions"] = opened
    await app.client.chat_postMessage(channel="C0CONTOSO1", text="x", blocks=[actions(button("Open"))])
    await eve.click("Open")
    await eve.submit()
    assert app.last("block_actions")["team"]["id"] == slack.workspace.team.id
    assert app.last("block_actions")["user"]["team_id"] == "T0CONTOSO1"
    submitted = app.last("view_submission")
    assert submitted["team"]["id"] == "T0CONTOSO1"
    assert submitted["view"]["app_installed_team_id"] == slack.workspace.team.id
