import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import Person, SlackServer
from tests.sandbox_slack.app import Data, FakeApp, actions, button, modal, option, plain, section, typed
from tests.sandbox_slack.conftest import OpenModal


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def trigger(app: FakeApp, ada: Person) -> str:
    app.on.pop("command", None)
    await ada.command("/cw-setup", "psa-setup")
    return str(app.last("command")["trigger_id"])


async def test_a_modal_opens_for_the_person_who_asked(
    open_modal: OpenModal, ada: Person, slack: SlackServer
) -> None:
    answer = await open_modal(modal(typed("Instance name", "name"), callback_id="setup"))
    assert ada.modal is not None
    assert (ada.modal.title, ada.modal.submit_label, ada.modal.labels) == (
        "Connect",
        "Next",
        ["Instance name"],
    )
    assert ada.modal.callback_id == answer["callback_id"] == "setup"
    assert answer["state"]["values"] == {"name": {"typed": {"type": "plain_text_input", "value": None}}}
    assert answer["root_view_id"] == answer["id"]
    assert slack.person("ben").modal is None


async def test_a_trigger_works_once(app: FakeApp, ada: Person) -> None:
    trigger_id = await trigger(app, ada)
    await app.client.views_open(trigger_id=trigger_id, view=modal())
    again = app.client.views_open(trigger_id=trigger_id, view=modal())
    assert await refused(again) == "exchanged_trigger_id"


async def test_a_trigger_dies_after_three_seconds(app: FakeApp, ada: Person, slack: SlackServer) -> None:
    trigger_id = await trigger(app, ada)
    slack.workspace.clock.advance(3.1)
    assert await refused(app.client.views_open(trigger_id=trigger_id, view=modal())) == "expired_trigger_id"
    assert ada.modal is None


async def test_a_made_up_trigger_is_invalid(app: FakeApp) -> None:
    assert await refused(app.client.views_open(trigger_id="1.2.3", view=modal())) == "invalid_trigger_id"


async def test_a_refused_view_does_not_use_the_trigger_up(app: FakeApp, ada: Person) -> None:
    trigger_id = await trigger(app, ada)
    bad = modal(title="x" * 25)
    with pytest.raises(SlackApiError) as caught:
        await app.client.views_open(trigger_id=trigger_id, view=bad)
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    assert (await app.client.views_open(trigger_id=trigger_id, view=modal()))["ok"]


async def test_a_view_of_more_than_250_kilobytes_is_too_large(app: FakeApp, ada: Person) -> None:
    trigger_id = await trigger(app, ada)
    huge = modal(*[section("x" * 3000) for _ in range(90)])
    assert await refused(app.client.views_open(trigger_id=trigger_id, view=huge)) == "view_too_large"


async def test_a_home_view_does_not_open_as_a_modal(app: FakeApp, ada: Person) -> None:
    trigger_id = await trigger(app, ada)
    view = {"type": "home", "blocks": []}
    assert await refused(app.client.views_open(trigger_id=trigger_id, view=view)) == "invalid_arguments"


async def test_an_external_id_is_unique_among_open_views(app: FakeApp, ada: Person) -> None:
    first = await trigger(app, ada)
    await app.client.views_open(trigger_id=first, view=modal(external_id="mine"))
    second = await trigger(app, ada)
    twice = app.client.views_push(trigger_id=second, view=modal(external_id="mine"))
    assert await refused(twice) == "duplicate_external_id"
    updated = await app.client.views_update(external_id="mine", view=modal(title="Other", external_id="mine"))
    assert updated["view"]["title"]["text"] == "Other"


async def test_an_update_needs_the_newest_hash(app: FakeApp, open_modal: OpenModal) -> None:
    view = await open_modal()
    first = await app.client.views_update(view_id=view["id"], hash=view["hash"], view=modal(title="Second"))
    stale = app.client.views_update(view_id=view["id"], hash=view["hash"], view=modal(title="Third"))
    assert await refused(stale) == "hash_conflict"
    assert first["view"]["hash"] != view["hash"]


async def test_a_closed_modal_is_not_found(app: FakeApp, open_modal: OpenModal, ada: Person) -> None:
    view = await open_modal()
    await ada.close_modal()
    assert await refused(app.client.views_update(view_id=view["id"], view=modal())) == "not_found"


async def test_an_update_keeps_what_was_typed_only_where_both_ids_are_unchanged(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    view = await open_modal(modal(typed("Name", "a"), typed("Site", "b"), typed("Company", "c")))
    await ada.fill({"Name": "Main", "Site": "na", "Company": "acme"})
    changed = modal(
        typed("Name", "a"), typed("Site", "b2"), typed("Company", "c", "other", initial_value="i")
    )
    await app.client.views_update(view_id=view["id"], view=changed)
    assert ada.modal is not None
    assert ada.modal.values == {"Name": "Main", "Site": None, "Company": "i"}


async def test_three_modals_lie_on_top_of_each_other_and_no_fourth(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    row = actions(button("More"))
    await open_modal(modal(row, title="1"))
    errors: list[str] = []

    async def push(payload: Data) -> None:
        view = modal(row, title=str(len(ada.modals) + 1))
        try:
            await app.client.views_push(trigger_id=payload["trigger_id"], view=view)
        except SlackApiError as error:
            errors.append(error.response["error"])

    app.on["block_actions"] = push
    for _ in range(3):
        await ada.click("More")
    assert [shown.title for shown in ada.modals] == ["1", "2", "3"]
    assert errors == ["push_limit_reached"]
    top = ada.modals[-1].view
    assert (top.previous_id, top.root_id) == (ada.modals[1].id, ada.modals[0].id)


async def test_pushing_needs_an_open_modal(app: FakeApp, ada: Person) -> None:
    trigger_id = await trigger(app, ada)
    assert await refused(app.client.views_push(trigger_id=trigger_id, view=modal())) == "not_found"


async def test_closing_is_told_only_where_the_view_asks_for_it(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    await open_modal(modal())
    await ada.close_modal()
    assert "view_closed" not in app.kinds()
    await open_modal(modal(notify_on_close=True, private_metadata="kept"))
    await ada.close_modal()
    closed = app.last("view_closed")
    assert closed["is_cleared"] is False
    assert closed["view"]["private_metadata"] == "kept"
    assert ada.modal is None


async def test_clearing_closes_the_stack_from_the_top(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    await open_modal(modal(actions(button("More")), notify_on_close=True))

    async def push(payload: Data) -> None:
        await app.client.views_push(trigger_id=payload["trigger_id"], view=modal(title="Top"))

    app.on["block_actions"] = push
    await ada.click("More")
    await ada.close_modal(clear=True)
    assert ada.modals == []
    assert app.last("view_closed")["is_cleared"] is True


async def test_the_channel_of_the_command_is_preset_where_the_select_asks_for_it(
    open_modal: OpenModal, ada: Person
) -> None:
    element = {
        "type": "conversations_select",
        "action_id": "channel",
        "default_to_current_conversation": True,
    }
    block = {"type": "input", "block_id": "c", "label": plain("Channel"), "element": element}
    view = await open_modal(modal(block))
    assert view["state"]["values"]["c"]["channel"]["selected_conversation"] == "C0PSASETUP"


async def test_the_home_tab_is_published_when_somebody_looks_at_it(app: FakeApp, ada: Person) -> None:
    async def publish(envelope: Data) -> None:
        view = {"type": "home", "blocks": [section("*Instances*"), actions(button("Add"))]}
        await app.client.views_publish(user_id=envelope["event"]["user"], view=view)

    app.on["app_home_opened"] = publish
    await ada.open_home()
    home = await ada.wait_for(lambda: ada.home)
    assert home is not None
    assert home.text == "Instances\n[Add]"
    assert app.last("app_home_opened")["event"]["tab"] == "home"
    await ada.click("Add", where="home")
    assert app.last("block_actions")["view"]["type"] == "home"


async def test_publishing_minds_the_hash_and_the_switch(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    view = {"type": "home", "blocks": []}
    first = await app.client.views_publish(user_id=ada.id, view=view)
    wrong = app.client.views_publish(user_id=ada.id, view=view, hash="1.2")
    assert await refused(wrong) == "hash_conflict"
    again = await app.client.views_publish(user_id=ada.id, view=view, hash=first["view"]["hash"])
    assert again["view"]["id"] == first["view"]["id"]
    slack.workspace.app.has_home = False
    assert await refused(app.client.views_publish(user_id=ada.id, view=view)) == "not_enabled"


async def test_a_form_is_filled_by_what_is_on_the_screen(
    app: FakeApp, open_modal: OpenModal, ada: Person
) -> None:
    def field(label: str, block_id: str, kind: str, **element: Any) -> Data:
        return {
            "type": "input",
            "block_id": block_id,
            "label": plain(label),
            "element": {"type": kind, "action_id": "x", **element},
        }

    sites = [option("North America", "na"), option("Europe", "eu")]
    await open_modal(
        modal(
            field("Instance name", "name", "plain_text_input"),
            field("Site", "site", "static_select", options=sites),
            field("Keys?", "keys", "radio_buttons", options=[option("Yes"), option("No")]),
            field("Options", "opts", "checkboxes", options=[option("Default"), option("Quiet")]),
            field("Channel", "chan", "conversations_select"),
            field("Helper", "user", "users_select"),
            field("Board", "board", "external_select", min_query_length=1),
        )
    )

    async def boards(payload: Data) -> Data:
        return {"options": [option(f"Board {payload['value']}", "7")]}

    app.on["block_suggestion"] = boards
    await ada.fill(
        {
            "instance": "Main",
            "Site": "North America",
            "Keys": "Yes",
            "Options": ["Default", "Quiet"],
            "Channel": "#helpdesk",
            "Helper": "Ben Okafor",
            "Board": "Board",
        }
    )
    await ada.submit()
    values = app.last("view_submission")["view"]["state"]["values"]
    assert values["name"]["x"] == {"type": "plain_text_input", "value": "Main"}
    assert values["site"]["x"]["selected_option"] == sites[0]
    assert values["keys"]["x"]["selected_option"]["value"] == "yes"
    assert [o["value"] for o in values["opts"]["x"]["selected_options"]] == ["default", "quiet"]
    assert values["chan"]["x"]["selected_conversation"] == "C0HELPDESK"
    assert values["user"]["x"]["selected_user"] == "U0BEN00001"
    assert values["board"]["x"]["selected_option"]["value"] == "7"


async def test_what_is_not_on_the_screen_cannot_be_filled_in(open_modal: OpenModal, ada: Person) -> None:
    await open_modal()
    with pytest.raises(LookupError, match="no label fits 'Password'"):
        await ada.fill({"Password": "x"})


async def test_an_input_that_tells_at_once_does_so(app: FakeApp, open_modal: OpenModal, ada: Person) -> None:
    element = {"type": "static_select", "action_id": "site", "options": [option("Cloud"), option("Own")]}
    block = {"type": "input", "block_id": "s", "label": plain("Site"), "element": element}
    host = {**typed("Hostname", "h"), "dispatch_action": True}
    await open_modal(modal({**block, "dispatch_action": True}, host))
    await ada.fill({"Site": "Own", "Hostname": "cw.example.com"})
    assert app.kinds().count("block_actions") == 1
    told = app.last("block_actions")
    assert told["actions"][0]["selected_option"]["value"] == "own"
    assert told["view"]["state"]["values"]["s"]["site"]["selected_option"]["value"] == "own"
    await ada.press_enter("Hostname")
    assert app.last("block_actions")["actions"][0]["value"] == "cw.example.com"


async def test_two_people_have_modals_of_their_own(
    app: FakeApp, open_modal: OpenModal, ada: Person, slack: SlackServer
) -> None:
    await open_modal(modal(title="First"))
    ben = slack.person("ben")
    await asyncio.gather(ben.command("/cw-setup", "psa-setup"), ada.close_modal())
    assert ada.modal is None
    assert ben.modal is not None
