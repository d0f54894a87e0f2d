"""Keeps an eye on every verified instance: asks now and then, and says in its thread what changed. Once.

The decisions are `bot.domain.monitor`'s. A check writes the watch and what is to be said in one step; saying it comes
after and is taken up again by the next check, or by whichever process is there, should this one end in between.
"""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.domain import monitor as rules
from bot.domain.errors import CwBotError, StaleError
from bot.domain.instance import Instance, Outline, Standing
from bot.domain.jobs import Job, JobKind
from bot.domain.monitor import Health, Notice, Pace, Watch
from bot.domain.onboarding import Onboarding
from bot.domain.report import Outcome, Report
from bot.services.instance_ports import ManagedInstances
from bot.services.onboarding import OnboardingService
from bot.services.ports import Clock, Instances, Schedule
from bot.services.verification import Target, Verifier

log = structlog.get_logger(__name__)

DEADLINE_SECONDS: Final = 25.0

# A notice whose post is under way elsewhere, or could not be made, is looked at again after this.
_SAY_AGAIN_SECONDS: Final = 25.0
# After somebody acted on an instance that was not well: soon, but behind whatever they are doing.
_SOON: Final = timedelta(seconds=2)
WATCHED: Final = frozenset({Standing.VERIFIED, Standing.NEEDS_YOU})
_STANDINGS: Final = {Outcome.VERIFIED: Standing.VERIFIED, Outcome.NEEDS_YOU: Standing.NEEDS_YOU}


class Watches(Protocol):
    """What is remembered of each instance's checks."""

    async def get(self, team_id: str, instance_id: str) -> Watch | None:
        """The watch, or None."""
        ...

    async def save(self, watch: Watch) -> Watch:
        """Write if nobody else did meanwhile. Raises `StaleError`."""
        ...

    async def remove(self, team_id: str, instance_id: str) -> None:
        """Forget it."""
        ...


class NoticeBoard(Protocol):
    """Where notices are read. Implemented over Slack in `handlers.notice_board`; nothing here raises."""

    async def say(self, instance: Outline, notice: Notice) -> bool:
        """Post it into the instance's thread, unless it was. False where that has to be tried again later."""
        ...


# What an audit looks at beside the verdict: the report with more among its facts. Raises nothing.
LookFurther = Callable[[Instance, Report], Awaitable[Report]]


class MonitorService:
    """Checks instances when their time has come. `noticed` is told of each change as soon as it stands, once."""

    def __init__(  # noqa: PLR0913 - the parts it joins, by name
        self,
        *,
        verifier: Verifier,
        instances: Instances,
        watches: Watches,
        onboarding: OnboardingService,
        schedule: Schedule,
        board: NoticeBoard,
        clock: Clock,
        pace: Pace,
        look_further: LookFurther,
        noticed: Callable[[Notice], None] = lambda _: None,
    ) -> None:
        self._verifier = verifier
        self._instances = instances
        self._watches = watches
        self._onboarding = onboarding
        self._schedule = schedule
        self._board = board
        self._clock = clock
        self._pace = pace
        self._look_further = look_further
        self._noticed = noticed

    async def follow(self, instance: Instance) -> None:
        """Look after an instance from now on; one that was not well, soon. May be repeated: there is one job for each."""
        watch = await self._watches.get(instance.team_id, instance.id)
        if watch is not None and watch.is_stopped:
            with contextlib.suppress(StaleError):  # whoever wrote meanwhile has looked at it
                await self._watches.save(watch.evolve(is_stopped=False))
        is_well = watch is None or (watch.health is Health.UP and not watch.failures)
        wait = timedelta(seconds=rules.first_delay(instance.id, self._pace)) if is_well else _SOON
        await self._schedule.add(plan_check(instance, due_at=self._clock() + wait))

    async def forget(self, team_id: str, instance_id: str) -> None:
        """It was removed: nobody asks any more. May be repeated."""
        await self._schedule.cancel(_job_id(team_id, instance_id))
        await self._watches.remove(team_id, instance_id)

    async def check(self, team_id: str, instance_id: str) -> float | None:
        """What a worker does: seconds until the next check, or None where there is none until somebody acts."""
        now = self._clock()
        found = await self._look_up(team_id, instance_id, at=now)
        if found is None:
            await self._watches.remove(team_id, instance_id)
            return None
        instance, watch = found
        if watch.outbox and not await self._say_all(instance, watch):
            return _SAY_AGAIN_SECONDS
        if watch.outbox:
            watch = await self._watches.get(team_id, instance_id) or watch
        if watch.is_stopped:
            return None
        is_audit = rules.wants_audit(watch, self._pace, at=now)
        report = await self._ask(instance, is_light=not is_audit)
        if watch.health is Health.DOWN and not is_audit and rules.weigh(report) is Outcome.VERIFIED:
            # It is back: whether it is as it was, only the whole verdict tells.
            is_audit, report = True, await self._ask(instance, is_light=False)
        return await self._conclude(instance, watch, report, is_audit=is_audit)

    async def _look_up(self, team_id: str, instance_id: str, *, at: datetime) -> tuple[Outline, Watch] | None:
        """What is checked, in short, and its watch; None where nobody asks it any more."""
        watch = await self._watches.get(team_id, instance_id)
        if watch is not None:
            outline = await self._instances.outline(team_id, instance_id)
            return None if outline is None or not _is_watched(outline) else (outline, watch)
        instance = await self._instances.get(team_id, instance_id)
        if instance is None or not _is_watched(instance):
            return None
        return instance, rules.begin(instance, at=at)

    async def _ask(self, instance: Outline, *, is_light: bool) -> Report:
        report = await self._verifier.verify(
            _target(instance), deadline_seconds=DEADLINE_SECONDS, is_light=is_light
        )
        whole = None if is_light else await self._instances.get(instance.team_id, instance.id)
        return report if whole is None else await self._look_further(whole, report)

    async def _conclude(
        self, instance: Outline, watch: Watch, report: Report, *, is_audit: bool
    ) -> float | None:
        now = self._clock()
        observed = rules.observe(watch, report, at=now, edition=instance.edition, is_audit=is_audit)
        turned = observed.health is not watch.health
        if turned:
            log.info(
                "instance_turned", instance=instance.id, health=str(observed.health), serial=observed.serial
            )
        if (turned or is_audit) and not await self._keep(instance, report):
            return 1.0  # somebody has changed what was asked about: this verdict is about something else
        try:
            saved = await self._watches.save(observed)
        except StaleError:
            return 1.0  # another worker's check was first
        for notice in saved.outbox:
            if notice.serial > watch.serial:
                self._noticed(notice)
        waits = not await self._say_all(instance, saved)
        delay = rules.next_delay(saved, self._pace, at=now)
        return _SAY_AGAIN_SECONDS if waits else delay

    async def _say_all(self, instance: Outline, watch: Watch) -> bool:
        """Say what is in the outbox, in its order. False where something has to wait."""
        for notice in watch.outbox:
            if not await self._board.say(instance, notice):
                return False
            try:
                watch = await self._watches.save(watch.said(notice.serial))
            except StaleError:
                return False
        return True

    async def _keep(self, instance: Outline, report: Report) -> bool:
        """Keep the verdict with the instance and its thread. False where it is not about what is there now."""
        current = await self._instances.get(instance.team_id, instance.id)
        if current is None or _target(current) != _target(instance):
            return False
        standing = _STANDINGS.get(report.outcome, current.standing)
        try:
            await self._instances.save(current.with_report(report, standing))
        except StaleError:
            return False
        try:
            await self._onboarding.apply_report(instance.team_id, instance.id, report)
        except CwBotError as error:
            log.info("verdict_without_thread", instance=instance.id, key=error.key)
        return True


class WatchedInstances:
    """The instances, with the monitor kept informed: whoever saves or removes one, the checks follow.

    The job is added before the instance is written: should the process end in between, it finds nothing to do.
    """

    def __init__(self, instances: ManagedInstances, monitor: MonitorService) -> None:
        self._instances = instances
        self._monitor = monitor

    async def add(self, instance: Instance) -> Instance:
        """Keep a new one. Raises `NameTakenError`."""
        return await self._instances.add(instance)

    async def get(self, team_id: str, instance_id: str) -> Instance | None:
        """The instance, or None."""
        return await self._instances.get(team_id, instance_id)

    async def outline(self, team_id: str, instance_id: str) -> Outline | None:
        """The instance in short, or None."""
        return await self._instances.outline(team_id, instance_id)

    async def by_name(self, team_id: str, name: str) -> Instance | None:
        """The instance of that name, whatever its capitals."""
        return await self._instances.by_name(team_id, name)

    async def list(self, team_id: str) -> list[Instance]:
        """All of a workspace, by name."""
        return await self._instances.list(team_id)

    async def pick(self, team_id: str, name: str = "") -> tuple[int, Instance | None, Onboarding | None]:
        """How many there are, and the one of that name with its onboarding; without a name, the default."""
        return await self._instances.pick(team_id, name)

    async def outlines(self, team_id: str) -> tuple[Outline, ...]:
        """All of a workspace in short, by name."""
        return await self._instances.outlines(team_id)

    async def few(self, team_id: str, at_most: int) -> tuple[Outline, ...] | None:
        """The same, or None where there are more than so many."""
        return await self._instances.few(team_id, at_most)

    async def save(self, instance: Instance) -> Instance:
        """Write if nobody else did meanwhile; a verified one is looked after from now on. Raises `StaleError`."""
        if instance.standing is Standing.VERIFIED and instance.credentials is not None:
            await self._monitor.follow(instance)
        return await self._instances.save(instance)

    async def remove(self, team_id: str, instance_id: str) -> bool:
        """Destroy it with its keys and its checks; False if it was gone."""
        removed = await self._instances.remove(team_id, instance_id)
        await self._monitor.forget(team_id, instance_id)
        return removed

    async def make_default(self, team_id: str, instance_id: str) -> bool:
        """Make it the default in place of the one that was; False where it is gone."""
        return await self._instances.make_default(team_id, instance_id)


def plan_check(instance: Instance, *, due_at: datetime) -> Job:
    """The job that looks after an instance: there is one for each, which every check puts off to the next."""
    return Job(
        id=_job_id(instance.team_id, instance.id),
        kind=JobKind.CHECK_INSTANCE,
        team_id=instance.team_id,
        subject=instance.id,
        due_at=due_at,
    )


def _job_id(team_id: str, instance_id: str) -> str:
    return f"{JobKind.CHECK_INSTANCE}:{team_id}:{instance_id}"


def _is_watched(instance: Outline) -> bool:
    return instance.credentials is not None and instance.standing in WATCHED


def _target(instance: Outline) -> Target:
    return Target(
        host=instance.host,
        company=instance.company,
        member=instance.member,
        credentials=instance.credentials,
        client_id=instance.client_id,
        filter=instance.filter,
        profile=instance.profile,
    )
