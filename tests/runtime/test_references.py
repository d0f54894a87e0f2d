"""A request's reference: in each line of the log that it causes, in what people are told, on all that comes of it."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.domain.errors import ConnectWiseError
from bot.domain.jobs import Job
from bot.domain.reference import current_reference, referred
from bot.domain.report import Report
from bot.runtime.course import Courses
from bot.runtime.logging import configure_logging
from bot.runtime.redaction import Redactor
from bot.runtime.tasks import TaskTracker
from bot.sandbox.bench import Sandbox
from bot.services.status import StatusService
from bot.services.verification import Target, Verifier
from bot.services.worker import Worker
from bot.store.connection import Client
from bot.store.schedule import RedisSchedule
from tests.journeys.steps import CHANNEL, PATIENCE
from tests.runtime.door import front
from tests.store.examples import make_job
from tests.store.server import redis, redis_server

__all__ = ["redis", "redis_server"]

log = structlog.get_logger("ours")
theirs = logging.getLogger("theirs")


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = configure_logging(level="INFO", style="json", redactor=Redactor(), stream=stream)
    yield stream
    logging.getLogger().removeHandler(handler)


def lines(logged: io.StringIO, event: str) -> list[dict[str, Any]]:
    """The log's lines of an event."""
    every = (json.loads(line) for line in logged.getvalue().splitlines())
    return [it for it in every if it["event"] == event]


async def test_what_a_person_is_told_is_found_in_the_log_with_its_cause(
    logged: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise LookupError("a fault of ours")

    async with Sandbox(data_dir=tmp_path / "data") as sandbox:
        configure_logging(level="INFO", style="json", redactor=Redactor(), stream=logged)
        monkeypatch.setattr(StatusService, "glance", fail)
        told = [(await sandbox.slack.person("ben").command("/cw-status", CHANNEL)).text for _ in range(2)]
    references = [found[1] for it in told if (found := re.search(r"Reference: ([0-9a-f]{8})\b", it))]
    assert len(set(references)) == 2, told
    failures = lines(logged, "listener_failed")
    assert [it["reference"] for it in failures] == references
    assert all("LookupError" in it["exception"] for it in failures)


async def test_lines_of_a_request_say_which_one_and_lines_beside_it_do_not(logged: io.StringIO) -> None:
    async with front() as door:
        await asyncio.gather(door.command(user_id="U1"), door.command(user_id="U2"))
        await door.command(api_app_id="ANOTHER")
        await door.send(b"", secret="not the secret")
        log.info("beside")
    refused = lines(logged, "request_refused")
    assert [it["reason"] for it in refused] == ["other_app", "signature"]
    assert len({it["reference"] for it in refused}) == 2
    assert all("reference" not in it for it in lines(logged, "beside"))


async def test_background_work_and_durable_work_go_on_under_the_requests_reference(
    logged: io.StringIO, redis: Client
) -> None:
    schedule, tracker, done = RedisSchedule(redis), TaskTracker(), asyncio.Event()

    async def behind() -> None:
        theirs.info("behind")
        await schedule.add(make_job())

    async def handle(_job: Job) -> None:
        log.info("durable")
        done.set()

    with Courses().request():
        reference = current_reference()
        log.info("request")
        task = tracker.spawn(behind(), name="behind")
    await task
    assert current_reference() == ""

    worker = Worker(
        schedule, {make_job().kind: handle}, spawn=tracker.spawn, around=Courses().job, idle_seconds=0.02
    )
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await tracker.drain(PATIENCE)
    for event in ("request", "behind", "durable"):
        assert [it["reference"] for it in lines(logged, event)] == [reference], event


async def test_a_job_that_comes_of_no_request_has_a_reference_of_its_own(redis: Client) -> None:
    schedule = RedisSchedule(redis)
    await schedule.add(make_job())
    (claim,) = await schedule.claim(1, 60)
    assert claim.job.reference == ""
    with Courses().job(claim.job):
        assert re.fullmatch("[0-9a-f]{8}", current_reference())


async def test_a_failure_of_ours_in_a_background_task_is_logged_under_the_request(
    logged: io.StringIO,
) -> None:
    tracker = TaskTracker()

    async def fail() -> None:
        raise LookupError("a fault of ours")

    with referred() as reference:
        task = tracker.spawn(fail(), name="failing")
    await asyncio.wait({task})
    await asyncio.sleep(0)
    assert [it["reference"] for it in lines(logged, "task_failed")] == [reference]


async def test_a_verdict_that_a_bug_of_ours_spoils_names_the_reference(logged: io.StringIO) -> None:
    class Sites:
        def site(self, _host: str) -> Any:
            raise LookupError("a fault of ours")

        async def close(self) -> None:
            """Nothing is open."""

    with referred() as reference:
        report: Report = await Verifier(Sites()).verify(Target("host.example", "acme"))
    assert report.layers[0].error_key == "internal"
    assert f"Reference: {reference}" in report.layers[0].summary
    failed = [json.loads(it) for it in logged.getvalue().splitlines() if "verification_failed" in it]
    assert [it["reference"] for it in failed] == [reference]


def test_an_error_without_a_request_names_no_reference() -> None:
    from bot.domain.catalogue import explain, explain_error

    assert "Reference" not in explain("internal").summary
    with referred("0123abcd"):
        assert explain_error(ConnectWiseError("internal")).summary.endswith("Reference: 0123abcd")
