"""Modal 2: the API member's keys. Sealed first, verified then, kept as the instance's only when ConnectWise agrees.

A hand-in ends in one of three ways. *Verified*: the instance holds the keys. *Needs you*: the instance holds nothing
new; the hand-in stays sealed for a while where the keys themselves were accepted (a role to mend) or the person is
gone from the modal, so that *Check now* needs no typing. *Cannot tell*: the hand-in stays sealed and is tried again
until it can be told.
"""

from dataclasses import dataclass

from bot.domain import onboarding as machine
from bot.domain.errors import CwBotError, InputError
from bot.domain.filters import check as check_filter
from bot.domain.hygiene import clean_client_id, clean_keys, clean_member
from bot.domain.instance import Credentials, Filter, Instance, Standing, Submission, new_id
from bot.domain.jobs import JobKind
from bot.domain.onboarding import Onboarding, Pending
from bot.domain.refusal import Refusal, refuse
from bot.domain.report import Outcome, Report
from bot.services.hand_in import ACK_BUDGET_SECONDS, SLOW_BUDGET_SECONDS, HandIns, blame, retry_delay
from bot.services.onboarding import OnboardingService
from bot.services.ports import Board, Clock, Instances, Schedule, Spawn, Submissions
from bot.services.verification import Budget, Target, Verifier

__all__ = [
    "Concluded",
    "CredentialsAnswer",
    "CredentialsEntry",
    "CredentialsService",
    "Slow",
    "blame",
    "retry_delay",
]


@dataclass(frozen=True, slots=True)
class CredentialsEntry:
    """What was typed into modal 2. Empty fields for keys and client ID mean those that are waiting, if any."""

    team_id: str
    onboarding_id: str
    by: str
    member: str
    public_key: str
    private_key: str
    filter: Filter
    client_id: str
    view_id: str = ""

    def __repr__(self) -> str:
        """Without anything typed."""
        return f"CredentialsEntry(onboarding_id={self.onboarding_id!r}, by={self.by!r})"


@dataclass(frozen=True, slots=True)
class Concluded:
    """The verdict came within the ack's budget."""

    onboarding: Onboarding
    report: Report


@dataclass(frozen=True, slots=True)
class Slow:
    """The verdict takes longer; the waiting modal and the thread will be told."""

    onboarding: Onboarding


CredentialsAnswer = Refusal | Concluded | Slow


class CredentialsService:
    """Takes keys in, has them verified, and keeps them when they are good."""

    def __init__(  # noqa: PLR0913 - the parts it joins, by name
        self,
        *,
        verifier: Verifier,
        instances: Instances,
        submissions: Submissions,
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
        self._board = board
        self._clock = clock
        self._hand_ins = HandIns(
            JobKind.VERIFY_SUBMISSION,
            submissions=submissions,
            schedule=schedule,
            clock=clock,
            spawn=spawn,
            ack_budget_seconds=ack_budget_seconds,
        )

    async def hand_in(self, entry: CredentialsEntry) -> CredentialsAnswer:
        """Check what was typed, seal it, verify it within the ack's budget, else go on behind."""
        onboarding = await self._onboarding.get(entry.team_id, entry.onboarding_id)
        try:
            submission = await self._read(entry, onboarding)
        except InputError as error:
            return refuse(error)
        concluded = await self._hand_ins.take(
            submission, self._conclude(submission), lambda it: self._tell(submission, it)
        )
        if concluded is None:
            return Slow(onboarding=onboarding)
        onboarding, report = concluded
        field = blame(report)
        if field is None:
            return Concluded(onboarding=onboarding, report=report)
        # Everything typed is still in the modal: nothing of a refused pair needs to be kept.
        await self._forget(submission)
        return Refusal(field=field, report=report)

    async def check_pending(self, team_id: str, onboarding_id: str) -> Onboarding:
        """*Check now* on keys that wait: verify them again. Raises `CwBotError("nothing_to_check")`."""
        onboarding = await self._onboarding.get(team_id, onboarding_id)
        submission = await self._pending(onboarding)
        if submission is None:
            raise CwBotError("nothing_to_check")
        onboarding, _ = await self._conclude(submission)
        return onboarding

    async def finish(self, team_id: str, submission_id: str) -> bool:
        """What a worker does for a hand-in that was not concluded. True if it is to be asked again later."""
        submission = await self._hand_ins.get(team_id, submission_id)
        if submission is None:
            return False
        onboarding = await self._onboarding.find(team_id, submission.instance_id)
        if onboarding is None:
            await self._hand_ins.drop(team_id, submission_id)
            return False
        onboarding, report = await self._conclude(submission, budget=Budget.BACKGROUND)
        await self._board.credentials_concluded(onboarding, submission, report)
        return report.outcome is Outcome.CANNOT_TELL

    async def _read(self, entry: CredentialsEntry, onboarding: Onboarding) -> Submission:
        member = clean_member(entry.member)
        for problem in check_filter(entry.filter):
            if problem.is_error:
                raise problem.error
        waiting = await self._pending(onboarding)
        return Submission(
            id=new_id(),
            team_id=entry.team_id,
            instance_id=onboarding.id,
            by=entry.by,
            at=self._clock(),
            member=member,
            credentials=_keys(entry, onboarding, waiting),
            filter=entry.filter,
            client_id=clean_client_id(entry.client_id) or (waiting.client_id if waiting else ""),
            view_id=entry.view_id,
            channel_id=onboarding.thread.channel_id,
        )

    async def _pending(self, onboarding: Onboarding) -> Submission | None:
        if onboarding.pending is None:
            return None
        return await self._hand_ins.get(onboarding.team_id, onboarding.pending.submission_id)

    async def _conclude(
        self, submission: Submission, *, budget: Budget = Budget.INTERACTIVE
    ) -> tuple[Onboarding, Report]:
        """Verify and write what follows. May be repeated, also by two processes: every write is idempotent."""
        onboarding = await self._onboarding.get(submission.team_id, submission.instance_id)
        report = await self._verifier.verify(
            _target(onboarding, submission), deadline_seconds=SLOW_BUDGET_SECONDS, budget=budget
        )
        instance = await self._instances.get(submission.team_id, submission.instance_id)
        if instance is None:
            # It was removed meanwhile, and its keys with it: these too.
            await self._hand_ins.drop(submission.team_id, submission.id)
            raise CwBotError("instance_gone")
        if instance.keys_entered_at is not None and instance.keys_entered_at > submission.at:
            # Later keys were kept meanwhile: what became of these is nobody's concern any more.
            await self._forget(submission)
            return await self._onboarding.get(submission.team_id, submission.instance_id), report
        await self._keep_what_it_proves(submission, instance, report)
        waited = onboarding.pending
        onboarding = await self._onboarding.change(
            submission.team_id, submission.instance_id, lambda it: self._after(it, submission, report)
        )
        await self._hand_ins.settle(submission, report)
        if waited is not None and waited.submission_id != submission.id and waited.at <= submission.at:
            await self._hand_ins.drop(submission.team_id, waited.submission_id)
        return onboarding, report

    async def _keep_what_it_proves(self, submission: Submission, instance: Instance, report: Report) -> None:
        if report.outcome is Outcome.NEEDS_YOU:
            return
        if report.outcome is Outcome.CANNOT_TELL and instance.standing is Standing.VERIFIED:
            return  # good keys are never given up for a pair that nobody could try
        standing = Standing.VERIFIED if report.outcome is Outcome.VERIFIED else Standing.UNVERIFIED
        changed = instance.alter(
            by=submission.by,
            at=submission.at,
            member=submission.member,
            credentials=submission.credentials,
            filter=submission.filter,
            client_id=submission.client_id,
        )
        entered = {"keys_entered_by": submission.by, "keys_entered_at": submission.at}
        await self._instances.save(changed.evolve(**entered).with_report(report, standing))

    def _after(self, onboarding: Onboarding, submission: Submission, report: Report) -> Onboarding:
        if blame(report) is None:
            onboarding = machine.accept_details(onboarding, by=submission.by, at=submission.at)
        onboarding = machine.apply_report(onboarding, report, at=self._clock())
        waits = report.outcome is not Outcome.VERIFIED
        pending = Pending(submission_id=submission.id, by=submission.by, at=submission.at) if waits else None
        return onboarding.model_copy(
            update={
                "member": submission.member,
                "filter": submission.filter,
                "pending": pending,
            }
        )

    async def _forget(self, submission: Submission) -> None:
        await self._hand_ins.drop(submission.team_id, submission.id)

        def without(onboarding: Onboarding) -> Onboarding:
            is_it = onboarding.pending is not None and onboarding.pending.submission_id == submission.id
            return onboarding.model_copy(update={"pending": None}) if is_it else onboarding

        await self._onboarding.change(submission.team_id, submission.instance_id, without)

    async def _tell(self, submission: Submission, concluded: tuple[Onboarding, Report]) -> None:
        onboarding, report = concluded
        await self._board.credentials_concluded(onboarding, submission, report)


def _keys(entry: CredentialsEntry, onboarding: Onboarding, waiting: Submission | None) -> Credentials:
    if waiting is not None and not entry.public_key.strip() and not entry.private_key.strip():
        return waiting.credentials
    public_key, private_key = clean_keys(entry.public_key, entry.private_key, company=onboarding.company)
    return Credentials.model_validate({"public_key": public_key, "private_key": private_key})


def _target(onboarding: Onboarding, submission: Submission) -> Target:
    return Target(
        host=onboarding.host,
        company=onboarding.company,
        member=submission.member,
        credentials=submission.credentials,
        client_id=submission.client_id,
        filter=submission.filter,
        profile=onboarding.profile,
    )
