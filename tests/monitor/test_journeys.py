"""What a team reads in the thread while ConnectWise has its bad days."""

import asyncio
import contextlib
from datetime import timedelta

from bot.domain.errors import StaleError
from bot.domain.monitor import Watch
from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from bot.store.connection import Client
from bot.store.keys import schedule as schedule_key
from bot.store.scripts import text
from bot.store.watches import RedisWatches
from tests.journeys.steps import (
    CHANNEL,
    PATIENCE,
    card,
    connect,
    key_fields,
    see_in_thread,
    see_status,
    submit,
    thread_text,
    title,
)


def said(person: Person, words: str) -> int:
    """How many messages of the thread say it."""
    parent = card(person)
    assert parent is not None
    return sum(words in person.read(it) for it in person.thread(CHANNEL, parent.ts)[1:])


def store(sandbox: Sandbox) -> Client:
    """The bot's Redis."""
    assert sandbox.bot is not None
    assert sandbox.bot._redis is not None
    return sandbox.bot._redis


async def the_watch(sandbox: Sandbox) -> Watch | None:
    """What is remembered of the one instance."""
    watches, team_id = RedisWatches(store(sandbox)), sandbox.slack.workspace.team.id
    for instance_id in await watches.healths(team_id):
        return await watches.get(team_id, instance_id)
    return None


async def first_watch(sandbox: Sandbox) -> Watch:
    """The watch, as soon as there is one."""
    async with asyncio.timeout(PATIENCE):
        while (watch := await the_watch(sandbox)) is None:  # noqa: ASYNC110 - it is written behind the scenes
            await asyncio.sleep(0.02)
    return watch


async def age_the_audit(sandbox: Sandbox) -> None:
    """Let a day pass since the last audit."""
    async with asyncio.timeout(PATIENCE):
        while True:
            watch = await first_watch(sandbox)
            assert watch.audited_at is not None
            with contextlib.suppress(StaleError):
                older = watch.evolve(audited_at=watch.audited_at - timedelta(days=2))
                await RedisWatches(store(sandbox)).save(older)
                return


async def count_checks(sandbox: Sandbox) -> int:
    """How many jobs look after instances."""
    found = await store(sandbox).hkeys(schedule_key("jobs"))
    return sum(text(it).startswith("check_instance") for it in found)


async def see_no_checks(sandbox: Sandbox) -> None:
    """Wait until nobody looks after anything."""
    async with asyncio.timeout(PATIENCE):
        while await count_checks(sandbox):  # noqa: ASYNC110 - the job ends behind the scenes
            await asyncio.sleep(0.02)


async def test_an_outage_is_said_once_and_its_end_once_with_how_long_it_was(watched: Sandbox) -> None:
    ben = watched.slack.person("ben")
    await connect(watched, ben)
    watched.connectwise.set(answers="down")
    await see_in_thread(ben, "does not answer")
    assert "Nobody needs to do anything" in thread_text(ben)
    watched.connectwise.reset()
    await see_in_thread(ben, "works again")
    assert "It did not for 1 minute" in thread_text(ben)
    assert said(ben, "does not answer") == said(ben, "works again") == 1


async def test_refused_keys_end_the_asking_until_somebody_hands_in_new_ones(watched: Sandbox) -> None:
    ben = watched.slack.person("ben")
    await connect(watched, ben)
    watched.connectwise.set(keys="revoked")
    await see_in_thread(ben, "I have stopped asking")
    await see_no_checks(watched)
    asked = len(watched.connectwise.requests)
    watched.connectwise.reset()
    parent = card(ben)
    assert parent is not None
    notice = ben.thread(CHANNEL, parent.ts)[-1]
    assert len(watched.connectwise.requests) == asked
    await ben.click("Enter API keys", message=notice)
    assert (await submit(ben, key_fields(watched))).ok
    await ben.wait_for(lambda: title(ben) == "Connected", PATIENCE)
    await see_in_thread(ben, "works again")
    assert said(ben, "needs somebody") == said(ben, "works again") == 1


async def test_a_right_taken_away_is_said_with_its_name_and_its_return_too(watched: Sandbox) -> None:
    ben = watched.slack.person("ben")
    await connect(watched, ben)
    watched.connectwise.set(rights_missing=["Companies/Company Maintenance/inquire"])
    await age_the_audit(watched)
    await see_in_thread(ben, "needs somebody")
    assert "Company Maintenance › Inquire All → None" in thread_text(ben).replace("*", "")
    watched.connectwise.reset()
    await see_in_thread(ben, "works again")
    assert said(ben, "needs somebody") == 1


async def test_more_rights_than_before_are_drift_and_nobody_has_to_act(watched: Sandbox) -> None:
    ben = watched.slack.person("ben")
    await connect(watched, ben)
    watched.connectwise.set(rights_excess=["Finance/Invoicing"])
    await age_the_audit(watched)
    await see_in_thread(ben, "changed in ConnectWise")
    assert "nobody needs to do anything" in thread_text(ben)
    assert said(ben, "changed in ConnectWise") == 1


async def test_a_notice_that_slack_throttles_comes_later_and_once(watched: Sandbox) -> None:
    ben = watched.slack.person("ben")
    await connect(watched, ben)
    await see_in_thread(ben, "5 of 8")
    watched.slack.fail("chat.postMessage", retry_after=1, times=2)
    watched.connectwise.set(answers="down")
    await see_in_thread(ben, "does not answer")
    assert said(ben, "does not answer") == 1


async def test_a_notice_whose_answer_was_lost_is_not_said_twice(watched: Sandbox) -> None:
    ben = watched.slack.person("ben")
    await connect(watched, ben)
    await see_in_thread(ben, "5 of 8")
    watched.slack.fail("chat.postMessage", drops="after", times=1)
    watched.connectwise.set(answers="down")
    await see_in_thread(ben, "does not answer")
    await watched.restart_bot()
    assert said(ben, "does not answer") == 1


async def test_a_removed_instance_is_not_asked_about_any_more(watched: Sandbox) -> None:
    ben = watched.slack.person("ben")
    await connect(watched, ben)
    assert await count_checks(watched) == 1
    await first_watch(watched)
    await ben.command("/cw-status", CHANNEL)
    await see_status(ben, "Verified")
    await ben.click("Remove…", message=ben.ephemerals(CHANNEL)[-1])
    assert (await submit(ben, {"Type its name": "Production"})).ok
    await ben.wait_for(lambda: title(ben) == "Removed", PATIENCE)
    await see_no_checks(watched)
    assert await the_watch(watched) is None
