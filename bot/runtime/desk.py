"""Use cases for the command line: what they change, the bot that runs beside it shows."""

from datetime import UTC, datetime

from bot.domain.instance import Submission
from bot.domain.onboarding import Onboarding, Thread
from bot.domain.refusal import Refusal
from bot.domain.report import Report
from bot.runtime.storage import Storage
from bot.runtime.tasks import TaskTracker
from bot.services.audit import AuditService, Deed
from bot.services.onboarding import OnboardingService
from bot.services.removal import RemovalEntry, RemovalService, Removed
from bot.store.audit import RedisAudit
from bot.store.instances import RedisInstances
from bot.store.onboardings import RedisOnboardings
from bot.store.schedule import RedisSchedule
from bot.store.submissions import RedisSubmissions

BY = "cli"
_DRAIN_SECONDS = 15.0


class _NobodyLooks:
    """A board without a Slack: the durable job that goes with every change has the running bot show it."""

    async def open_thread(self, onboarding: Onboarding) -> Thread:
        """No thread is opened from here."""
        return onboarding.thread

    def onboarding_changed(self, onboarding: Onboarding) -> None:
        """The job shows it."""

    async def site_concluded(self, onboarding: Onboarding, refusal: Refusal | None) -> None:
        """No modal waits."""

    async def credentials_concluded(
        self, onboarding: Onboarding, submission: Submission, report: Report
    ) -> None:
        """No modal waits."""


async def remove_instance(
    storage: Storage, team_id: str, instance_id: str, *, name: str, successor: str
) -> bool:
    """Destroy an instance with all that waits for it; False where another default has to be named first."""
    tracker = TaskTracker()
    schedule = RedisSchedule(storage.redis)
    service = RemovalService(
        instances=RedisInstances(storage.redis, storage.sealer),
        submissions=RedisSubmissions(storage.redis, storage.sealer),
        onboarding=OnboardingService(
            RedisOnboardings(storage.redis, Onboarding),
            schedule,
            _NobodyLooks(),
            clock=_now,
            spawn=tracker.spawn,
        ),
        schedule=schedule,
        clock=_now,
    )
    entry = RemovalEntry(
        team_id=team_id, instance_id=instance_id, by=BY, confirmation=name, successor=successor
    )
    try:
        return isinstance(await service.remove(entry), Removed)
    finally:
        await tracker.drain(_DRAIN_SECONDS)


async def record(storage: Storage, team_id: str, what: str, subject: str = "") -> None:
    """Put what was done from the machine into the workspace's audit trail."""
    deed = Deed(by=BY, action="manage", what=f"cli:{what}", subject=subject)
    await AuditService(RedisAudit(storage.redis)).record(team_id, deed)


def _now() -> datetime:
    return datetime.now(UTC)
