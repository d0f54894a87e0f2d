import asyncio

import pytest
from aiohttp import ClientSession
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.slack import Message, Person, SlackServer
from tests.sandbox_slack.app import Data, FakeApp, actions, button, modal, option, plain, section
from tests.sandbox_slack.conftest import OpenModal

ROOM = "C0PSASETUP"


async def posted(app: FakeApp, *blocks: Data, channel: str = ROOM) -> str:
    return str((await app.client.chat_postMessage(channel=channel, text="x", blocks=list(blocks)))["ts"])


async def respond(url: str, **body: object) -> tuple[int, str]:
    async with ClientSession() as session, session.post(url, json=body) as response:
        return response.status, await response.text()


async def test_a_click_tells_the_app_who_where_and_what(app: FakeApp, ada: Person) -> None:
    ts = await posted(app, section("Ready?"), actions(button("Enter API keys", "keys", value="i1")))
    assert (await ada.click("Enter API keys")).ok
    payload = app.last("block_actions")
    assert payload["user"] == {
        "id": ada.id,
        "username": "ada",
        "name": "ada",
        "team_id": "T0NORTHWND",
    }
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": ROOM,
        "is_ephemeral": False,
    }
    assert payload["message"]["ts"] == ts
    action = payload["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("keys", "row", "i1")


async def test_a_button_is_found_by_its_text_in_the_newest_message(app: FakeApp, ada: Person) -> None:
    await posted(app, actions(button("Go", value="old")))
    newer = await posted(app, actions(button("Go", value="new")))
    await ada.click("Go")
    assert app.last("block_actions")["message"]["ts"] == newer
    with pytest.raises(LookupError, match="sees no button 'Stop'"):
        await ada.click("Stop")


async def test_menus_in_messages_are_remembered_in_the_state(app: FakeApp, ada: Person) -> None:
    menu = {
        "type": "static_select",
        "action_id": "site",
        "placeholder": plain("Pick a site"),
        "options": [option("Europe", "eu")],
    }
    await posted(app, actions(menu, button("Go")))
    await ada.select("Pick a site", "Europe")
    assert app.last("block_actions")["actions"][0]["selected_option"]["value"] == "eu"
    await ada.click("Go")
    state = app.last("block_actions")["state"]["values"]
    assert state["row"]["site"]["selected_option"]["value"] == "eu"


async def test_overflow_options_are_pressed_by_their_text(app: FakeApp, ada: Person) -> None:
    overflow = {"type": "overflow", "action_id": "more", "options": [option("Edit"), option("Remove")]}
    await posted(app, section("Main", accessory=overflow))
    await ada.click("Remove")
    assert app.last("block_actions")["actions"][0]["selected_option"]["value"] == "remove"


async def test_a_late_acknowledgement_of_a_click_is_shown(app: FakeApp, ada: Person) -> None:
    await posted(app, actions(button("Go")))
    release = asyncio.Event()

    async def sleepy(_payload: Data) -> None:
        await release.wait()

    app.on["block_actions"] = sleepy
    result = await ada.click("Go")
    release.set()
    assert result.error == 'This did not work: "operation_timeout"'


async def test_a_double_click_is_two_deliveries_with_triggers_of_their_own(app: FakeApp, ada: Person) -> None:
    await posted(app, actions(button("Go")))
    await ada.click_twice("Go")
    triggers = {request.data["trigger_id"] for request in app.received}
    assert len(triggers) == 2


async def test_people_of_another_company_can_click(app: FakeApp, eve: Person) -> None:
    await posted(app, actions(button("Go")), channel="C0CONTOSO1")
    assert (await eve.click("Go")).ok
    assert app.last("block_actions")["user"]["team_id"] == "T0CONTOSO1"


async def test_options_come_from_the_app_as_one_types(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    element = {"type": "external_select", "action_id": "board", "min_query_length": 2}
    block = {"type": "input", "block_id": "b", "label": plain("Board"), "element": element}
    await open_modal(modal(block))

    async def boards(payload: Data) -> Data:
        groups = [{"label": plain("Boards"), "options": [option(f"{payload['value']} desk", "1")]}]
        return {"option_groups": groups}

    app.on["block_suggestion"] = boards
    assert await ada.suggest("Board", "h") == []
    assert await ada.suggest("Board", "he") == ["he desk"]
    asked = app.last("block_suggestion")
    assert (asked["block_id"], asked["action_id"], asked["value"]) == ("b", "board", "he")


@pytest.mark.parametrize("answer", [{"options": [option("x" * 76)]}, {"options": "x"}, "x"])
async def test_options_that_slack_does_not_take_are_not_loaded(
    app: FakeApp, open_modal: OpenModal, ada: Person, answer: object
) -> None:
    element = {"type": "external_select", "action_id": "board", "min_query_length": 0}
    await open_modal(modal({"type": "input", "block_id": "b", "label": plain("Board"), "element": element}))

    async def boards(_payload: Data) -> object:
        return answer

    app.on["block_suggestion"] = boards
    with pytest.raises(LookupError, match="Unable to load the results"):
        await ada.suggest("Board", "he")
    assert app.slack.workspace.problems


async def command_url(app: FakeApp, ada: Person) -> str:
    await ada.command("/cw-status", "helpdesk")
    return str(app.last("command")["response_url"])


async def clicked_url(app: FakeApp, ada: Person) -> str:
    await ada.click("Go")
    return str(app.last("block_actions")["response_url"])


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]


async def test_a_response_url_works_where_the_bot_is_no_member(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    url = await command_url(app, ada)
    answer = await AsyncWebhookClient(url).send(text="for you", response_type="ephemeral")
    assert (answer.status_code, answer.body) == (200, "ok")
    await respond(url, text="for all", response_type="in_channel")
    assert texts(ada.messages("helpdesk")) == ["for you", "for all"]
    assert texts(slack.person("ben").messages("helpdesk")) == ["for all"]


async def test_a_commands_response_url_has_nothing_to_replace(app: FakeApp, ada: Person) -> None:
    url = await command_url(app, ada)
    await respond(url, text="looking…")
    await respond(url, text="found", replace_original=True)
    assert texts(ada.messages("helpdesk")) == ["looking…", "found"]


async def test_a_response_url_is_used_up_after_five_times(app: FakeApp, ada: Person) -> None:
    url = await command_url(app, ada)
    answers = [await respond(url, text=str(i)) for i in range(6)]
    assert [status for status, _ in answers] == [200] * 5 + [404]
    assert '"used_url"' in answers[-1][1]


async def test_a_response_url_expires_after_half_an_hour(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    url = await command_url(app, ada)
    slack.workspace.clock.advance(1801)
    status, body = await respond(url, text="late")
    assert (status, '"expired_url"' in body) == (404, True)
    assert not ada.messages("helpdesk")


async def test_a_click_on_a_message_can_replace_or_delete_it(app: FakeApp, ada: Person) -> None:
    await posted(app, actions(button("Go")))
    url = await clicked_url(app, ada)
    await respond(url, text="replaced", replace_original=True)
    assert texts(ada.messages(ROOM)) == ["replaced"]
    await respond(url, text="beside it")
    assert texts(ada.messages(ROOM)) == ["replaced", "beside it"]
    await respond(url, delete_original=True)
    assert texts(ada.messages(ROOM)) == ["beside it"]


async def test_an_ephemeral_message_is_replaced_but_never_made_public(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    blocks = [actions(button("Go"))]
    await app.client.chat_postEphemeral(channel=ROOM, user=ada.id, text="x", blocks=blocks)
    url = await clicked_url(app, ada)
    container = app.last("block_actions")["container"]
    assert container["is_ephemeral"] is True
    assert "message" not in app.last("block_actions")
    await respond(url, text="new", replace_original=True, response_type="in_channel")
    assert texts(ada.ephemerals(ROOM)) == ["new"]
    assert not slack.person("ben").messages(ROOM)


async def test_a_response_in_a_thread_stays_in_the_thread(app: FakeApp, ada: Person) -> None:
    parent = await posted(app, section("parent"))
    await app.client.chat_postMessage(
        channel=ROOM, text="x", blocks=[actions(button("Go"))], thread_ts=parent
    )
    await respond(await clicked_url(app, ada), text="psst")
    assert texts(ada.thread(ROOM, parent))[-1] == "psst"


async def test_a_response_with_bad_blocks_is_refused(app: FakeApp, ada: Person) -> None:
    url = await command_url(app, ada)
    status, body = await respond(url, text="x", blocks=[{"type": "sparkle"}])
    assert (status, '"invalid_blocks"' in body) == (400, True)
    assert (await respond(url))[0] == 400
    assert app.slack.calls.of("response_url")[-1].error == "no_text"
