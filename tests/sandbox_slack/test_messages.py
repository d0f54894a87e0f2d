from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import Person, SlackServer
from tests.sandbox_slack.app import Data, FakeApp, actions, button, section

ROOM = "C0PSASETUP"


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_message_appears_with_its_blocks_and_generated_ids(app: FakeApp, ada: Person) -> None:
    blocks: list[Data] = [
        {"type": "divider"},
        {"type": "actions", "elements": [{**button("Go"), "action_id": "go"}]},
    ]
    answer = await app.client.chat_postMessage(channel=ROOM, text="Hello", blocks=blocks)
    message = ada.messages("psa-setup")[-1]
    assert (answer["channel"], answer["ts"]) == (ROOM, message.ts)
    assert answer["message"]["bot_id"] == app.slack.installation.bot_id
    assert all(block["block_id"] for block in message.blocks)
    assert "warning" not in answer.data


async def test_the_ts_of_every_message_is_a_string_of_its_own(app: FakeApp) -> None:
    answers = [await app.client.chat_postMessage(channel=ROOM, text=str(i)) for i in range(5)]
    stamps = [answer["ts"] for answer in answers]
    assert all(isinstance(ts, str) for ts in stamps)
    assert len(set(stamps)) == 5
    assert sorted(stamps) == stamps


async def test_a_post_of_the_same_name_makes_no_second_message(app: FakeApp, ada: Person) -> None:
    name = "0d5f7b9e-7a63-4d0c-9f0b-0a6c1f1d2e3f"
    first, second = [
        await app.client.chat_postMessage(channel=ROOM, text=text, client_msg_id=name)
        for text in ("Hello", "Hello again")
    ]
    assert first["ts"] == second["ts"]
    assert [it.text for it in ada.messages("psa-setup")].count("Hello") == 1
    await app.client.chat_delete(channel=ROOM, ts=first["ts"])
    again = app.client.chat_postMessage(channel=ROOM, text="Hello", client_msg_id=name)
    assert await refused(again) == "duplicate_message_not_found"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE1", "text": "x"}, "channel_not_found"),
        ({"channel": "C0SECRET01", "text": "x"}, "channel_not_found"),
        ({"channel": "C0HELPDESK", "text": "x"}, "not_in_channel"),
        ({"channel": "C0OLDSTUFF", "text": "x"}, "is_archived"),
        ({"channel": "C0NEWSONLY", "text": "x"}, "restricted_action"),
        ({"channel": ROOM, "text": ""}, "no_text"),
        ({"channel": ROOM, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": ROOM, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": ROOM, "text": "x", "blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"channel": ROOM, "text": "x", "metadata": {"event_type": "y"}}, "invalid_metadata_format"),
    ],
)
async def test_posting_is_refused_by_the_rules(app: FakeApp, arguments: Data, error: str) -> None:
    assert await refused(app.client.api_call("chat.postMessage", json=arguments)) == error


async def test_refused_blocks_are_told_with_the_pointer_to_the_part_to_blame(app: FakeApp) -> None:
    blocks = [section("fine"), {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
    with pytest.raises(SlackApiError) as caught:
        await app.client.chat_postMessage(channel=ROOM, text="x", blocks=blocks)
    told = "must be less than 151 characters [json-pointer:/blocks/1/text/text]"
    assert caught.value.response["errors"] == [told]
    assert caught.value.response["response_metadata"]["messages"] == [f"[ERROR] {told}"]


async def test_forms_and_json_are_understood_alike(app: FakeApp, ada: Person) -> None:
    arguments = {"channel": ROOM, "text": "x", "blocks": [section("as it were")]}
    await app.client.api_call("chat.postMessage", json=arguments)
    await app.client.api_call("chat.postMessage", data={**arguments, "blocks": '[{"type": "divider"}]'})
    assert [m.blocks[0]["type"] for m in ada.messages(ROOM)] == ["section", "divider"]


async def test_a_message_without_text_beside_its_blocks_is_warned_about_and_noted(app: FakeApp) -> None:
    answer = await app.client.api_call("chat.postMessage", json={"channel": ROOM, "blocks": [section("x")]})
    assert answer["warning"] == "missing_text_in_message"
    assert app.slack.workspace.problems == ["a message in #psa-setup has no text beside its blocks"]


async def test_replies_stand_in_the_thread_and_not_in_the_channel(app: FakeApp, ada: Person) -> None:
    parent = await app.client.chat_postMessage(channel=ROOM, text="parent")
    answer = await app.client.chat_postMessage(channel=ROOM, text="reply", thread_ts=parent["ts"])
    assert answer["message"]["thread_ts"] == parent["ts"]
    assert [m.text for m in ada.messages(ROOM)] == ["parent"]
    assert [m.text for m in ada.thread(ROOM, parent["ts"])] == ["parent", "reply"]


async def test_a_reply_below_a_parent_that_is_gone_falls_into_the_channel(app: FakeApp, ada: Person) -> None:
    parent = await app.client.chat_postMessage(channel=ROOM, text="parent")
    await app.client.chat_delete(channel=ROOM, ts=parent["ts"])
    answer = await app.client.chat_postMessage(channel=ROOM, text="orphan", thread_ts=parent["ts"])
    assert "thread_ts" not in answer["message"]
    assert [m.text for m in ada.messages(ROOM)] == ["orphan"]


async def test_a_deleted_parent_with_replies_leaves_a_tombstone_that_keeps_the_thread(
    app: FakeApp, ada: Person
) -> None:
    parent = await app.client.chat_postMessage(channel=ROOM, text="parent")
    reply = await app.client.chat_postMessage(channel=ROOM, text="reply", thread_ts=parent["ts"])
    await app.client.chat_delete(channel=ROOM, ts=parent["ts"])
    assert await refused(app.client.chat_update(channel=ROOM, ts=parent["ts"], text="x")) == (
        "message_not_found"
    )
    assert [m.text for m in ada.thread(ROOM, parent["ts"])] == ["This message was deleted.", "reply"]
    await app.client.chat_delete(channel=ROOM, ts=reply["ts"])
    assert not ada.messages(ROOM)


async def test_an_update_with_text_alone_takes_the_blocks_away(app: FakeApp, ada: Person) -> None:
    posted = await app.client.chat_postMessage(channel=ROOM, text="x", blocks=[section("block")])
    await app.client.chat_update(channel=ROOM, ts=posted["ts"], text="bare")
    message = ada.messages(ROOM)[-1]
    assert (message.text, message.blocks) == ("bare", [])
    assert message.edited is not None


async def test_updates_and_deletions_are_refused_by_the_rules(app: FakeApp, ada: Person) -> None:
    client = app.client
    theirs = ada.say("mine", "psa-setup").ts or ""
    own = (await client.chat_postMessage(channel=ROOM, text="own"))["ts"]
    whisper = (await client.chat_postEphemeral(channel=ROOM, user=ada.id, text="psst"))["message_ts"]
    assert await refused(client.chat_update(channel=ROOM, ts=theirs, text="x")) == "cant_update_message"
    assert await refused(client.chat_delete(channel=ROOM, ts=theirs)) == "cant_delete_message"
    assert await refused(client.chat_update(channel=ROOM, ts="1.000001", text="x")) == "message_not_found"
    assert await refused(client.chat_update(channel=ROOM, ts=whisper, text="x")) == "message_not_found"
    assert await refused(client.chat_update(channel=ROOM, ts=own, text="x" * 4001)) == "msg_too_long"
    assert (await client.chat_update(channel=ROOM, ts=own, text="x" * 4000))["ok"]


async def test_edit_window_closed_is_a_mood_that_passes(app: FakeApp) -> None:
    own = (await app.client.chat_postMessage(channel=ROOM, text="own"))["ts"]
    app.slack.fail("chat.update", error="edit_window_closed", times=1)
    assert await refused(app.client.chat_update(channel=ROOM, ts=own, text="x")) == "edit_window_closed"
    assert (await app.client.chat_update(channel=ROOM, ts=own, text="x"))["ok"]


async def test_an_ephemeral_message_is_seen_by_its_person_alone(
    app: FakeApp, ada: Person, slack: SlackServer
) -> None:
    await app.client.chat_postEphemeral(channel=ROOM, user=ada.id, text="psst")
    assert [m.text for m in ada.ephemerals(ROOM)] == ["psst"]
    assert not slack.person("ben").messages(ROOM)


@pytest.mark.parametrize(
    ("channel", "user", "error"),
    [
        ("C0HELPDESK", "U0ADA00001", "not_in_channel"),
        (ROOM, "U0SOL00001", "user_not_in_channel"),
        ("C0SECRET01", "U0ADA00001", "channel_not_found"),
        ("C0OLDSTUFF", "U0ADA00001", "is_archived"),
    ],
)
async def test_whispering_is_refused_by_the_rules(app: FakeApp, channel: str, user: str, error: str) -> None:
    assert await refused(app.client.chat_postEphemeral(channel=channel, user=user, text="x")) == error


async def test_permalinks_lead_to_the_message_and_its_thread(app: FakeApp) -> None:
    parent = (await app.client.chat_postMessage(channel=ROOM, text="p"))["ts"]
    reply = (await app.client.chat_postMessage(channel=ROOM, text="r", thread_ts=parent))["ts"]
    link = await app.client.chat_getPermalink(channel=ROOM, message_ts=reply)
    digits = reply.replace(".", "")
    assert link["permalink"] == (
        f"https://northwind-it.slack.com/archives/{ROOM}/p{digits}?thread_ts={parent}&cid={ROOM}"
    )
    assert await refused(app.client.chat_getPermalink(channel=ROOM, message_ts="1.1")) == "message_not_found"


@pytest.mark.parametrize(
    ("text", "pinged"),
    [
        ("<!channel> look", {"ada", "ben", "cleo", "dan", "gus"}),
        ("<!here>", {"ada", "ben", "cleo", "dan", "gus"}),
        ("<@U0BEN00001> your turn", {"ben"}),
        ("<@U0SOL00001> is not here", set()),
        ("&lt;!channel&gt; was typed", set()),
        ("plain @channel is no mention", set()),
    ],
)
async def test_who_is_notified_follows_from_the_markup(
    app: FakeApp, ada: Person, slack: SlackServer, text: str, pinged: set[str]
) -> None:
    await app.client.chat_postMessage(channel=ROOM, text="x", blocks=[section(text)])
    notified = ada.messages(ROOM)[-1].notified
    assert {slack.workspace.users[user_id].name for user_id in notified} == pinged


async def test_mentions_in_the_fallback_text_notify_and_in_plain_text_objects_do_not(
    app: FakeApp, ada: Person
) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "<!channel>"}}
    await app.client.chat_postMessage(channel=ROOM, text="x", blocks=[header])
    assert not ada.messages(ROOM)[-1].notified
    await app.client.chat_postMessage(channel=ROOM, text="<!channel>", blocks=[header])
    assert ada.messages(ROOM)[-1].notified


async def test_a_message_is_rendered_as_a_person_reads_it(app: FakeApp, ada: Person) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": ":key: Keys"}},
        section("*Site:* <https://x.test|North America> &amp; more, <@U0BEN00001>, <#C0HELPDESK>"),
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "`a_b_c` <!date^1^{date}|today>"}]},
        actions(button("Enter API keys"), button("Later", "later")),
    ]
    await app.client.chat_postMessage(channel=ROOM, text="x", blocks=blocks)
    assert ada.read(ada.messages(ROOM)[-1]).splitlines() == [
        "🔑 Keys",
        "Site: North America & more, @Ben Okafor, #helpdesk",
        "─" * 24,
        "a_b_c today",
        "[Enter API keys]  [Later]",
    ]


async def test_posting_to_a_person_reaches_them_directly(app: FakeApp, ada: Person) -> None:
    answer = await app.client.chat_postMessage(channel=ada.id, text="hello")
    assert answer["channel"].startswith("D")
    assert [m.text for m in ada.messages(answer["channel"])] == ["hello"]
