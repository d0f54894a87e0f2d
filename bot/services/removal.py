"""Removing an instance: confirmed by its name, another default chosen first, keys destroyed, thread closed."""

from dataclasses import dataclass

from bot.domain import onboarding as machine
from bot.domain.errors import CwBotError, InputError, StoreError
from bot.domain.fields import Field
from bot.domain.instance import Instance, fold_name
from bot.domain.jobs import JobKind
from bot.domain.onboarding import Onboarding
from bot.domain.refusal import Refusal, refuse
from bot.domain.text import drop_invisible
from bot.services.instance_ports import ManagedInstances
from bot.services.onboarding import OnboardingService
from bot.services.ports import Clock, Schedule, Submissions


@dataclass(frozen=True, slots=True)
class RemovalEntry:
    """What was typed: the name as confirmation, and the id of the next default where one is needed."""

    team_id: str
    instance_id: str
    by: str
    confirmation: str
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """It is gone; `successor` is the default now, if there had to be another."""

    instance: Instance
    successor: Instance | None = None


class RemovalService:
    """Takes an instance away, for good."""

    def __init__(
        self,
        *,
        instances: ManagedInstances,
        submissions: Submissions,
        onboarding: OnboardingService,
        schedule: Schedule,
        clock: Clock,
    ) -> None:
        self._instances = instances
        self._submissions = submissions
        self._onboarding = onboarding
        self._schedule = schedule
        self._clock = clock

    async def remove(self, entry: RemovalEntry) -> Refusal | Removed:
        """Destroy it. May be repeated: one that was interrupted is ended, then raises `CwBotError("instance_gone")`."""
        instance = await self._instances.get(entry.team_id, entry.instance_id)
        if instance is None:
            await self._close(entry)
            raise CwBotError("instance_gone")
        if not _is_name(entry.confirmation, instance):
            return refuse(InputError("name_differs", field=Field.CONFIRMATION, name=instance.name))
        try:
            successor = await self._hand_on_default(entry, instance)
            await self._discard_waiting(instance)
            await self._instances.remove(entry.team_id, entry.instance_id)
        except StoreError as error:
            if error.key != "default_in_use":
                raise
            return refuse(error, Field.SUCCESSOR)
        await self._close(entry)
        return Removed(instance=instance, successor=successor)

    async def _hand_on_default(self, entry: RemovalEntry, instance: Instance) -> Instance | None:
        if not instance.is_default or not entry.successor:
            return None  # where it would be needed, the store refuses the removal
        successor = await self._instances.get(entry.team_id, entry.successor)
        if successor is None or successor.id == instance.id:
            raise StoreError("default_in_use")
        await self._instances.make_default(entry.team_id, successor.id)
        return successor

    async def _discard_waiting(self, instance: Instance) -> None:
        """Keys that wait for a verdict are destroyed with those in use, and nobody asks about them any more."""
        team_id = instance.team_id
        if instance.new_keys is not None:
            await self._discard(JobKind.ROTATE_KEYS, team_id, instance.new_keys.submission_id)
        onboarding = await self._onboarding.find(team_id, instance.id)
        if onboarding is not None and onboarding.pending is not None:
            await self._discard(JobKind.VERIFY_SUBMISSION, team_id, onboarding.pending.submission_id)

    async def _discard(self, kind: JobKind, team_id: str, submission_id: str) -> None:
        await self._submissions.drop(team_id, submission_id)
        await self._schedule.cancel(f"{kind}:{team_id}:{submission_id}")

    async def _close(self, entry: RemovalEntry) -> None:
        now = self._clock()

        def close(onboarding: Onboarding) -> Onboarding:
            return machine.close(onboarding, by=entry.by, at=now)

        await self._schedule.cancel(f"{JobKind.CHECK_SITE}:{entry.team_id}:{entry.instance_id}")
        if await self._onboarding.find(entry.team_id, entry.instance_id) is not None:
            await self._onboarding.change(entry.team_id, entry.instance_id, close)


def _is_name(typed: str, instance: Instance) -> bool:
    return fold_name(drop_invisible(typed)) == fold_name(drop_invisible(instance.name))
