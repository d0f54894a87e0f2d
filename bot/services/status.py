"""`/cw-status`: what is known, how old it is, and a fresh verdict."""

import difflib
from dataclasses import dataclass, field

from bot.domain.errors import CwBotError, StaleError
from bot.domain.instance import Instance, Standing, fold_name
from bot.domain.onboarding import Onboarding
from bot.domain.report import Outcome, Report
from bot.services.credentials import CredentialsService
from bot.services.onboarding import OnboardingService
from bot.services.ports import Instances
from bot.services.verification import Target, Verifier

DEADLINE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Overview:
    """What a workspace has: its instances by name, and the onboardings that are under way, by instance id."""

    instances: tuple[Instance, ...] = ()
    onboardings: dict[str, Onboarding] = field(default_factory=dict)

    def pick(self, name: str = "") -> Instance | None:
        """The instance of that name; without one the only one, else the default; None where it cannot be told."""
        if name:
            return next((it for it in self.instances if fold_name(it.name) == fold_name(name)), None)
        if len(self.instances) == 1:
            return self.instances[0]
        return next((it for it in self.instances if it.is_default), None)

    def nearest(self, name: str) -> tuple[str, ...]:
        """Up to three names that look like the one typed."""
        by_folded = {fold_name(it.name): it.name for it in self.instances}
        close = difflib.get_close_matches(fold_name(name), by_folded, n=3, cutoff=0.4)
        return tuple(by_folded[it] for it in close)


class StatusService:
    """Tells what works, and finds out anew."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        instances: Instances,
        onboarding: OnboardingService,
        credentials: CredentialsService,
    ) -> None:
        self._verifier = verifier
        self._instances = instances
        self._onboarding = onboarding
        self._credentials = credentials

    async def overview(self, team_id: str) -> Overview:
        """All of a workspace."""
        instances = await self._instances.list(team_id)
        unfinished = {it.id: it for it in await self._onboarding.unfinished(team_id)}
        return Overview(instances=tuple(instances), onboardings=unfinished)

    async def check(self, team_id: str, instance_id: str) -> Instance:
        """Verify again what the instance holds, or what waits for it, and keep the report with it.

        Raises:
            CwBotError: `instance_gone`, or `nothing_to_check` where no keys were handed in yet.
        """
        instance = await self.get(team_id, instance_id)
        if instance.standing in (Standing.DRAFT, Standing.UNVERIFIED):
            await self._credentials.check_pending(team_id, instance_id)
            return await self.get(team_id, instance_id)
        report = await self._verifier.verify(_target(instance), deadline_seconds=DEADLINE_SECONDS)
        kept = await self._keep(instance, report)
        if await self._onboarding.find(team_id, instance_id) is not None:
            await self._onboarding.apply_report(team_id, instance_id, report)
        return kept

    async def get(self, team_id: str, instance_id: str) -> Instance:
        """The instance. Raises `CwBotError("instance_gone")`."""
        instance = await self._instances.get(team_id, instance_id)
        if instance is None:
            raise CwBotError("instance_gone")
        return instance

    async def _keep(self, instance: Instance, report: Report) -> Instance:
        standing = instance.standing
        if report.outcome is Outcome.VERIFIED:
            standing = Standing.VERIFIED
        elif report.outcome is Outcome.NEEDS_YOU:
            standing = Standing.NEEDS_YOU
        try:
            return await self._instances.save(instance.evolve(report=report, standing=standing))
        except StaleError:
            # Somebody changed the instance while it was being checked: theirs is newer than this verdict.
            return instance.evolve(report=report)


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
