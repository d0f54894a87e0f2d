"""`/cw-status`: what is known, how old it is, and a fresh verdict."""

import asyncio
import difflib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.domain.errors import CwBotError, StaleError
from bot.domain.instance import Instance, Outline, Standing, fold_name
from bot.domain.onboarding import Onboarding, Phase
from bot.domain.report import Outcome, Report
from bot.services.credentials import CredentialsService
from bot.services.onboarding import OnboardingService
from bot.services.ports import Instances, Onboardings
from bot.services.rotation import RotationService
from bot.services.variables import VariablesService
from bot.services.verification import Target, Verifier

O_co = TypeVar("O_co", bound=Outline, covariant=True)

DEADLINE_SECONDS = 20.0

# So many instances are read before an ack, more behind it. There may be onboardings of others.
FEW = 20
_FEW_ONBOARDINGS = 3 * FEW

# So many instances are asked at once when all of them are; no site is asked for more than its own limit at a time.
_PARALLEL = 48
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of asking one instance: itself with its fresh verdict, or why it could not be asked."""

    instance: Outline
    error: CwBotError | None = None


@dataclass(frozen=True, slots=True)
class Overview(Generic[O_co]):
    """What a workspace has: its instances by name, and the onboardings that are not closed, by instance id."""

    instances: tuple[O_co, ...] = ()
    onboardings: dict[str, Onboarding] = field(default_factory=dict)

    def can_ask(self, instance: Outline) -> bool:
        """Whether there are keys to ask ConnectWise with, in use or waiting."""
        return can_ask(instance, self.onboardings.get(instance.id))

    def others(self, instance: Outline) -> tuple[O_co, ...]:
        """All but this one."""
        return tuple(it for it in self.instances if it.id != instance.id)

    def nearest(self, name: str) -> tuple[O_co, ...]:
        """Up to three instances whose names begin with, contain or look like what was typed."""
        typed = fold_name(name)
        by_folded = {fold_name(it.name): it for it in self.instances}
        holding = sorted(
            (it for it in by_folded if typed in it), key=lambda it: (not it.startswith(typed), it)
        )
        close = difflib.get_close_matches(typed, by_folded, n=3, cutoff=0.4)
        return tuple(by_folded[it] for it in dict.fromkeys([*holding, *close]))[:3]


@dataclass(frozen=True, slots=True)
class Glance:
    """What can be told of a workspace in one trip to the store, however many instances it has.

    How many there are, the one that is meant with its onboarding, if it can be told, and all of them where they are few.
    """

    number: int
    instance: Instance | None = None
    onboarding: Onboarding | None = None
    overview: Overview[Outline] | None = None


def can_ask(instance: Outline, onboarding: Onboarding | None) -> bool:
    """Whether there are keys to ask ConnectWise with, in use or waiting."""
    return instance.credentials is not None or (onboarding is not None and onboarding.pending is not None)


class StatusService:
    """Tells what works, and finds out anew."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        instances: Instances,
        onboarding: OnboardingService,
        onboardings: Onboardings,
        credentials: CredentialsService,
        rotation: RotationService,
        variables: VariablesService,
    ) -> None:
        self._verifier = verifier
        self._instances = instances
        self._onboarding = onboarding
        self._onboardings = onboardings
        self._credentials = credentials
        self._rotation = rotation
        self._variables = variables

    async def overview(self, team_id: str, at_most: int) -> Overview[Instance] | None:
        """All of a workspace, or None where there are more than so many, none of which is read then."""
        if await self._instances.few(team_id, at_most) is None:
            return None
        instances, onboardings = await asyncio.gather(
            self._instances.list(team_id), self._onboardings.list(team_id)
        )
        return Overview(instances=tuple(instances), onboardings=_by_id(onboardings))

    async def survey(self, team_id: str) -> Overview[Outline]:
        """All of a workspace in short."""
        instances, onboardings = await asyncio.gather(
            self._instances.outlines(team_id), self._onboardings.list(team_id)
        )
        return Overview(instances=instances, onboardings=_by_id(onboardings))

    async def glance(self, team_id: str, name: str = "") -> Glance:
        """What an answer begins with: of the instance of that name, or of the default, without reading many others."""
        (number, instance, onboarding), instances, onboardings = await asyncio.gather(
            self._instances.pick(team_id, name),
            self._instances.few(team_id, FEW),
            self._onboardings.few(team_id, _FEW_ONBOARDINGS),
        )
        is_closed = onboarding is not None and onboarding.phase is Phase.CLOSED
        is_small = instances is not None and onboardings is not None
        return Glance(
            number=number,
            instance=instance,
            onboarding=None if is_closed else onboarding,
            overview=Overview(instances or (), _by_id(onboardings or ())) if is_small else None,
        )

    async def onboarding_of(self, instance: Outline) -> Onboarding | None:
        """Its onboarding, where that is not closed."""
        found = await self._onboarding.find(instance.team_id, instance.id)
        return None if found is None or found.phase is Phase.CLOSED else found

    async def check_all(self, instances: Iterable[Outline]) -> AsyncIterator[Checked]:
        """Ask all of them, a few at once; each as soon as it is known."""
        turns = asyncio.Semaphore(_PARALLEL)

        async def check(instance: Outline) -> Checked:
            async with turns:
                try:
                    return Checked(await self.check(instance.team_id, instance.id))
                except CwBotError as error:
                    return Checked(instance, error)

        tasks = [asyncio.create_task(check(it)) for it in instances]
        try:
            for task in asyncio.as_completed(tasks):
                yield await task
        finally:
            for left in tasks:
                left.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def check(self, team_id: str, instance_id: str) -> Instance:
        """Verify again what the instance holds, or what waits for it, and keep the report with it.

        Raises:
            CwBotError: `instance_gone`, or `nothing_to_check` where no keys were handed in yet.
        """
        return await self._check(await self.get(team_id, instance_id))

    async def _check(self, instance: Instance) -> Instance:
        team_id, instance_id = instance.team_id, instance.id
        if instance.standing in (Standing.DRAFT, Standing.UNVERIFIED):
            await self._credentials.check_pending(team_id, instance_id)
            return await self.get(team_id, instance_id)
        if instance.new_keys is not None:
            used = instance.credentials
            instance = await self._rotation.check_waiting(instance)
            if instance.credentials != used:
                return instance  # the new pair has just proved itself
        report = await self._verifier.verify(_target(instance), deadline_seconds=DEADLINE_SECONDS)
        report = await self._variables.with_drift(instance, report)
        kept = await self._keep(instance, report)
        if kept.report is report and await self._onboarding.find(team_id, instance_id) is not None:
            await self._onboarding.apply_report(team_id, instance_id, report)
        return kept

    async def get(self, team_id: str, instance_id: str) -> Instance:
        """The instance. Raises `CwBotError("instance_gone")`."""
        instance = await self._instances.get(team_id, instance_id)
        if instance is None:
            raise CwBotError("instance_gone")
        return instance

    async def _keep(self, instance: Instance, report: Report) -> Instance:
        told = {Outcome.VERIFIED: Standing.VERIFIED, Outcome.NEEDS_YOU: Standing.NEEDS_YOU}
        current = instance
        for _ in range(_TRIES):
            standing = told.get(report.outcome, current.standing)
            try:
                return await self._instances.save(current.with_report(report, standing))
            except StaleError:
                current = await self.get(instance.team_id, instance.id)
            if _target(current) != _target(instance):
                # What was asked is not what is there any more: this verdict is about something else.
                return current
        raise StaleError


def _by_id(onboardings: Iterable[Onboarding]) -> dict[str, Onboarding]:
    return {it.id: it for it in onboardings if it.phase is not Phase.CLOSED}


def _target(instance: Instance) -> Target:
    return Target(
        host=instance.host,
        company=instance.company,
        member=instance.member,
        credentials=instance.credentials,
        client_id=instance.client_id,
        filter=instance.filter,
        profile=instance.profile,
    )
