"""Two people at once: what both do counts once, and whoever is second is told what the first has done."""

import asyncio

from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from tests.journeys.steps import (
    CHANNEL,
    PATIENCE,
    key_fields,
    reach_keys,
    see_in_thread,
    see_whole_thread,
    submit,
    title,
)
from tests.journeys.threads import begin, reply, see


async def whispered(person: Person, text: str) -> None:
    """Wait until the person alone is told."""
    await person.wait_for(lambda: any(text in person.read(it) for it in person.ephemerals(CHANNEL)), PATIENCE)


async def test_two_who_mark_a_step_done_at_once_mark_it_once_and_the_second_is_told(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    parent = await begin(sandbox, ben)
    step = reply(ben, parent, 1)
    await asyncio.gather(ben.click("Done", message=step), ada.click("Done", message=step))
    await see_in_thread(ben, "1 of 8")
    first, second = (ben, ada) if "@Ben Okafor" in ben.read(reply(ben, parent, 1)) else (ada, ben)
    await whispered(second, f"@{first.user.real_name} marked this step done just before you")
    assert first.ephemerals(CHANNEL) == []


async def test_two_who_take_a_step_at_once_do_not_take_it_from_each_other(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    parent = await begin(sandbox, ben)
    step = reply(ben, parent, 1)
    await asyncio.gather(ben.click("I'm on it", message=step), ada.click("I'm on it", message=step))
    await see_in_thread(ben, "is on it")
    second = ada if "@Ben Okafor is on it" in ben.read(reply(ben, parent, 1)) else ben
    await whispered(second, "took this step just before you")


async def test_an_undo_never_takes_back_a_mark_that_was_made_meanwhile(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    parent = await begin(sandbox, ben)
    await ben.click("I'm on it", message=reply(ben, parent, 1))
    await see(ada, lambda: reply(ada, parent, 1), "Undo")
    step = reply(ada, parent, 1)
    await asyncio.gather(ben.click("Done", message=step), ada.click("Undo", message=step))
    await ben.wait_for(
        lambda: (
            "1 of 8" in ben.read(parent)
            or any("taken back" in ben.read(it) for it in ben.ephemerals(CHANNEL))
            or "is on it" not in ben.read(parent)
        ),
        PATIENCE,
    )
    await see_in_thread(ben, "1 of 8")


async def test_clicks_of_several_people_on_several_steps_all_count(sandbox: Sandbox) -> None:
    people = [sandbox.slack.person(it) for it in ("ada", "ben", "cleo", "dan")]
    parent = await begin(sandbox, people[1])
    numbers = (1, 2, 3, 6, 7, 8)
    await asyncio.gather(
        *(
            people[place % 4].click("Done", message=reply(people[1], parent, number))
            for place, number in enumerate(numbers)
        )
    )
    await see_in_thread(people[0], "6 of 8")


async def test_a_double_click_counts_once_and_says_nothing(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    await ben.click_twice("Done", message=reply(ben, parent, 1))
    await see_in_thread(ben, "1 of 8")
    assert ben.ephemerals(CHANNEL) == []


async def test_two_who_hand_a_step_over_at_once_ask_one_person_once(sandbox: Sandbox) -> None:
    ben, ada, cleo = (sandbox.slack.person(it) for it in ("ben", "ada", "cleo"))
    parent = await begin(sandbox, ben)
    step = reply(ben, parent, 3)
    await asyncio.gather(
        ben.select("Hand over", "cleo", message=step), ada.select("Hand over", "cleo", message=step)
    )
    await see_in_thread(cleo, "could you take")
    await see(cleo, lambda: reply(cleo, parent, 3), "is on it")
    await sandbox.stop_bot()
    asked = [it for it in cleo.thread(CHANNEL, parent.ts) if it.notified]
    assert [it.notified for it in asked] == [{cleo.id}]


async def test_a_stale_keys_modal_says_who_entered_keys_meanwhile_and_can_go_on(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    await reach_keys(sandbox, ben)
    parent = await see_whole_thread(ada)
    await see(ada, lambda: parent, "Enter API keys")
    await ada.click("Enter API keys", message=parent)
    assert (await submit(ben, key_fields(sandbox))).ok
    await ben.wait_for(lambda: title(ben) == "Connected", PATIENCE)
    await submit(ada, key_fields(sandbox))
    assert title(ada) == "Enter API keys"
    assert ada.modal is not None
    assert "@Ben Okafor entered API keys" in ada.modal.text
    assert "they are verified" in ada.modal.text
    assert ada.modal.values["Public key"] == sandbox.connectwise.public_key
    await ada.submit()
    await ada.wait_for(lambda: title(ada) == "Connected", PATIENCE)


async def test_keys_handed_in_by_two_at_the_same_moment_leave_one_verified_instance(sandbox: Sandbox) -> None:
    ben, ada = sandbox.slack.person("ben"), sandbox.slack.person("ada")
    await reach_keys(sandbox, ben)
    parent = await see_whole_thread(ada)
    await see(ada, lambda: parent, "Enter API keys")
    await ada.click("Enter API keys", message=parent)
    await asyncio.gather(submit(ben, key_fields(sandbox)), submit(ada, key_fields(sandbox)))
    await see_in_thread(ben, "5 of 8")
    assert title(ben) in ("Connected", "Enter API keys")
    await ben.command("/cw-status", CHANNEL)
    await ben.wait_for(lambda: any("Verified" in ben.read(it) for it in ben.ephemerals(CHANNEL)), PATIENCE)
