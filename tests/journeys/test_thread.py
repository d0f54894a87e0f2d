"""The thread from its first message to its last, and what becomes of it when Slack or people interfere."""

import asyncio
from collections.abc import Callable

import pytest

from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from bot.sandbox.slack.model import Message
from tests.journeys.steps import (
    CHANNEL,
    PATIENCE,
    card,
    connect,
    key_fields,
    open_setup,
    reach_keys,
    see_in_thread,
    see_whole_thread,
    site_fields,
    submit,
    thread_text,
    title,
)
from tests.journeys.threads import NO_KEYS, begin, cards, reply, see


async def until(predicate: Callable[[], bool]) -> None:
    """Wait for something that changes nothing in the workspace."""
    async with asyncio.timeout(PATIENCE):
        while not predicate():  # noqa: ASYNC110 - it is the sandbox's log, which tells nobody
            await asyncio.sleep(0.01)


async def finish(sandbox: Sandbox, ben: Person, cleo: Person) -> Message:
    """The whole onboarding by two people; the card."""
    await connect(sandbox, ben)
    await ben.close_modal()
    await see_in_thread(cleo, "5 of 8")
    parent = await see_whole_thread(cleo)
    for number, done in ((6, "6 of 8"), (7, "7 of 8"), (8, "All done")):
        await cleo.click("Done", message=reply(cleo, parent, number))
        await see_in_thread(cleo, done)
    return parent


async def test_a_whole_onboarding_makes_few_messages_and_notifies_nobody(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    parent = await finish(sandbox, ben, cleo)
    await sandbox.stop_bot()
    posted = [it for it in sandbox.slack.calls.of("chat.postMessage") if it.ok]
    assert len(posted) <= 12
    assert not any(it.notified for it in ben.thread(CHANNEL, parent.ts))
    assert all(it.args["text"] for it in posted)
    assert sandbox.slack.workspace.problems == []
    assert "@Ben Okafor" in ben.read(parent)


async def test_every_message_says_in_its_metadata_what_it_is(sandbox: Sandbox) -> None:
    parent = await begin(sandbox, sandbox.slack.person("ben"))
    told = [it.metadata for it in sandbox.slack.person("ben").thread(CHANNEL, parent.ts)]
    assert all(it is not None and it["event_type"] == "cw_bot" for it in told)
    parts = [it["event_payload"]["part"] for it in told if it is not None]
    assert parts[0] == "parent"
    assert len(set(parts)) == 9


async def test_a_late_comer_reads_on_the_card_what_is_done_what_is_next_and_whose_move_it_is(
    sandbox: Sandbox,
) -> None:
    ben, ada, dan = (sandbox.slack.person(it) for it in ("ben", "ada", "dan"))
    parent = await begin(sandbox, ben)
    await ada.click("Done", message=reply(ada, parent, 1))
    await see_in_thread(dan, "1 of 8")
    await ada.click("I'm on it", message=reply(ada, parent, 2))
    await see(dan, lambda: parent, "Ada Berg is on it")
    said = dan.read(parent)
    assert "Next: create the API member" in said
    assert said.index("Next:") < said.rindex("@Ada Berg")


async def test_a_finished_thread_is_compact(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    parent = await finish(sandbox, ben, cleo)
    await cleo.wait_for(lambda: "System →" not in thread_text(cleo), PATIENCE)
    assert len(cleo.read(parent).splitlines()) <= 6
    replies = cleo.thread(CHANNEL, parent.ts)[1:]
    await cleo.wait_for(lambda: all(len(cleo.read(it).splitlines()) <= 2 for it in replies), PATIENCE)


async def test_a_step_is_handed_to_a_person_who_alone_is_mentioned_once(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    parent = await begin(sandbox, ben)
    await ben.select("Hand over", "cleo", message=reply(ben, parent, 3))
    await see_in_thread(cleo, "Cleo Marsh is on it, asked by @Ben Okafor")
    await see_in_thread(cleo, "could you take step 3")
    notified = [it.notified for it in cleo.thread(CHANNEL, parent.ts) if it.notified]
    assert notified == [{cleo.id}]
    await sandbox.restart_bot()
    await cleo.click("Done", message=reply(cleo, parent, 3))
    await see_in_thread(ben, "1 of 8")
    asked = [it for it in cleo.thread(CHANNEL, parent.ts) if "could you take" in cleo.read(it)]
    assert len(asked) == 1


@pytest.mark.parametrize("stranger", ["gus", "sol", "slackbot", "eve"])
async def test_a_step_is_not_handed_to_guests_apps_or_people_of_other_companies(
    sandbox: Sandbox, stranger: str
) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    row = next(it for it in reply(ben, parent, 1).blocks if it["type"] == "actions")
    chosen = sandbox.slack.workspace.user(stranger).id
    from bot.sandbox.slack.payloads import Container

    await sandbox.slack.interactions.click(
        ben.user,
        Container(message=reply(ben, parent, 1)),
        row["block_id"],
        "hand_over",
        value={"selected_user": chosen},
    )
    await ben.wait_for(lambda: any("only be handed to a member" in ben.read(it) for it in _whispers(ben)))
    assert "is on it" not in thread_text(ben)


def _whispers(person: Person, channel: str = CHANNEL) -> list[Message]:
    return person.ephemerals(channel)


async def test_the_keys_are_not_handed_to_somebody_who_may_not_enter_them(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    await ben.select("Hand over", "dan", message=reply(ben, parent, 4))
    await ben.wait_for(lambda: any("may not enter API keys" in ben.read(it) for it in _whispers(ben)))
    await ben.select("Hand over", "ada", message=reply(ben, parent, 4))
    await see_in_thread(ben, "Ada Berg is on it, asked by @Ben Okafor")


async def test_the_role_sheet_opens_as_a_modal_with_a_table_to_copy(sandbox: Sandbox) -> None:
    ben, dan = sandbox.slack.person("ben"), sandbox.slack.person("dan")
    parent = await begin(sandbox, ben)
    await dan.click("Role sheet", message=reply(dan, parent, 1))
    assert title(dan) == "Role sheet"
    assert dan.modal is not None
    assert "Module,Function,Add,Edit,Delete,Inquire" in dan.modal.text


async def test_done_is_checked_at_once_where_it_can_be(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    await reach_keys(sandbox, ben)
    sandbox.connectwise.set(rights_missing=["System/Table Setup/inquire"])
    await submit(ben, key_fields(sandbox))
    await see_in_thread(ada, "Missing in the role")
    parent = await see_whole_thread(ada)
    await ada.click("Done", message=reply(ada, parent, 1))
    await see_in_thread(ada, "the API shows otherwise")
    sandbox.connectwise.reset()
    await ada.click("Done", message=reply(ada, parent, 1))
    await see_in_thread(ada, "5 of 8")
    assert "@Ada Berg" in ada.read(reply(ada, parent, 1))


async def test_a_level_too_low_keeps_the_member_step_open_until_it_is_raised(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    sandbox.connectwise.set(level="location")
    await connect(sandbox, ben)
    await see_in_thread(ben, "4 of 8")
    parent = await see_whole_thread(ben)
    await see(ben, lambda: reply(ben, parent, 2), "Level")
    sandbox.connectwise.reset()
    await ben.click("Check now", message=reply(ben, parent, 2))
    await see_in_thread(ben, "5 of 8")


# --- what Slack and people do to it ----------------------------------------------------------------------------------


async def test_a_reply_that_was_deleted_is_posted_again_in_the_thread(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    gone = reply(ben, parent, 3)
    sandbox.slack.doings.delete_message(ben.user, sandbox.slack.workspace.channel(CHANNEL), gone.ts)
    await submit_keys(sandbox, ben, parent)
    await see_in_thread(ben, "5 of 8")
    await see_whole_thread(ben)
    assert len(cards(ben)) == 1


async def submit_keys(sandbox: Sandbox, person: Person, parent: Message) -> None:
    """*Enter API keys* from the card."""
    await person.click("Enter API keys", message=parent)
    assert (await submit(person, key_fields(sandbox))).ok


async def test_a_card_that_was_deleted_comes_back_once_with_its_whole_thread(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    first = reply(ben, parent, 1)
    sandbox.slack.doings.delete_message(ben.user, sandbox.slack.workspace.channel(CHANNEL), parent.ts)
    await ben.click("Done", message=first)
    await see_in_thread(ben, "1 of 8")
    anew = await see_whole_thread(ben)
    assert anew.ts != parent.ts
    assert len(cards(ben)) == 1
    await ben.wait_for(lambda: len(ben.thread(CHANNEL, parent.ts)) == 0, PATIENCE)
    assert sandbox.slack.workspace.problems == []


async def test_a_message_that_may_not_be_edited_any_more_is_posted_anew(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    step = reply(ben, parent, 6)
    sandbox.slack.fail(
        "chat.update", error="edit_window_closed", times=None, where=lambda it: it["ts"] == step.ts
    )
    await ben.click("Done", message=step)
    await ben.wait_for(lambda: reply(ben, parent, 6).ts != step.ts, PATIENCE)
    await see_whole_thread(ben)
    assert "Undo" in ben.read(reply(ben, parent, 6))


async def test_the_bot_removed_and_invited_again_posts_the_thread_once_with_its_state(
    sandbox: Sandbox,
) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    await ben.click("Done", message=reply(ben, parent, 1))
    await see_in_thread(ben, "1 of 8")
    channel = sandbox.slack.workspace.channel(CHANNEL)
    sandbox.slack.doings.remove_bot(ben.user, channel)
    await ben.click("Done", message=reply(ben, parent, 2))
    assert ben.invite_bot(CHANNEL).ok
    await sandbox.slack.settle()
    await see_in_thread(ben, "2 of 8")
    await ben.wait_for(lambda: len(cards(ben)) == 1 and cards(ben)[0].ts != parent.ts, PATIENCE)
    await see_whole_thread(ben)
    await see(ben, lambda: parent, "goes on")
    assert not any(it.notified for it in ben.thread(CHANNEL, cards(ben)[0].ts))


async def test_an_archived_channel_parks_the_thread_and_its_return_shows_what_changed(
    sandbox: Sandbox,
) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    channel = sandbox.slack.workspace.channel(CHANNEL)
    sandbox.slack.doings.archive(ben.user, channel)
    await ben.click("Done", message=reply(ben, parent, 1))
    await until(lambda: any(it.error == "is_archived" for it in sandbox.slack.calls.of("chat.update")))
    sandbox.slack.doings.unarchive(ben.user, channel)
    await see_in_thread(ben, "1 of 8")
    assert len(cards(ben)) == 1


async def test_a_channel_with_a_new_name_keeps_its_thread(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    sandbox.slack.doings.rename(ben.user, sandbox.slack.workspace.channel(CHANNEL), "psa-integration")
    await ben.click("Done", message=parent_reply(ben, parent))
    await ben.wait_for(lambda: "1 of 8" in ben.read(parent), PATIENCE)


def parent_reply(person: Person, parent: Message) -> Message:
    """The first step's message, in a channel of any name."""
    return person.thread(parent.channel_id, parent.ts)[1]


async def test_people_of_other_companies_and_guests_who_click_are_refused_politely(sandbox: Sandbox) -> None:
    ada, eve = sandbox.slack.person("ada"), sandbox.slack.person("eve")
    await open_setup(ada, "ext-contoso")
    assert (await submit(ada, site_fields(sandbox, **NO_KEYS))).ok
    parent = await see_whole_thread(ada, channel="ext-contoso")
    step = eve.thread("ext-contoso", parent.ts)[1]
    await eve.click("Done", message=step)
    await eve.wait_for(
        lambda: any("members of this workspace" in eve.read(it) for it in eve.ephemerals("ext-contoso"))
    )
    assert "0 of 8" in ada.read(parent)


async def test_a_guest_who_clicks_is_refused_politely(sandbox: Sandbox) -> None:
    ben, gus = sandbox.slack.person("ben"), sandbox.slack.person("gus")
    parent = await begin(sandbox, ben)
    await gus.click("Done", message=reply(gus, parent, 1))
    await gus.wait_for(lambda: any("not for guests" in gus.read(it) for it in gus.ephemerals(CHANNEL)))
    assert "0 of 8" in ben.read(parent)


async def test_a_second_instance_has_a_thread_of_its_own(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    first = await begin(sandbox, ben)
    second = await begin(sandbox, ben, **{"Instance name": "Sandbox"})
    await ben.click("Done", message=reply(ben, second, 1))
    await ben.wait_for(lambda: "1 of 8" in ben.read(second), PATIENCE)
    assert "0 of 8" in ben.read(first)
    assert card(ben, "Sandbox") is not None
