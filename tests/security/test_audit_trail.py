"""The audit trail: who did what, for those who may set up; nothing typed gets in, nobody pushes others out of it."""

import asyncio
import io
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from bot.domain.errors import StoreUnavailableError
from bot.runtime.logging import configure_logging
from bot.runtime.redaction import Redactor
from bot.runtime.tasks import TaskTracker
from bot.sandbox.bench import Sandbox
from bot.services.audit import DONE, AuditService, Deed
from handlers.blocks import kit
from handlers.blocks.audit import build_audit
from handlers.ids import Action, Menu
from tests.journeys.conftest import sandbox
from tests.journeys.steps import CHANNEL, connect
from tests.security.matrix import ROWS

__all__ = ["sandbox"]

TEAM = "T1"


def _open_gate() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate


@dataclass(slots=True)
class Kept:
    """A trail in memory; `is_away` is a Redis that does not answer, one whose `gate` is shut takes its time."""

    events: list[dict[str, str]] = field(default_factory=list)
    is_away: bool = False
    times: int = 0
    gate: asyncio.Event = field(default_factory=_open_gate)

    async def append(self, _team_id: str, *events: Mapping[str, str]) -> Sequence[str]:
        if self.is_away:
            raise StoreUnavailableError
        self.times += 1
        await self.gate.wait()
        self.events += map(dict, events)
        return [str(len(self.events))] * len(events)

    async def read(self, _team_id: str, limit: int = 50) -> Sequence["Read"]:
        return [Read(it) for it in reversed(self.events[-limit:])]


@dataclass(frozen=True, slots=True)
class Read:
    event: Mapping[str, str]
    at: datetime = datetime(2026, 1, 2, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def refusal(**changes: str) -> Deed:
    told = {"by": "U1", "action": "manage", "what": "edit", "subject": "a", "outcome": "not_allowed_setup"}
    return Deed(**(told | changes))  # type: ignore[arg-type]  # all of it text


async def test_whoever_may_set_up_reads_who_did_what_and_what_was_refused(sandbox: Sandbox) -> None:
    ben, cleo, gus = (sandbox.slack.person(it) for it in ("ben", "cleo", "gus"))
    await connect(sandbox, ben)
    await ben.close_modal()
    refused = await cleo.command("/cw-setup", CHANNEL)
    assert "admins" in refused.text
    assert "not for guests" in (await gus.command("/cw-status", CHANNEL)).text
    assert sandbox.bot is not None
    await sandbox.bot._tracker.drain(20)
    said = (await ben.command("/cw-status audit", CHANNEL)).text
    lines = [it for it in said.splitlines() if "Ben Okafor" in it or "Marsh" in it or "Gus" in it]
    assert [it.split("  ", 1)[1] for it in lines] == [
        "@Gus Lind ran /cw-status  → ⛔ This is for members of the workspace, not for guests.",
        "@Cleo Marsh ran /cw-setup  → ⛔ Setting up ConnectWise is for admins and those they name.",
        "@Ben Okafor handed in API keys · Production",
        "@Ben Okafor handed in an instance's details",
        "@Ben Okafor ran /cw-setup",
    ]
    for stranger in (cleo, gus):
        assert "Who did what" not in (await stranger.command("/cw-status audit", CHANNEL)).text
    await sandbox.bot._tracker.drain(20)
    assert "@Ben Okafor read this list" in (await ben.command("/cw-status AUDIT ", CHANNEL)).text


async def test_whoever_runs_the_bot_reads_the_same_on_the_machine(sandbox: Sandbox, tmp_path: Path) -> None:
    ben, cleo = sandbox.slack.person("ben"), sandbox.slack.person("cleo")
    await connect(sandbox, ben)
    await cleo.command("/cw-setup", CHANNEL)
    assert sandbox.bot is not None
    await sandbox.bot._tracker.drain(20)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CW_", "SLACK_"))
    }
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "instances", "audit", "--limit", "2"),
        env=environment | {"CW_BOT_DATA_DIR": str(sandbox.settings().cw_bot_data_dir), "COLUMNS": "200"},
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await running.communicate()
    assert running.returncode == 0, err.decode()
    lines = [it for it in out.decode().splitlines() if "U0" in it]
    assert len(lines) == 2
    assert all(it in lines[0] for it in (cleo.id, "/cw-setup (setup)", "not_allowed_setup"))
    assert all(it in lines[1] for it in (ben.id, "credentials (setup)", "done"))


async def test_nobody_can_push_the_rest_out_of_the_trail_with_refusals() -> None:
    kept, clock = Kept(), Clock()
    service = AuditService(kept, monotonic=clock)
    for number in range(500):
        await service.record(TEAM, refusal(subject=f"x{number}"))
    assert len(kept.events) == 1
    await service.record(TEAM, refusal(what="remove"))
    await service.record(TEAM, refusal(by="U2"))
    assert len(kept.events) == 3
    clock.now += 61
    await service.record(TEAM, refusal())
    assert len(kept.events) == 4


async def test_what_is_done_is_kept_however_often() -> None:
    kept = Kept()
    service = AuditService(kept, monotonic=Clock())
    for _ in range(3):
        await service.record(TEAM, refusal(outcome=DONE))
    assert len(kept.events) == 3


async def test_what_a_workspace_does_at_the_same_time_is_kept_together_in_its_order() -> None:
    kept, tracker = Kept(), TaskTracker()
    service = AuditService(kept)
    for number in range(50):
        service.note(TEAM, refusal(subject=f"x{number}", outcome=DONE), tracker.spawn)
        service.note("T0OTHER", refusal(subject="other", outcome=DONE), tracker.spawn)
    assert await tracker.drain(20) == 0
    assert kept.times == 2
    assert [it["subject"] for it in kept.events if it["subject"] != "other"] == [f"x{it}" for it in range(50)]
    assert len(kept.events) == 100


async def being_written(kept: Kept, tracker: TaskTracker) -> AuditService:
    """A service whose first deed, x0, is on its way into a trail that takes its time."""
    service = AuditService(kept, gather_seconds=0)
    kept.gate.clear()
    service.note(TEAM, refusal(subject="x0", outcome=DONE), tracker.spawn)
    while not kept.times:  # noqa: ASYNC110 - it has no event for it
        await asyncio.sleep(0)
    return service


async def test_what_comes_while_the_rest_is_written_is_kept_after_it() -> None:
    kept, tracker = Kept(), TaskTracker()
    service = await being_written(kept, tracker)
    for number in (1, 2):
        service.note(TEAM, refusal(subject=f"x{number}", outcome=DONE), tracker.spawn)
    assert len(tracker) == 1
    kept.gate.set()
    assert await tracker.drain(20) == 0
    assert [it["subject"] for it in kept.events] == ["x0", "x1", "x2"]
    assert kept.times == 2
    service.note(TEAM, refusal(subject="x3", outcome=DONE), tracker.spawn)
    assert await tracker.drain(20) == 0
    assert kept.events[-1]["subject"] == "x3"


async def test_an_end_in_the_middle_is_told_of_each_that_may_be_missing() -> None:
    kept, tracker = Kept(), TaskTracker()
    service = await being_written(kept, tracker)
    service.note(TEAM, refusal(subject="x1", outcome=DONE), tracker.spawn)
    with structlog.testing.capture_logs() as told:
        assert await tracker.drain(0) == 1
    missing = [it["deed"]["subject"] for it in told if it["event"] == "audit_not_kept"]
    assert missing == ["x0", "x1"]


@pytest.mark.parametrize("typed", ["a b", "<!channel>", "é", "x" * 65, 'x"y', "line\nbreak"], ids=ascii)
async def test_nothing_that_was_typed_gets_into_the_trail(typed: str) -> None:
    kept = Kept()
    await AuditService(kept).record(TEAM, refusal(subject=typed, what=typed, by=typed))
    assert kept.events == [
        {"by": "?", "action": "manage", "what": "?", "subject": "?", "outcome": "not_allowed_setup"}
    ]


@pytest.mark.parametrize("is_away", [False, True])
async def test_every_deed_stands_in_the_log_too(is_away: bool) -> None:
    """What falls off the trail's end, or somebody with Redis cuts out of it, is found there."""
    stream = io.StringIO()
    handler = configure_logging(level="INFO", style="json", redactor=Redactor(), stream=stream)
    try:
        await AuditService(Kept(is_away=is_away)).record(TEAM, refusal(outcome=DONE))
    finally:
        logging.getLogger().removeHandler(handler)
    said = stream.getvalue()
    assert '"event": "deed"' in said
    assert '"by": "U1"' in said
    assert ("audit_not_kept" in said) is is_away


def test_everything_that_the_trail_keeps_is_told_in_words() -> None:
    for row in ROWS:
        if not row.is_recorded:
            continue
        what = f"{row.id}.{row.entry}" if row.id == Action.INSTANCE_MENU else row.id
        deed = Deed(by="U1", action=row.right, what=what, subject="a1:role:3")
        line = str(build_audit([deed], {"a1": "Aurora"}).blocks[1])
        assert kit.code(what) not in line or row.surface == "command", line
        assert "Aurora" in line, line


def test_an_entry_of_a_menu_is_told_with_its_instance() -> None:
    deed = Deed(by="U1", action="reveal", what=f"{Action.INSTANCE_MENU}.{Menu.REVEAL}", subject="a1")
    assert "asked to see the API keys · *Aurora*" in str(build_audit([deed], {"a1": "Aurora"}).blocks)
