"""What Slack does not take at once, or takes without saying so, stands in the thread all the same, and once."""

import itertools

import pytest

from bot.sandbox.bench import Sandbox
from tests.journeys.steps import (
    CHANNEL,
    open_setup,
    see_in_thread,
    see_whole_thread,
    site_fields,
    submit,
    title,
)
from tests.journeys.threads import NO_KEYS, begin, cards, reply, see


@pytest.mark.parametrize("failure", [{"retry_after": 1}, {"status": 503}, {"drops": "after"}])
async def test_edits_that_slack_does_not_take_at_once_are_made_all_the_same(
    sandbox: Sandbox, failure: dict[str, object]
) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    sandbox.slack.fail("chat.update", times=2, **failure)
    await ben.click("Done", message=reply(ben, parent, 1))
    await see_in_thread(ben, "1 of 8")
    assert len(cards(ben)) == 1


def hasten_repairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left undone is seen to in seconds."""
    from datetime import timedelta

    from bot.domain import thread as domain_thread
    from bot.services import onboarding as service
    from handlers import threads

    monkeypatch.setattr(threads, "_AGAIN_SECONDS", 1.0)
    monkeypatch.setattr(threads, "INTENT_FRESH", timedelta(seconds=2))
    monkeypatch.setattr(domain_thread, "INTENT_FRESH", timedelta(seconds=2))
    monkeypatch.setattr(service, "_REPAIR_AFTER", timedelta(seconds=2.5))


async def test_a_post_whose_answer_was_lost_is_not_made_twice(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    sandbox.slack.fail("chat.postMessage", drops="after", where=lambda it: "thread_ts" in it)
    parent = await begin(sandbox, ben)
    lost = ben.thread(CHANNEL, parent.ts)[1]
    # It is known again as soon as somebody clicks in it, and then it shows what it should.
    await ben.click("Done", message=lost)
    await see(ben, lambda: lost, "Undo")
    assert len(ben.thread(CHANNEL, parent.ts)) == 9


async def test_what_may_have_been_posted_is_posted_again_under_its_name_and_nothing_is_there_twice(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasten_repairs(monkeypatch)
    ben = sandbox.slack.person("ben")
    sandbox.slack.fail("chat.postMessage", drops="after", times=3, where=lambda it: "thread_ts" in it)
    parent = await begin(sandbox, ben)
    named = [it.args["client_msg_id"] for it in sandbox.slack.calls.of("chat.postMessage")]
    assert len(set(named)) == 9
    assert len(named) > 9
    assert len(ben.thread(CHANNEL, parent.ts)) == 9


async def test_a_reply_whose_name_is_spent_is_posted_under_another(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasten_repairs(monkeypatch)
    ben = sandbox.slack.person("ben")
    sandbox.slack.fail(
        "chat.postMessage", error="duplicate_message_not_found", where=lambda it: "thread_ts" in it
    )
    parent = await begin(sandbox, ben)
    assert len(ben.thread(CHANNEL, parent.ts)) == 9


async def test_a_card_whose_answer_was_lost_leaves_the_setup_alive_and_is_posted_behind(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasten_repairs(monkeypatch)
    ben = sandbox.slack.person("ben")
    sandbox.slack.fail("chat.postMessage", drops="before")
    await open_setup(ben)
    assert (await submit(ben, site_fields(sandbox, **NO_KEYS))).ok
    assert title(ben) == "Your thread is open"
    await see_whole_thread(ben)
    assert len(cards(ben)) == 1


async def test_changes_are_shown_together_at_most_one_edit_a_message_and_second(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    parent = await begin(sandbox, ben)
    await see(ben, lambda: parent, "Started by @Ben")
    sandbox.slack.calls.clear()
    for number in (1, 2, 3, 6, 7, 8):
        await ben.click("Done", message=reply(ben, parent, number))
    await see_in_thread(ben, "6 of 8")
    times = [it.at for it in sandbox.slack.calls.of("chat.update") if it.args["ts"] == parent.ts]
    assert len(times) <= 3
    assert all(later - earlier >= 0.9 for earlier, later in itertools.pairwise(times))


# --- who may ---------------------------------------------------------------------------------------------------------
