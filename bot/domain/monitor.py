"""What is made of an instance's checks over time: whether it is up, what is said of that, and when to look again.

Everything here is pure. A check's report goes in, the next `Watch` comes out, with what is to be said in its outbox:
once, in order, and nothing twice. One bad answer is no news; one that comes again is. An instance that keeps going up
and down has to be up, or down, for longer each time before anything is said.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, field_validator

from bot.domain.drift import Drift, compare
from bot.domain.instance import Instance
from bot.domain.report import Layer, Outcome, Report, State
from bot.domain.variables import VARIABLES_DRIFT

# So many equal answers in a row, before a change is believed. Each drop of the last day asks for one more; the one that
# is to end counts too, hence none here.
_CONFIRM_BAD: Final = 2
_CONFIRM_GOOD: Final = 0
_CONFIRM_MOST: Final = 6
_REMEMBERED: Final = timedelta(days=1)
_STEADY_AFTER: Final = timedelta(days=7)
_SOON_SECONDS: Final = 60.0
_LONGEST_WAIT_SECONDS: Final = 3600.0


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Health(StrEnum):
    """How an instance is, as far as it was said."""

    UP = "up"
    DOWN = "down"  # ConnectWise cannot be reached, or does not answer
    NEEDS_YOU = "needs_you"  # it answers, and refuses


class NoticeKind(StrEnum):
    """What is said, each once."""

    DOWN = "down"
    NEEDS_YOU = "needs_you"
    RECOVERED = "recovered"
    DRIFT = "drift"


class Notice(_Value):
    """Something to say in the instance's thread.

    `serial` grows with each notice of an instance. `since` is since when it is so (recovered: since when it was not
    well), `at` when it was believed. `summary`, `fix` and `error_key` are the culprit's; `changes` what drifted since
    the last audit. `drops` counts how often it went down within a day, this time included. `is_stopped` where nobody
    asks any more until a person acts.
    """

    serial: int
    kind: NoticeKind
    at: datetime
    since: datetime
    summary: str = ""
    fix: str = ""
    error_key: str = ""
    changes: tuple[Drift, ...] = ()
    drops: int = 0
    is_stopped: bool = False


class Watch(_Value):
    """What is remembered of an instance's checks; its id is the instance's. Holds no secret.

    `since` is when `health` began; `failing_since` when the answers turned bad, believed or not. `failures`, `refusals`
    and `successes` count answers in a row. `baseline` is the last complete audit in short, as JSON that most checks pass
    on unread; `edition` the instance's at that time: what people changed themselves is no drift. `outbox` is what is to
    be said and may not have been said yet.
    """

    id: str
    team_id: str
    health: Health = Health.UP
    since: datetime
    checked_at: datetime | None = None
    failing_since: datetime | None = None
    healthy_since: datetime | None = None
    failures: int = 0
    refusals: int = 0
    successes: int = 0
    is_stopped: bool = False
    drops: tuple[datetime, ...] = ()
    audited_at: datetime | None = None
    baseline: str = ""
    edition: int = 0
    retry_after_seconds: float = 0.0
    serial: int = 0
    outbox: tuple[Notice, ...] = ()
    revision: int = 0

    @field_validator("baseline", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        """Watches that were written before had it as an object, or none."""
        return json.dumps(value) if isinstance(value, dict) else value or ""

    @property
    def is_finished(self) -> bool:
        """Never: it goes with its instance."""
        return False

    def drift_to(self, report: Report) -> tuple[Drift, ...]:
        """What has changed since the last complete audit."""
        return compare(Report.model_validate_json(self.baseline), report) if self.baseline else ()

    def said(self, serial: int) -> "Watch":
        """Without what was said up to that notice."""
        return self.evolve(outbox=tuple(it for it in self.outbox if it.serial > serial))

    def evolve(self, **changes: Any) -> "Watch":
        """A copy with some fields changed."""
        return self.model_copy(update=changes)

    def saying(
        self, kind: NoticeKind, report: Report, *, at: datetime, since: datetime, **more: Any
    ) -> "Watch":
        """A copy with one more notice in its outbox."""
        culprit = report.culprit
        told: dict[str, Any] = {}
        if kind in (NoticeKind.DOWN, NoticeKind.NEEDS_YOU) and culprit is not None:
            told = {"summary": culprit.summary, "fix": culprit.fix, "error_key": culprit.error_key or ""}
        notice = Notice(serial=self.serial + 1, kind=kind, at=at, since=since, **told, **more)
        return self.evolve(serial=notice.serial, outbox=(*self.outbox, notice))


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, in seconds."""

    interval_seconds: float = 900.0
    audit_seconds: float = 86_400.0


def begin(instance: Instance, *, at: datetime) -> Watch:
    """The first watch of an instance that was verified: that verdict is what drift is held against."""
    report = instance.report
    is_whole = report is not None and _is_complete(report)
    return Watch(
        id=instance.id,
        team_id=instance.team_id,
        since=at,
        healthy_since=at,
        audited_at=report.checked_at if report is not None and is_whole else None,
        baseline=_shorten(report) if report is not None and is_whole else "",
        edition=instance.edition,
    )


def observe(watch: Watch, report: Report, *, at: datetime, edition: int, is_audit: bool) -> Watch:
    """The watch after a check, and what is to be said of it. `edition` is the instance's that was checked."""
    watch = watch.evolve(
        checked_at=at,
        drops=tuple(it for it in watch.drops if at - it < _REMEMBERED),
        retry_after_seconds=float(report.facts.get("retry_after") or 0),
    )
    if edition != watch.edition:
        watch = watch.evolve(edition=edition, baseline="", audited_at=None)
    verdict = weigh(report)
    if verdict is Outcome.VERIFIED:
        return _observe_good(watch, report, at=at, is_audit=is_audit)
    return _observe_bad(watch, report, verdict, at=at, is_audit=is_audit)


def weigh(report: Report) -> Outcome:
    """The outcome for the monitor: an instance whose keys work is up, even where something behind them was too slow."""
    works = report.layer("keys").state in (State.OK, State.WARN)
    return Outcome.VERIFIED if report.outcome is Outcome.CANNOT_TELL and works else report.outcome


def wants_audit(watch: Watch, pace: Pace, *, at: datetime) -> bool:
    """Whether the next check is the full one: once a day, after each outage, and where only it can tell of recovery."""
    if watch.health is Health.NEEDS_YOU or watch.audited_at is None:
        return True
    if watch.health is Health.DOWN:
        return False
    is_back = watch.since > watch.audited_at and bool(watch.drops)
    return is_back or at - watch.audited_at >= timedelta(seconds=pace.audit_seconds * _spread(watch.id, 0.1))


def next_delay(watch: Watch, pace: Pace, *, at: datetime) -> float | None:
    """Seconds until the next check; None where nobody is to ask until a person acts."""
    if watch.is_stopped:
        return None
    wait = _base_delay(watch, pace, at) * _spread(watch.id, 0.05)
    # A site that says when to come again is not asked before; one that says "next year" is asked all the same.
    return max(wait, min(watch.retry_after_seconds, _LONGEST_WAIT_SECONDS))


def first_delay(instance_id: str, pace: Pace) -> float:
    """When to look for the first time after a person did: within an interval, each instance at its own time."""
    return pace.interval_seconds * (0.5 + _phase(instance_id) / 2)


def _base_delay(watch: Watch, pace: Pace, at: datetime) -> float:
    interval = pace.interval_seconds
    soon = min(_SOON_SECONDS, interval / 4)
    longest = min(interval * 4, max(interval, _LONGEST_WAIT_SECONDS))
    if watch.health is Health.NEEDS_YOU:
        return longest
    if watch.health is Health.DOWN:
        return soon if watch.successes else min(longest, soon * 2.0 ** min(watch.failures, 16))
    if watch.failures:
        return soon
    if watch.healthy_since is not None and at - watch.healthy_since >= _STEADY_AFTER:
        return interval * 2
    return interval


@lru_cache(maxsize=16_384)
def _phase(instance_id: str) -> float:
    """A number between 0 and 1 that stays with an instance."""
    return int.from_bytes(hashlib.sha256(instance_id.encode()).digest()[:4]) / 2**32


def _spread(instance_id: str, share: float) -> float:
    return 1 - share + 2 * share * _phase(instance_id)


def _observe_good(watch: Watch, report: Report, *, at: datetime, is_audit: bool) -> Watch:
    is_whole = is_audit and _is_complete(report)
    changes = watch.drift_to(report) if is_whole else ()
    since = watch.audited_at or at
    watch = watch.evolve(successes=watch.successes + 1, failures=0, refusals=0)
    if watch.health is Health.UP:
        watch = watch.evolve(failing_since=None)
        if changes:
            watch = watch.saying(NoticeKind.DRIFT, report, at=at, since=since, changes=changes)
    elif watch.successes >= _needed(watch, _CONFIRM_GOOD):
        watch = watch.saying(
            NoticeKind.RECOVERED, report, at=at, since=watch.since, changes=changes, drops=len(watch.drops)
        ).evolve(health=Health.UP, since=at, healthy_since=at, failing_since=None, is_stopped=False)
    else:
        return watch.evolve(is_stopped=False)
    return _audited(watch, report, at) if is_whole else watch


def _observe_bad(watch: Watch, report: Report, verdict: Outcome, *, at: datetime, is_audit: bool) -> Watch:
    refused = verdict is Outcome.NEEDS_YOU
    watch = watch.evolve(
        successes=0,
        failures=watch.failures + 1,
        refusals=watch.refusals + 1 if refused else 0,
        failing_since=watch.failing_since or at,
        healthy_since=None,
    )
    needed = _needed(watch, _CONFIRM_BAD)
    if refused and watch.refusals >= needed and watch.health is not Health.NEEDS_YOU:
        return _turn(watch, Health.NEEDS_YOU, report, at=at, is_audit=is_audit)
    if watch.health is Health.UP and not refused and watch.failures >= needed:
        return _turn(watch, Health.DOWN, report, at=at, is_audit=is_audit)
    if watch.health is Health.NEEDS_YOU and refused:
        return watch.evolve(is_stopped=_stops(report))
    return watch


def _turn(watch: Watch, health: Health, report: Report, *, at: datetime, is_audit: bool) -> Watch:
    since = watch.failing_since or at
    is_whole = is_audit and _is_complete(report)
    changes = watch.drift_to(report) if is_whole else ()
    is_stopped = health is Health.NEEDS_YOU and _stops(report)
    drops = (*watch.drops, at) if watch.health is Health.UP else watch.drops
    kind = NoticeKind.DOWN if health is Health.DOWN else NoticeKind.NEEDS_YOU
    said = watch.saying(
        kind, report, at=at, since=since, changes=changes, drops=len(drops), is_stopped=is_stopped
    )
    # From up to refused the trouble began with the first bad answer; from down to refused it goes on.
    began = since if watch.health is Health.UP else watch.since
    turned = said.evolve(health=health, since=began, drops=drops, is_stopped=is_stopped)
    return _audited(turned, report, at) if is_whole else turned


def _stops(report: Report) -> bool:
    """Refused keys are not shown again: a member may be locked for it, and the answer would be the same."""
    culprit = report.culprit
    return culprit is not None and culprit.name == "keys"


def _needed(watch: Watch, at_least: int) -> int:
    """How many equal answers a change takes, given how often it changed within a day."""
    return min(_CONFIRM_MOST, at_least + len(watch.drops))


def _audited(watch: Watch, report: Report, at: datetime) -> Watch:
    return watch.evolve(audited_at=at, baseline=_shorten(report))


def _is_complete(report: Report) -> bool:
    return report.layer("rights").state in (State.OK, State.WARN, State.FAIL)


def _shorten(report: Report) -> str:
    """What drift is held against, without the sentences, as JSON."""
    layers = tuple(Layer(name=it.name, state=it.state) for it in report.layers)
    kept = {
        name: report.facts[name]
        for name in ("member", "version", "method", VARIABLES_DRIFT)
        if name in report.facts
    }
    return report.model_copy(update={"layers": layers, "facts": kept}).model_dump_json()
