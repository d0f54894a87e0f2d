import pytest

from bot.sandbox.slack import Person, SlackServer
from tests.sandbox_slack.app import Data, FakeApp, actions, button, modal, option, plain, section
from tests.sandbox_slack.conftest import OpenModal


async def test_people_do_only_what_slack_lets_them(slack: SlackServer, ada: Person) -> None:
    room, news = slack.workspace.channel("psa-setup"), slack.workspace.channel("helpdesk")
    dan, gus = slack.person("dan"), slack.person("gus")
    said = ada.say("mine", "psa-setup").ts or ""
    doings = slack.doings
    assert dan.say("x", "old-migration").error == "You can't post in this channel."
    assert doings.delete_message(dan.user, room, said).error == "You can't delete this message."
    assert doings.archive(gus.user, room).error == "You can't archive this channel."
    assert doings.rename(dan.user, room, "general").error == "That name is already taken by another channel."
    assert doings.remove_bot(dan.user, news).error == "They are not in this channel."
    assert dan.invite_bot("psa-setup").error == "They are already in this channel."
    assert doings.delete_message(ada.user, room, said).ok
    assert doings.delete_message(ada.user, room, said).error == "This message is gone already."


async def test_people_are_invited_by_name(slack: SlackServer, ada: Person) -> None:
    assert (await ada.command("/invite @sol", "psa-setup")).ok
    assert slack.person("sol").id in slack.workspace.channel("psa-setup").members
    assert (await ada.command("/invite @eve", "psa-setup")).error == "There is nobody called @eve here."


async def test_a_channel_that_one_does_not_see_cannot_be_used(slack: SlackServer) -> None:
    with pytest.raises(LookupError, match="ben sees no channel 'project-heron'"):
        slack.person("ben").say("x", "project-heron")
    with pytest.raises(LookupError, match="nobody here is called 'zoe'"):
        slack.person("zoe")


async def test_waiting_in_vain_tells_what_one_sees(open_modal: OpenModal, ada: Person) -> None:
    await open_modal(modal(title="Still here"))
    with pytest.raises(TimeoutError, match="ada sees Still here"):
        await ada.wait_for(lambda: ada.modal is None, timeout=0.01)


async def test_waiting_ends_with_the_change(app: FakeApp, ada: Person) -> None:
    async def posted(form: Data) -> None:
        await app.client.chat_postMessage(channel=form["channel_id"], text="here")

    app.on["command"] = posted
    await ada.command("/cw-status", "psa-setup")
    messages = await ada.wait_for(lambda: ada.messages("psa-setup"))
    assert messages[-1].text == "here"


async def test_boxes_are_ticked_and_unticked(app: FakeApp, open_modal: OpenModal, ada: Person) -> None:
    boxes = {"type": "checkboxes", "action_id": "b", "options": [option("Loud"), option("Quiet")]}
    await open_modal(modal(section("Pick", accessory=boxes, block_id="s")))
    for press in ("Loud", "Quiet", "Loud"):
        await ada.click(press)
    chosen = app.last("block_actions")["actions"][0]["selected_options"]
    assert [entry["value"] for entry in chosen] == ["quiet"]


async def test_a_vague_name_is_refused(app: FakeApp, ada: Person) -> None:
    row = actions(button("Check main", "a"), button("Check spare", "b"))
    await app.client.chat_postMessage(channel="C0PSASETUP", text="x", blocks=[row])
    with pytest.raises(LookupError, match="several button fit 'Check'"):
        await ada.click("Check")


async def test_a_modal_without_a_submit_button_cannot_be_submitted(
    open_modal: OpenModal, ada: Person
) -> None:
    await open_modal(modal(section("Only to read"), submit=None))
    with pytest.raises(LookupError, match="has no submit button"):
        await ada.submit()


@pytest.mark.parametrize(
    ("rule", "offered"),
    [
        ({"include": ["private"]}, "ops-room"),
        ({"include": ["public"], "exclude_external_shared_channels": True}, "helpdesk"),
    ],
)
async def test_a_channel_menu_offers_what_its_filter_leaves(
    open_modal: OpenModal, ada: Person, rule: Data, offered: str
) -> None:
    element = {"type": "conversations_select", "action_id": "x", "filter": rule}
    await open_modal(modal({"type": "input", "block_id": "c", "label": plain("Channel"), "element": element}))
    await ada.fill({"Channel": offered})
    for hidden in ("ext-contoso", "old-migration"):
        with pytest.raises(LookupError, match="no channel fits"):
            await ada.fill({"Channel": hidden})
