"""`/cw-status` and App Home: how what is connected is shown, of one and of many."""

from typing import Any

import pytest

from bot.sandbox.bench import Sandbox
from bot.services import status
from handlers import surface
from tests.journeys.steps import CHANNEL, PATIENCE, connect, connect_second, see_status, status_of, submit


async def test_a_status_is_shared_with_a_channel_without_any_button(sandbox: Sandbox) -> None:
    cleo, ben = sandbox.slack.person("cleo"), sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await cleo.click("Share to channel", message=await status_of(cleo))
    refused = await submit(cleo, {"Channel": "helpdesk"})
    assert "/invite" in next(iter(refused.errors_by_label.values()))
    assert (await submit(cleo, {"Channel": CHANNEL})).ok
    shared = [it for it in ben.messages(CHANNEL) if "Shared by" in ben.read(it)]
    assert len(shared) == 1
    assert not any(block["type"] == "actions" for block in shared[0].blocks)


async def test_a_status_is_answered_at_once_in_a_line_and_told_in_full_below_it(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben)
    sandbox.connectwise.set(latency=0.5)
    await status_of(cleo)
    first, fresh = (cleo.read(it) for it in cleo.ephemerals(CHANNEL))
    assert "Production" in first
    assert "The fresh verdict follows" in first
    assert "[" not in first
    assert "ms per answer" in fresh
    assert "[Check again]" in fresh


@pytest.mark.parametrize("mood", [{"retry_after": 1}, {"status": 503}, {"drops": "before"}])
async def test_a_verdict_that_slack_would_not_take_at_first_is_told_all_the_same(
    sandbox: Sandbox, mood: dict[str, Any]
) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    sandbox.slack.fail("response_url", **mood)
    answer = await status_of(ben)
    assert len(ben.ephemerals(CHANNEL)) == 2
    sandbox.slack.fail("response_url", **mood)
    sandbox.connectwise.set(keys="revoked")
    assert (await ben.click("Check again", message=answer)).ok
    await see_status(ben, "🔴")
    assert [bool(it.error) for it in sandbox.slack.calls.of("response_url")] == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert len(ben.ephemerals(CHANNEL)) == 2


async def test_all_of_them_are_listed_at_once_and_told_anew_when_asked(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await ben.close_modal()
    await connect_second(sandbox, ben)
    sandbox.connectwise.set(keys="revoked")
    assert (await ben.command("/cw-status all", CHANNEL)).ok
    said = await see_status(ben, "checks one of them live")
    first = ben.read(ben.ephemerals(CHANNEL)[0])
    assert "Asking 2 of them now" in first
    assert said.count("🔴") == 2
    assert len(ben.ephemerals(CHANNEL)) == 2


async def test_many_are_counted_at_once_and_listed_behind_the_ack(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await ben.close_modal()
    await connect_second(sandbox, ben)
    monkeypatch.setattr(status, "FEW", 1)
    assert (await ben.command("/cw-status all", CHANNEL)).ok
    await see_status(ben, "checks one of them live")
    first, known, fresh = (ben.read(it) for it in ben.ephemerals(CHANNEL))
    assert "2 ConnectWise instances" in first
    assert "Production" not in first
    assert "Asking 2 of them now" in known
    assert fresh.count("🟢") == 2


async def test_the_dashboard_of_many_has_a_line_for_each_and_a_way_to_the_rest(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    await ben.close_modal()
    await ben.open_home()
    await ben.wait_for(lambda: ben.home is not None and "[Rotate keys…]" in ben.home.text, PATIENCE)
    monkeypatch.setattr(surface, "MOST_IN_FULL", 0)
    await ben.open_home()
    await ben.wait_for(lambda: ben.home is not None and "[Manage…]" in ben.home.text, PATIENCE)
    assert (await ben.click("Manage…", where="home")).ok
    assert ben.modal is not None
    assert "[Rotate keys…]" in ben.modal.text
    await ben.close_modal()
    await connect_second(sandbox, ben)
    await ben.open_home()
    await ben.wait_for(lambda: ben.home is not None and ben.home.text.count("🟢") == 2, PATIENCE)
