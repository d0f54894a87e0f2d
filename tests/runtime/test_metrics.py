"""What is counted, and that no label ever holds anything but what was thought of beforehand."""

import asyncio
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import Metric

import bot
from bot.domain.errors import StoreError, StoreUnavailableError
from bot.domain.jobs import Backlog
from bot.runtime.health import Health
from bot.runtime.logging import configure_logging
from bot.runtime.metrics import LABELS, OTHER, Metrics
from bot.sandbox.bench import Sandbox
from bot.store.connection import Client, close, connect
from bot.store.retries import persist, retrying
from bot.store.schedule import RedisSchedule
from bot.store.watched import watch_commands
from tests.journeys.steps import (
    CHANNEL,
    PATIENCE,
    key_fields,
    reach_keys,
    see_in_thread,
    see_status,
    submit,
)
from tests.journeys.steps import connect as journey
from tests.store.examples import make_job
from tests.store.server import redis, redis_server

__all__ = ["redis", "redis_server"]

ROOT = Path(bot.__file__).parents[1]

# The dashboard and the alert rules name these; whoever takes one away changes them too.
PROMISED = {
    "cw_bot_ack_seconds": {"kind"},
    "cw_bot_requests_refused_total": {"reason"},
    "cw_bot_guards_failed_open_total": {"guard"},
    "cw_bot_tasks": set[str](),
    "cw_bot_info": {"version"},
    "cw_bot_ready": set[str](),
    "cw_bot_verdicts_total": {"outcome", "layer"},
    "cw_bot_slack_calls_total": {"method", "outcome"},
    "cw_bot_slack_call_seconds": {"method"},
    "cw_bot_connectwise_calls_total": {"outcome"},
    "cw_bot_connectwise_call_seconds": set[str](),
    "cw_bot_jobs_total": {"kind", "outcome"},
    "cw_bot_job_seconds": {"kind"},
    "cw_bot_queue_due": set[str](),
    "cw_bot_queue_oldest_seconds": set[str](),
    "cw_bot_loop_lag_seconds": set[str](),
    "cw_bot_redis_seconds": {"outcome"},
    "cw_bot_watch_changes_total": {"to"},
}


def full_name(metric: Metric) -> str:
    """As it is asked for: the library keeps a counter's name without its ending."""
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def stray_labels(metrics: Metrics) -> Iterator[str]:
    """Every label value that is outside its declared set."""
    for metric in metrics.registry.collect():
        allowed = LABELS.get(metric.name, {})
        for sample in metric.samples:
            for label, value in sample.labels.items():
                if label != "le" and value not in allowed.get(label, frozenset()):
                    yield f"{sample.name}{{{label}={value}}}"


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """A sample; 0 while it is not there."""
    return metrics.registry.get_sample_value(name, labels) or 0.0


async def until(metrics: Metrics, name: str, **labels: str) -> None:
    """Wait until it was counted."""
    async with asyncio.timeout(PATIENCE):
        while not value(metrics, name, **labels):  # noqa: ASYNC110 - a counter has no event
            await asyncio.sleep(0.01)


@pytest.fixture
async def sandbox(tmp_path: Path) -> Sandbox:
    it = Sandbox(data_dir=tmp_path / "data", settings={"cw_bot_check_interval": 1})
    configure_logging(level="WARNING", style="console", redactor=it.redactor)
    return it


def metrics_of(sandbox: Sandbox) -> Metrics:
    assert sandbox.bot is not None
    return sandbox.bot.metrics


def test_what_the_dashboard_asks_for_is_there_with_the_labels_it_asks_for() -> None:
    found = {
        full_name(it): set(LABELS.get(it.name, {}))
        for it in Metrics().registry.collect()
        if not it.name.endswith("_created")
    }
    assert found == PROMISED


async def test_a_whole_journey_is_counted_and_no_label_holds_anything_new(sandbox: Sandbox) -> None:
    async with sandbox:
        metrics, ben = metrics_of(sandbox), sandbox.slack.person("ben")
        await reach_keys(sandbox, ben)
        wrong = await submit(ben, key_fields(sandbox, **{"Private key": "Wrong0Wrong0Wrong"}))
        assert not wrong.ok
        assert (await submit(ben, key_fields(sandbox))).ok
        await see_in_thread(ben, "5 of 8")
        await ben.command("/cw-status", CHANNEL)
        await see_status(ben, "Verified")
        sandbox.slack.fail("chat.update", error="no_such_word_of_slacks", times=1)
        sandbox.connectwise.set(answers="down")
        await see_in_thread(ben, "does not answer")
        sandbox.connectwise.reset()
        await see_in_thread(ben, "works again")
        await ben.command("/nonsense-of-nobody", CHANNEL)

        assert list(stray_labels(metrics)) == []
        await until(metrics, "cw_bot_ack_seconds_count", kind="command")
        await until(metrics, "cw_bot_ack_seconds_count", kind="view_submission")
        await until(metrics, "cw_bot_verdicts_total", outcome="verified", layer="none")
        await until(metrics, "cw_bot_verdicts_total", outcome="needs_you", layer="keys")
        await until(metrics, "cw_bot_slack_calls_total", method="views.open", outcome="ok")
        await until(metrics, "cw_bot_slack_call_seconds_count", method="chat.postMessage")
        await until(metrics, "cw_bot_connectwise_calls_total", outcome="ok")
        await until(metrics, "cw_bot_connectwise_calls_total", outcome="server_error")
        await until(metrics, "cw_bot_connectwise_call_seconds_count")
        await until(metrics, "cw_bot_jobs_total", kind="check_instance", outcome="again")
        await until(metrics, "cw_bot_job_seconds_count", kind="check_instance")
        await until(metrics, "cw_bot_redis_seconds_count", outcome="ok")
        await until(metrics, "cw_bot_loop_lag_seconds_count")
        await until(metrics, "cw_bot_ready")
        assert value(metrics, "cw_bot_watch_changes_total", to="down") == 1
        assert value(metrics, "cw_bot_watch_changes_total", to="up") == 1
        assert value(metrics, "cw_bot_info", version=bot.__version__) == 1
    assert list(stray_labels(metrics)) == []
    assert value(metrics, "cw_bot_ready") == 0


async def test_what_comes_over_the_socket_is_measured_like_what_comes_over_http(tmp_path: Path) -> None:
    async with Sandbox(data_dir=tmp_path / "data", uses_socket_mode=True) as sandbox:
        await journey(sandbox, sandbox.slack.person("ben"))
        await until(metrics_of(sandbox), "cw_bot_ack_seconds_count", kind="command")
        await until(metrics_of(sandbox), "cw_bot_ack_seconds_count", kind="view_submission")
        assert list(stray_labels(metrics_of(sandbox))) == []


async def test_while_redis_is_away_the_queue_is_unknown_and_the_bot_not_ready() -> None:
    metrics = Metrics()
    health = Health(metrics)
    is_away = False

    async def ping() -> None:
        if is_away:
            raise StoreUnavailableError

    class Queue:
        async def backlog(self) -> Backlog:
            await ping()
            return Backlog(due=3, oldest_seconds=7.5)

    health.opened(ping)
    watching = asyncio.create_task(health.watch(Queue(), every_seconds=0.01))
    await until(metrics, "cw_bot_queue_oldest_seconds")
    assert value(metrics, "cw_bot_ready") == 1
    assert value(metrics, "cw_bot_queue_oldest_seconds") == 7.5
    is_away = True
    async with asyncio.timeout(PATIENCE):
        while not math.isnan(value(metrics, "cw_bot_queue_oldest_seconds")):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    assert value(metrics, "cw_bot_ready") == 0
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_only_what_is_due_and_has_no_worker_is_the_queue(redis: Client) -> None:
    schedule = RedisSchedule(redis)
    assert await schedule.backlog() == Backlog(due=0, oldest_seconds=0)
    await schedule.add(make_job())
    waiting = await schedule.backlog()
    assert waiting.due == 1
    assert waiting.oldest_seconds >= 0
    (claim,) = await schedule.claim(1, 60)
    assert await schedule.backlog() == Backlog(due=0, oldest_seconds=0)
    await schedule.postpone(claim, 3600)
    assert await schedule.backlog() == Backlog(due=0, oldest_seconds=0)


async def test_commands_to_redis_are_counted_by_how_they_ended(redis: Client) -> None:
    metrics = Metrics()
    watch_commands(redis, metrics.redis)
    await redis.set("cwbot:x", "text")
    assert value(metrics, "cw_bot_redis_seconds_count", outcome="ok") == 1
    with pytest.raises(StoreError):
        await persist(lambda: redis.hgetall("cwbot:x"))
    assert value(metrics, "cw_bot_redis_seconds_count", outcome="refused") == 1
    # A script that the server has not seen is no refusal: it is sent, and runs.
    await redis.script_flush()
    await RedisSchedule(redis).backlog()
    assert value(metrics, "cw_bot_redis_seconds_count", outcome="refused") == 1
    assert list(stray_labels(metrics)) == []


async def test_a_redis_that_cannot_be_reached_and_one_that_hangs_are_told_apart(tmp_path: Path) -> None:
    metrics = Metrics()
    nowhere = connect(f"unix://{tmp_path}/none.sock")
    watch_commands(nowhere, metrics.redis)
    with retrying(0.05), pytest.raises(StoreUnavailableError):
        await persist(nowhere.ping)
    await close(nowhere)
    assert value(metrics, "cw_bot_redis_seconds_count", outcome="unreachable") >= 1

    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_unix_server(lambda _, writer: held.append(writer), tmp_path / "mute.sock")
    mute = connect(f"unix://{tmp_path}/mute.sock")
    watch_commands(mute, metrics.redis)
    with retrying(0.05), pytest.raises(StoreUnavailableError):
        await persist(mute.ping)
    await close(mute)
    for writer in held:
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()
    assert value(metrics, "cw_bot_redis_seconds_count", outcome="given_up") == 1


def texts(folder: str, call: str) -> set[str]:
    """What is given, as a text, to the calls that this pattern finds in the sources."""
    sources = (ROOT / folder).rglob("*.py")
    return {it for path in sources for it in re.findall(call, path.read_text(encoding="utf-8"))}


def test_every_reason_to_refuse_has_its_place_in_the_metric() -> None:
    given = texts("bot/runtime", r'(?:_RefusedError|Turned)\(\d+, "(\w+)"')
    assert {"signature", "not_installed", "too_many"} <= given
    assert given == LABELS["cw_bot_requests_refused"]["reason"]


def test_every_method_of_slack_that_is_called_has_its_place_in_the_metric() -> None:
    called = texts("bot/slack", r'(?:_prompt|_patient|call|_begin)\((?:team_id, )?"([\w.]+)"')
    assert called | {"oauth.v2.access"} == LABELS["cw_bot_slack_calls"]["method"] - {OTHER}


def test_what_nobody_thought_of_is_counted_as_other_or_refused() -> None:
    metrics = Metrics()
    metrics.slack("files.somethingNew")("a word typed by nobody")
    metrics.connectwise("GET")("a key of tomorrow")
    assert value(metrics, "cw_bot_slack_calls_total", method=OTHER, outcome="refused") == 1
    assert value(metrics, "cw_bot_connectwise_calls_total", outcome="refused") == 1
    assert list(stray_labels(metrics)) == []
