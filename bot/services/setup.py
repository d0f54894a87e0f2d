"""Modal 1: where is your ConnectWise? Proves host and company without a secret, then opens the thread."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.errors import CwBotError, NameTakenError, StaleError
from bot.domain.fields import Field
from bot.domain.hygiene import CleanHost, clean_company, clean_host, clean_name
from bot.domain.instance import Instance, Profile, new_id
from bot.domain.jobs import Job, JobKind
from bot.domain.onboarding import Onboarding, Phase, Thread
from bot.domain.refusal import COMPANY_FIELD_KEYS, Refusal, refuse
from bot.domain.report import Outcome, Report
from bot.services.onboarding import OnboardingService
from bot.services.ports import Board, Clock, Instances, Schedule, Spawn
from bot.services.verification import Verifier

# Slack waits 3 s for the ack. What the look-up leaves goes to posting the card, the network and Slack itself.
ACK_BUDGET_SECONDS = 1.7

# Behind the ack: long enough for a site that takes 5 s for each answer.
SLOW_BUDGET_SECONDS = 25.0

# Should the process end while a slow site is asked, another worker takes over after this.
TAKE_OVER_AFTER = timedelta(seconds=35)

# The ack has to reach Slack before the modal that it changes is changed again.
SETTLE_SECONDS = 0.7


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """What was typed into modal 1, as it was typed."""

    team_id: str
    by: str
    name: str
    host: str
    company: str
    channel_id: str
    has_keys: bool
    profile: Profile = Profile.FULL
    view_id: str = ""


@dataclass(frozen=True, slots=True)
class SiteSlow:
    """The site takes its time; the look-up goes on and the waiting modal will be told."""

    onboarding: Onboarding


@dataclass(frozen=True, slots=True)
class SiteFound:
    """Host and company are proved and the thread is open."""

    onboarding: Onboarding


SiteAnswer = Refusal | SiteSlow | SiteFound


class SetupService:
    """Starts an instance: details, proof of host and company, thread."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        instances: Instances,
        onboarding: OnboardingService,
        schedule: Schedule,
        board: Board,
        clock: Clock,
        spawn: Spawn,
        ack_budget_seconds: float = ACK_BUDGET_SECONDS,
    ) -> None:
        self._verifier = verifier
        self._instances = instances
        self._onboarding = onboarding
        self._schedule = schedule
        self._board = board
        self._clock = clock
        self._spawn = spawn
        self._ack_budget_seconds = ack_budget_seconds

    async def hand_in_site(self, entry: SiteEntry) -> SiteAnswer:
        """Check what was typed, ask the site within the ack's budget, and open the thread."""
        try:
            draft = self._draft(
                entry, clean_name(entry.name), clean_host(entry.host), clean_company(entry.company)
            )
        except CwBotError as error:
            return refuse(error)
        if await self._instances.by_name(draft.team_id, draft.name) is not None:
            refusal, twin = await self._find_twin(draft)
            found = SiteFound if twin.phase is Phase.RUNNING else SiteSlow
            return refusal or found(onboarding=twin)
        looking = self._spawn(self._look_up(draft), name="look-up-site")
        done, _ = await asyncio.wait({looking}, timeout=self._ack_budget_seconds)
        if not done:
            return await self._go_on_behind(draft, looking)
        refusal, onboarding = await self._conclude(draft, looking.result())
        return refusal or SiteFound(onboarding=onboarding)

    async def finish_site(self, team_id: str, onboarding_id: str) -> None:
        """The slow look-up again, for a process that ended during it. May be repeated."""
        draft = await self._onboarding.find(team_id, onboarding_id)
        if draft is not None and draft.phase is Phase.CHECKING:
            await self._conclude_behind(draft, await self._look_up(draft))

    def _draft(self, entry: SiteEntry, name: str, cleaned: CleanHost, company: str) -> Onboarding:
        now = self._clock()
        return Onboarding(
            id=new_id(),
            team_id=entry.team_id,
            name=name,
            host=cleaned.host,
            web_host=cleaned.web_host or cleaned.host,
            company=company,
            has_keys=entry.has_keys,
            profile=entry.profile,
            phase=Phase.CHECKING,
            started_by=entry.by,
            started_at=now,
            touched_at=now,
            view_id=entry.view_id,
            thread=Thread(channel_id=entry.channel_id),
        )

    async def _look_up(self, draft: Onboarding) -> Report:
        return await self._verifier.find_company(
            draft.host, draft.company, deadline_seconds=SLOW_BUDGET_SECONDS
        )

    async def _go_on_behind(self, draft: Onboarding, looking: asyncio.Task[Report]) -> SiteSlow:
        kept = await self._begin(draft)
        self._spawn(self._finish_behind(kept, looking), name="finish-site")
        return SiteSlow(onboarding=kept)

    async def _finish_behind(self, draft: Onboarding, looking: asyncio.Task[Report]) -> None:
        await asyncio.sleep(SETTLE_SECONDS)
        await self._conclude_behind(draft, await looking)

    async def _conclude_behind(self, draft: Onboarding, report: Report) -> None:
        refusal, onboarding = await self._conclude(draft, report)
        if refusal is not None:
            await self._drop(onboarding)
        await self._board.site_concluded(onboarding, refusal)

    async def _conclude(self, draft: Onboarding, report: Report) -> tuple[Refusal | None, Onboarding]:
        """Keep the proved site and open its thread; on any refusal nothing is left behind but what the modal holds.

        What is begun here and not ended, since the process ends, is taken up again by a worker.
        """
        if report.outcome is not Outcome.VERIFIED:
            return Refusal(field=_blame(report), report=report), draft
        if draft.revision == 0:
            draft = await self._begin(draft)
        try:
            await self._add_instance(draft)
        except NameTakenError:
            await self._drop(draft)
            return await self._find_twin(draft)
        onboarding = await self._keep(draft, report)
        try:
            thread = await self._board.open_thread(onboarding)
        except CwBotError as error:
            await self._instances.remove(draft.team_id, draft.id)
            await self._drop(onboarding)
            return refuse(error, Field.CHANNEL), onboarding
        onboarding, _ = await asyncio.gather(
            self._onboarding.record_thread(draft.team_id, draft.id, thread),
            self._schedule.cancel(self._job(draft).id),
        )
        self._onboarding.show(onboarding)
        return None, onboarding

    async def _keep(self, draft: Onboarding, report: Report) -> Onboarding:
        proved = draft.model_copy(
            update={"phase": Phase.RUNNING, "company_name": str(report.facts.get("company_name", ""))}
        )
        return await self._onboarding.replace(proved)

    async def _begin(self, draft: Onboarding) -> Onboarding:
        # In this order: a job without a draft has nothing to do, a draft without a job would stay for ever.
        await self._schedule.add(self._job(draft))
        return await self._onboarding.add(draft)

    async def _drop(self, draft: Onboarding) -> None:
        await self._onboarding.forget(draft)
        await self._schedule.cancel(self._job(draft).id)

    async def _add_instance(self, draft: Onboarding) -> None:
        try:
            await self._instances.add(_instance(draft))
        except StaleError:
            # A process that ended has begun this setup, and got as far as here.
            if await self._instances.get(draft.team_id, draft.id) is None:
                raise

    async def _find_twin(self, draft: Onboarding) -> tuple[Refusal | None, Onboarding]:
        """A modal that is sent again, since its answer was lost, finds what it began; all others' names are taken."""
        known = await self._instances.by_name(draft.team_id, draft.name)
        twin = await self._onboarding.find(draft.team_id, known.id) if known else None
        is_same = (
            twin is not None
            and twin.phase is not Phase.CLOSED
            and (twin.view_id, twin.host, twin.company, twin.started_by)
            == (draft.view_id, draft.host, draft.company, draft.started_by)
        )
        if twin is None or not is_same:
            return refuse(NameTakenError(name=draft.name), Field.NAME), draft
        self._onboarding.show(twin)
        return None, twin

    def _job(self, draft: Onboarding) -> Job:
        return Job(
            id=f"{JobKind.CHECK_SITE}:{draft.team_id}:{draft.id}",
            kind=JobKind.CHECK_SITE,
            team_id=draft.team_id,
            subject=draft.id,
            due_at=self._clock() + TAKE_OVER_AFTER,
        )


def _instance(draft: Onboarding) -> Instance:
    return Instance(
        id=draft.id,
        team_id=draft.team_id,
        name=draft.name,
        host=draft.host,
        company=draft.company,
        profile=draft.profile,
        created_by=draft.started_by,
        created_at=draft.started_at,
    )


def _blame(report: Report) -> Field:
    culprit = report.culprit
    company_is_to_blame = culprit is not None and culprit.error_key in COMPANY_FIELD_KEYS
    return Field.COMPANY if company_is_to_blame else Field.HOST
