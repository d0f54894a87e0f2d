"""What a filter would let through, before it is saved: read by us first, then counted by ConnectWise."""

import asyncio
from dataclasses import dataclass

from bot.domain.errors import ConnectWiseError, CwBotError
from bot.domain.evidence import NameRef
from bot.domain.filters import Problem
from bot.domain.filters import check as check_filter
from bot.domain.instance import Credentials, Filter, Instance
from bot.services.ports import Instances
from bot.services.verification import Sites

DEADLINE_SECONDS = 15.0
SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """What was found. Without an error among the problems, either the count with some names, or why there is none."""

    filter: Filter
    problems: tuple[Problem, ...] = ()
    matches: int | None = None
    samples: tuple[str, ...] = ()
    error: CwBotError | None = None

    @property
    def complaint(self) -> Problem | None:
        """The first problem: an error where there is one, else a doubt."""
        return self.problems[0] if self.problems else None


class FilterPreviewService:
    """Tries filters out with an instance's own keys. Only reads."""

    def __init__(
        self,
        *,
        sites: Sites,
        instances: Instances,
        default_client_id: str = "",
    ) -> None:
        self._sites = sites
        self._instances = instances
        self._default_client_id = default_client_id

    async def preview(self, team_id: str, instance_id: str, which: Filter) -> Preview:
        """Count and sample. Raises `CwBotError("instance_gone")`; everything else is in the preview."""
        instance = await self._instances.get(team_id, instance_id)
        if instance is None:
            raise CwBotError("instance_gone")
        problems = check_filter(which)
        if any(it.is_error for it in problems):
            return Preview(filter=which, problems=problems)
        if instance.credentials is None:
            return Preview(filter=which, problems=problems, error=CwBotError("preview_needs_keys"))
        try:
            matches, samples = await self._ask(instance, instance.credentials, which)
        except TimeoutError:
            error = ConnectWiseError("deadline", transient=True, seconds=f"{DEADLINE_SECONDS:g}")
            return Preview(filter=which, problems=problems, error=error)
        except ConnectWiseError as refused:
            return Preview(filter=which, problems=problems, error=refused)
        names = tuple(it.name for it in samples)
        return Preview(filter=which, problems=problems, matches=matches, samples=names)

    async def _ask(
        self, instance: Instance, pair: Credentials, which: Filter
    ) -> tuple[int, tuple[NameRef, ...]]:
        client_id = instance.client_id or self._default_client_id
        async with asyncio.timeout(DEADLINE_SECONDS):
            login = self._sites.site(instance.host).login(instance.company, pair, client_id=client_id)
            matches = await login.count_companies(which)
            return matches, await login.sample_companies(which, size=SAMPLES) if matches else ()
