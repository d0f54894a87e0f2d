"""The composition of the monitor: one part of the composition root, in a file of its own."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.jobs import Job, JobKind
from bot.domain.monitor import Notice, Pace
from bot.runtime.settings import Settings
from bot.services.digest import DigestService
from bot.services.monitor import LookFurther, MonitorService, WatchedInstances
from bot.services.onboarding import OnboardingService
from bot.services.ports import Clock
from bot.services.verification import Verifier
from bot.services.worker import Handler
from bot.slack.gateway import SlackGateway
from bot.store.connection import Client
from bot.store.digests import RedisDigests
from bot.store.instances import RedisInstances
from bot.store.schedule import RedisSchedule
from bot.store.watches import RedisWatches
from handlers.digest_board import SlackDigestBoard
from handlers.notice_board import SlackNoticeBoard


@dataclass(frozen=True, slots=True)
class Watching:
    """The monitor, the instances through which it hears of changes, and its word once a day."""

    monitor: MonitorService
    instances: WatchedInstances
    digest: DigestService

    @property
    def handlers(self) -> dict[JobKind, Handler]:
        """What a worker does for it."""

        async def check_instance(job: Job) -> float | None:
            return await self.monitor.check(job.team_id, job.subject)

        async def tell_digest(job: Job) -> float | None:
            return await self.digest.tell(job.team_id)

        return {JobKind.CHECK_INSTANCE: check_instance, JobKind.DIGEST: tell_digest}


def watch(  # noqa: PLR0913 - the parts it joins, by name
    settings: Settings,
    *,
    redis: Client,
    instances: RedisInstances,
    verifier: Verifier,
    onboarding: OnboardingService,
    gateway: SlackGateway,
    clock: Clock,
    look_further: LookFurther,
    noticed: Callable[[Notice], None],
) -> Watching:
    """Join it."""
    watches, schedule = RedisWatches(redis), RedisSchedule(redis)
    monitor = MonitorService(
        verifier=verifier,
        instances=instances,
        watches=watches,
        onboarding=onboarding,
        schedule=schedule,
        board=SlackNoticeBoard(gateway, onboarding, clock=clock),
        clock=clock,
        pace=Pace(interval_seconds=settings.cw_bot_check_interval),
        look_further=look_further,
        noticed=noticed,
    )
    digest = DigestService(
        digests=RedisDigests(redis),
        instances=instances,
        healths=watches,
        schedule=schedule,
        board=SlackDigestBoard(gateway),
        clock=clock,
    )
    return Watching(monitor=monitor, instances=WatchedInstances(instances, monitor), digest=digest)
