"""A daily word for those who ask for it, and for nobody else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import digest as rules
from bot.domain.digest import EVERY, Digest, summarize
from bot.domain.instance import Standing
from bot.domain.monitor import Health
from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from tests.journeys.steps import CHANNEL, PATIENCE, connect
from tests.monitor.examples import make_instance

ASKED = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
DIGEST = Digest(team_id="T1", channel_id="C1", by="U1", since=ASKED)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    it = Sandbox(data_dir=tmp_path / "data")
    configure_logging(level="WARNING", style="console", redactor=it.redactor)
    async with it as started:
        yield started


def told(person: Person, channel: str = CHANNEL) -> list[str]:
    """The digests in a channel."""
    return [said for it in person.messages(channel) if "Today:" in (said := person.read(it))]


def test_each_day_has_its_number_its_hour_and_its_name() -> None:
    for days in range(4):
        at = ASKED + days * EVERY
        assert DIGEST.number(at) == days
        assert DIGEST.seconds_left(at) == EVERY.total_seconds()
        assert DIGEST.number(at + timedelta(hours=23)) == days
        assert DIGEST.seconds_left(at + timedelta(hours=23)) == 3600
    assert DIGEST.number(ASKED - timedelta(seconds=5)) == 0, "a clock that is behind makes no number below it"
    names = {DIGEST.name(number) for number in range(100)}
    assert len(names) == 100
    assert DIGEST.name(3) == Digest.model_validate_json(DIGEST.model_dump_json()).name(3)


def test_what_was_never_verified_does_not_count_and_the_monitors_word_goes_before_the_records() -> None:
    well, draft, refused, down = (
        make_instance(id=f"{number:016x}", standing=standing)
        for number, standing in enumerate(
            (Standing.VERIFIED, Standing.DRAFT, Standing.NEEDS_YOU, Standing.VERIFIED)
        )
    )
    summary = summarize([well, draft, refused, down], {down.id: "down"})
    assert summary.counts == {Health.UP: 1, Health.NEEDS_YOU: 1, Health.DOWN: 1}
    assert [it.id for it, _ in summary.unwell] == [refused.id, down.id]


async def test_it_is_told_at_once_then_each_day_until_it_is_ended(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    assert not told(ben), "nobody has asked for it"
    monkeypatch.setattr(rules, "EVERY", timedelta(seconds=1))
    answer = await ben.command("/cw-status digest", CHANNEL)
    assert "once a day" in answer.text
    assert "the ConnectWise instance works" in told(ben)[0]
    await ben.wait_for(lambda: len(told(ben)) >= 3, PATIENCE)
    assert "has ended" in (await ben.command("/cw-status digest off", CHANNEL)).text
    await sandbox.slack.settle()
    assert "no daily digest" in (await ben.command("/cw-status Digest Off", CHANNEL)).text
    cards = {it.ts for it in ben.messages(CHANNEL) if "Today:" in ben.read(it)}
    assert len(cards) == len(told(ben))


async def test_where_the_bot_is_no_member_it_says_so_and_begins_nothing(sandbox: Sandbox) -> None:
    ben = sandbox.slack.person("ben")
    await connect(sandbox, ben)
    refused = await ben.command("/cw-status digest", "helpdesk")
    assert "/invite" in refused.text
    assert "no daily digest" in (await ben.command("/cw-status digest off", "helpdesk")).text
    ben.invite_bot("helpdesk")
    assert "once a day" in (await ben.command("/cw-status digest", "helpdesk")).text
    assert told(ben, "helpdesk")


async def test_whoever_may_not_set_up_may_not_ask_for_it(sandbox: Sandbox) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben)
    refused = await cleo.command("/cw-status digest", CHANNEL)
    assert "once a day" not in refused.text
    assert not told(ben)
