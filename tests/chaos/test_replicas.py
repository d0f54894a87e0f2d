"""Two bots on one store: whichever is asked, it is one conversation."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from bot.services import onboarding as service
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
)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """Two replicas that look after their instances every other second."""
    it = Sandbox(data_dir=tmp_path / "data", replicas=2, settings={"cw_bot_check_interval": 1})
    configure_logging(level="WARNING", style="console", redactor=it.redactor)
    async with it as started:
        yield started


def replies(person: Person) -> list[str]:
    parent = card(person)
    assert parent is not None
    return [person.read(it) for it in person.thread(CHANNEL, parent.ts)[1:]]


async def test_the_journey_spreads_over_both_and_nothing_is_posted_twice(pair: Sandbox) -> None:
    ben = pair.slack.person("ben")
    await connect(pair, ben)
    await see_in_thread(ben, "5 of 8")
    parent = await see_whole_thread(ben)
    for number, step in enumerate(ben.thread(CHANNEL, parent.ts)[6:8], start=6):
        await ben.click("Done", message=step)
        await see_in_thread(ben, f"{number} of 8")
    assert len(replies(ben)) == 8
    cards = [it for it in ben.messages(CHANNEL) if "ConnectWise · Production" in ben.read(it)]
    assert len(cards) == 1
    acked = [count_acks(bot.metrics.render().decode()) for bot in pair.bots]
    assert min(acked) > 0


def count_acks(metrics: str) -> float:
    lines = [it for it in metrics.splitlines() if it.startswith("cw_bot_ack_seconds_count")]
    return sum(float(it.rpartition(" ")[2]) for it in lines)


async def test_both_look_after_the_instance_and_each_thing_is_said_once(pair: Sandbox) -> None:
    ben = pair.slack.person("ben")
    await connect(pair, ben)
    await see_whole_thread(ben)
    pair.connectwise.set(answers="down")
    await see_in_thread(ben, "does not answer")
    pair.connectwise.reset()
    await see_in_thread(ben, "works again")
    assert sum("does not answer" in it for it in replies(ben)) == 1
    assert sum("works again" in it for it in replies(ben)) == 1


async def test_a_double_click_that_reaches_both_counts_once(pair: Sandbox) -> None:
    ben = pair.slack.person("ben")
    await connect(pair, ben)
    parent = await see_whole_thread(ben)
    await see_in_thread(ben, "5 of 8")
    await ben.click_twice("Done", message=ben.thread(CHANNEL, parent.ts)[6])
    await see_in_thread(ben, "6 of 8")
    assert len(replies(ben)) == 8


async def test_one_of_two_going_is_not_noticed(pair: Sandbox) -> None:
    ben = pair.slack.person("ben")
    await reach_keys(pair, ben)
    leaving = pair.bots.pop(0)
    pair.slack.request_urls = [f"{bot.url}/slack/events" for bot in pair.bots]
    await leaving.__aexit__()
    assert (await submit(ben, key_fields(pair))).ok
    await see_in_thread(ben, "5 of 8")
    await see_whole_thread(ben)


async def test_several_sockets_share_the_clicks(tmp_path: Path) -> None:
    async with Sandbox(data_dir=tmp_path / "data", replicas=2, uses_socket_mode=True) as sandbox:
        assert sandbox.slack.sockets.connections == 2
        ben = sandbox.slack.person("ben")
        await open_setup(ben)
        assert (await submit(ben, site_fields(sandbox))).ok
        assert (await submit(ben, key_fields(sandbox))).ok
        await see_in_thread(ben, "5 of 8")
        await see_whole_thread(ben)
        assert len(replies(ben)) == 8


async def test_an_edit_that_arrives_after_a_newer_one_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the repair that comes by itself later: whoever was overtaken has to see it.
    monkeypatch.setattr(service, "_REPAIR_AFTER", timedelta(hours=1))
    async with Sandbox(data_dir=tmp_path / "data", replicas=2) as pair:
        await _overtake(pair)


async def _overtake(pair: Sandbox) -> None:
    """The first bot's edit of the card takes two seconds, and the second one's is made meanwhile."""
    ben = pair.slack.person("ben")
    await connect(pair, ben)
    parent = await see_whole_thread(ben)
    await see_in_thread(ben, "5 of 8")
    await see_in_thread(ben, "Verified  —  verified by the API")
    one, other = (f"{bot.url}/slack/events" for bot in pair.bots)
    pair.slack.request_urls = [one]
    is_older = {"where": lambda it: it["ts"] == parent.ts and "6 of 8" in it["text"]}
    pair.slack.fail("chat.update", delay_seconds=2.0, **is_older)
    await ben.click("Done", message=ben.thread(CHANNEL, parent.ts)[6])
    await ben.wait_for(lambda: "Undo" in replies(ben)[5], PATIENCE)
    pair.slack.request_urls = [other]
    await ben.click("Done", message=ben.thread(CHANNEL, parent.ts)[7])
    await ben.wait_for(lambda: "7 of 8" in ben.read(parent), PATIENCE)
    await ben.wait_for(lambda: "6 of 8" in ben.read(parent), PATIENCE)  # the older one arrives
    await ben.wait_for(lambda: "7 of 8" in ben.read(parent), PATIENCE)
