"""What is counted. Label sets are closed: no id, no name, nothing that was typed.

`LABELS` names every value that a label may have. What is not in its set is counted as `other`; a test walks the registry
after whole journeys and fails on anything else.
"""

import time
from collections.abc import Mapping
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot import __version__
from bot.domain.calls import End
from bot.domain.jobs import JobKind
from bot.domain.monitor import Notice, NoticeKind
from bot.domain.report import LAYERS, Outcome, Report

OTHER: Final = "other"
NONE: Final = "none"

_ACK_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_CALL_BUCKETS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0)
_JOB_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_QUICK_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

_SLACK_METHODS: Final = frozenset(
    {
        "chat.delete",
        "chat.getPermalink",
        "chat.postEphemeral",
        "chat.postMessage",
        "chat.update",
        "oauth.v2.access",
        "response_url",
        "usergroups.users.list",
        "users.info",
        "views.open",
        "views.publish",
        "views.push",
        "views.update",
    }
)
# Slack's own words for why not are many; these are the ones that ask for different doings.
_SLACK_OUTCOMES: Final[Mapping[str, str]] = {
    "ok": "ok",
    "ratelimited": "ratelimited",
    "unreachable": "unreachable",
    "invalid_auth": "revoked",
    "token_revoked": "revoked",
    "token_expired": "revoked",
    "account_inactive": "revoked",
    "not_authed": "revoked",
    "given_up": "given_up",  # nobody waited any longer
}
_REFUSED: Final = "refused"
_CONNECTWISE_OUTCOMES: Final[Mapping[str, str]] = {
    "ok": "ok",
    "dns_trouble": "unreachable",
    "dns_unknown": "unreachable",
    "tcp_cut": "unreachable",
    "tcp_refused": "unreachable",
    "tcp_unreachable": "unreachable",
    "tcp_timeout": "timeout",
    "tls_cut": "unreachable",
    "tls_timeout": "timeout",
    "answer_cut": "unreachable",
    "answer_timeout": "timeout",
    "throttled": "throttled",
    "server_timeout": "server_error",
    "server_down": "server_error",
    "server_error": "server_error",
    "given_up": "given_up",
}
_WATCH_CHANGES: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.DOWN: "down",
    NoticeKind.NEEDS_YOU: "needs_you",
    NoticeKind.RECOVERED: "up",
    NoticeKind.DRIFT: "drift",
}
_ACK_KINDS: Final = frozenset(
    {"command", "block_actions", "view_submission", "view_closed", "block_suggestion", "event", OTHER}
)
_REASONS: Final = frozenset(
    {
        "encoding",
        "no_signing_secret",
        "not_installed",
        "not_utf8",
        "other_app",
        "replay",
        "signature",
        "store",
        "too_large",
        "too_many",
        "too_slow",
        "unreadable",
    }
)

# Every label of every metric, and every value it may have.
LABELS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "cw_bot_ack_seconds": {"kind": _ACK_KINDS},
    "cw_bot_requests_refused": {"reason": _REASONS},
    "cw_bot_guards_failed_open": {"guard": frozenset({"rate_limit", "replay"})},
    "cw_bot_info": {"version": frozenset({__version__})},
    "cw_bot_verdicts": {
        "outcome": frozenset(map(str, Outcome)),
        "layer": frozenset({*LAYERS, NONE}),
    },
    "cw_bot_slack_calls": {
        "method": _SLACK_METHODS | {OTHER},
        "outcome": frozenset({*_SLACK_OUTCOMES.values(), _REFUSED}),
    },
    "cw_bot_slack_call_seconds": {"method": _SLACK_METHODS | {OTHER}},
    "cw_bot_connectwise_calls": {"outcome": frozenset({*_CONNECTWISE_OUTCOMES.values(), _REFUSED})},
    "cw_bot_jobs": {
        "kind": frozenset(map(str, JobKind)),
        "outcome": frozenset({"done", "again", "failed", "lost", "handed_back"}),
    },
    "cw_bot_job_seconds": {"kind": frozenset(map(str, JobKind))},
    "cw_bot_redis_seconds": {"outcome": frozenset({"ok", "refused", "unreachable", "given_up"})},
    "cw_bot_watch_changes": {"to": frozenset(_WATCH_CHANGES.values())},
}


class Metrics:
    """One registry for each bot, so that several may run in one process."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.acks = self._histogram(
            "cw_bot_ack_seconds", "From the request's last byte to its answer.", _ACK_BUCKETS
        )
        self.refused = self._counter("cw_bot_requests_refused", "Requests refused at the door.")
        self.failed_open = self._counter(
            "cw_bot_guards_failed_open", "Requests let through because a guard could not be asked."
        )
        self.tasks = self._gauge("cw_bot_tasks", "Background tasks under way.")
        self.ready = self._gauge("cw_bot_ready", "1 while requests can be served, else 0.")
        self.queue_due = self._gauge("cw_bot_queue_due", "Durable jobs that are due and wait for a worker.")
        self.queue_oldest = self._gauge(
            "cw_bot_queue_oldest_seconds", "How long the longest waiting of them has been due."
        )
        self.loop_lag = self._histogram(
            "cw_bot_loop_lag_seconds", "How late the event loop wakes a sleeper.", _QUICK_BUCKETS
        )
        self._gauge("cw_bot_info", "The version that runs.").labels(version=__version__).set(1)
        self._verdicts = self._counter("cw_bot_verdicts", "Verdicts, by the layer that is to blame.")
        self._slack_calls = self._counter("cw_bot_slack_calls", "Calls of Slack's Web API.")
        self._slack_seconds = self._histogram(
            "cw_bot_slack_call_seconds", "How long Slack's Web API took.", _CALL_BUCKETS
        )
        # Before every ack: a look-up of ours in place of two under locks.
        self._slack = cache(self._find_slack)
        connectwise = self._counter("cw_bot_connectwise_calls", "Requests to ConnectWise.")
        self._connectwise = {
            it: connectwise.labels(it) for it in LABELS["cw_bot_connectwise_calls"]["outcome"]
        }
        self._connectwise_seconds = self._histogram(
            "cw_bot_connectwise_call_seconds", "How long ConnectWise took.", _CALL_BUCKETS
        )
        self._jobs = self._counter("cw_bot_jobs", "Durable jobs, by how they ended.")
        self._job_seconds = self._histogram(
            "cw_bot_job_seconds", "How long a durable job was worked on.", _JOB_BUCKETS
        )
        redis = self._histogram("cw_bot_redis_seconds", "How long Redis took.", _QUICK_BUCKETS)
        self._redis = {it: redis.labels(it) for it in LABELS["cw_bot_redis_seconds"]["outcome"]}
        self._watch_changes = self._counter("cw_bot_watch_changes", "What the watch said of instances.")
        self._begin_at_zero()

    def render(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self.registry)

    def slack(self, method: str) -> End:
        """A call of Slack's Web API begins (`bot.domain.calls.Begin`)."""
        name = method if method in _SLACK_METHODS else OTHER
        started = time.perf_counter()

        def end(outcome: str) -> None:
            seconds, calls = self._slack(name, _SLACK_OUTCOMES.get(outcome, _REFUSED))
            seconds.observe(time.perf_counter() - started)
            calls.inc()

        return end

    def _find_slack(self, name: str, outcome: str) -> tuple[Histogram, Counter]:
        return self._slack_seconds.labels(name), self._slack_calls.labels(name, outcome)

    def connectwise(self, _name: str) -> End:
        """A request to ConnectWise begins."""
        started = time.perf_counter()

        def end(outcome: str) -> None:
            self._connectwise_seconds.observe(time.perf_counter() - started)
            self._connectwise[_CONNECTWISE_OUTCOMES.get(outcome, _REFUSED)].inc()

        return end

    def redis(self, _name: str) -> End:
        """A command to Redis begins. On every path: a look-up and an observation, nothing else."""
        started = time.perf_counter()

        def end(outcome: str) -> None:
            self._redis[outcome].observe(time.perf_counter() - started)

        return end

    def job(self, kind: str) -> End:
        """A durable job is taken up."""
        started = time.perf_counter()

        def end(outcome: str) -> None:
            self._job_seconds.labels(kind).observe(time.perf_counter() - started)
            self._jobs.labels(kind, outcome).inc()

        return end

    def verdict(self, report: Report) -> None:
        """A verification has ended."""
        culprit = report.culprit
        self._verdicts.labels(str(report.outcome), culprit.name if culprit else NONE).inc()

    def watch_change(self, notice: Notice) -> None:
        """The watch has something to say of an instance."""
        self._watch_changes.labels(_WATCH_CHANGES[notice.kind]).inc()

    def _begin_at_zero(self) -> None:
        """Where one label is all there is, each of its values is there from the start: a rate needs a first sample."""
        counters = {
            "cw_bot_requests_refused": self.refused,
            "cw_bot_guards_failed_open": self.failed_open,
            "cw_bot_watch_changes": self._watch_changes,
        }
        for name, counter in counters.items():
            for values in LABELS[name].values():
                for value in values:
                    counter.labels(value)

    def _counter(self, name: str, words: str) -> Counter:
        return Counter(f"{name}_total", words, tuple(LABELS.get(name, ())), registry=self.registry)

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(name, words, tuple(LABELS.get(name, ())), registry=self.registry)

    def _histogram(self, name: str, words: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, words, tuple(LABELS.get(name, ())), buckets=buckets, registry=self.registry)
