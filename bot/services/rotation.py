"""Rotating keys: the new pair is sealed, then verified, and only then takes the place of the one in use.

Verified, the instance holds the new pair and the old one is gone from here. Refused, nothing changes. Where the keys are
right and something else has to be mended, or where ConnectWise cannot be asked, the new pair waits, sealed, and the
old one stays in use.
"""

from dataclasses import dataclass

from bot.domain import onboarding as machine
from bot.domain.errors import CwBotError, InputError, StaleError
from bot.domain.fields import Field
from bot.domain.hygiene import clean_keys, clean_member
from bot.domain.instance import Credentials, Instance, Standing, Submission, Waiting, new_id
from bot.domain.onboarding import Onboarding
from bot.domain.refusal import Refusal, refuse
from bot.domain.report import Outcome, Report
from bot.services.hand_in import SLOW_BUDGET_SECONDS, HandIns, blame
from bot.services.instance_ports import InstanceBoard
from bot.services.onboarding import OnboardingService
from bot.services.ports import Clock, Instances
from bot.services.revisions import Rotated, RotationAnswer, Stale
from bot.services.verification import Budget, Target, Verifier

# A write loses against a check's at most a few times.
_TRIES = 8
_FIELDS = frozenset({Field.PUBLIC_KEY, Field.PRIVATE_KEY, Field.MEMBER, Field.CLIENT_ID})


@dataclass(frozen=True, slots=True)
class RotationEntry:
    """What was typed into the form; `edition` is the instance's when it was opened."""

    team_id: str
    instance_id: str
    by: str
    edition: int
    member: str
    public_key: str
    private_key: str
    view_id: str = ""

    def __repr__(self) -> str:
        """Without anything typed."""
        return f"RotationEntry(instance_id={self.instance_id!r}, by={self.by!r})"


@dataclass(frozen=True, slots=True)
class RotationSlow:
    """The verdict takes longer; the waiting modal and the thread will be told."""

    instance: Instance


class RotationService:
    """Puts new keys in the place of old ones. `hand_ins` carries jobs of the kind `ROTATE_KEYS`."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        instances: Instances,
        onboarding: OnboardingService,
        hand_ins: HandIns,
        board: InstanceBoard,
        clock: Clock,
    ) -> None:
        self._verifier = verifier
        self._instances = instances
        self._onboarding = onboarding
        self._board = board
        self._clock = clock
        self._hand_ins = hand_ins

    async def hand_in(self, entry: RotationEntry) -> RotationAnswer | RotationSlow:
        """Check what was typed, seal it, verify it within the ack's budget, else go on behind."""
        instance = await self._get(entry.team_id, entry.instance_id)
        if instance.edition != entry.edition:
            return Stale(instance=instance, edition=entry.edition)
        try:
            submission = self._read(entry, instance)
        except InputError as error:
            return refuse(error)
        answer = await self._hand_ins.take(
            submission,
            self._answer(submission),
            lambda it: self._board.rotation_concluded(instance, submission, it),
        )
        return RotationSlow(instance=instance) if answer is None else answer

    async def check_waiting(self, instance: Instance) -> Instance:
        """Verify the new pair that waits, if one does; the instance as it is afterwards."""
        waiting = instance.new_keys
        if waiting is None:
            return instance
        submission = await self._hand_ins.get(instance.team_id, waiting.submission_id)
        if submission is None:  # it ran out
            return await self._instances.save(instance.evolve(new_keys=None))
        await self._answer(submission)
        return await self._get(instance.team_id, instance.id)

    async def finish(self, team_id: str, submission_id: str) -> bool:
        """What a worker does for a pair that has yet to prove itself. True if it is to be asked again later."""
        submission = await self._hand_ins.get(team_id, submission_id)
        if submission is None:
            return False
        answer = await self._answer(submission, budget=Budget.BACKGROUND)
        instance = await self._get(team_id, submission.instance_id)
        await self._board.rotation_concluded(instance, submission, answer)
        return isinstance(answer, Rotated) and answer.report.outcome is Outcome.CANNOT_TELL

    async def discard(self, instance: Instance) -> None:
        """Destroy the pair that waits, if one does."""
        if instance.new_keys is not None:
            await self._hand_ins.drop(instance.team_id, instance.new_keys.submission_id)

    def _read(self, entry: RotationEntry, instance: Instance) -> Submission:
        used = instance.credentials.public_key.get_secret_value() if instance.credentials else ""
        member = clean_member(entry.member)
        public_key, private_key = clean_keys(
            entry.public_key, entry.private_key, company=instance.company, known_public=used
        )
        credentials = Credentials.model_validate({"public_key": public_key, "private_key": private_key})
        if credentials == instance.credentials:
            raise InputError("keys_in_use", field=Field.PUBLIC_KEY)
        return Submission(
            id=new_id(),
            team_id=entry.team_id,
            instance_id=instance.id,
            by=entry.by,
            at=self._clock(),
            member=member,
            credentials=credentials,
            filter=instance.filter,
            client_id=instance.client_id,
            view_id=entry.view_id,
        )

    async def _answer(self, submission: Submission, *, budget: Budget = Budget.INTERACTIVE) -> RotationAnswer:
        """Verify and write what follows. May be repeated, also by two processes: every write is idempotent."""
        before = await self._find_or_drop(submission)
        report = await self._verifier.verify(
            _target(before, submission), deadline_seconds=SLOW_BUDGET_SECONDS, budget=budget
        )
        try:
            instance = await self._keep(submission, before, report)
        except StaleError:
            await self._hand_ins.drop(submission.team_id, submission.id)
            now = await self._get(submission.team_id, submission.instance_id)
            return Stale(instance=now, edition=before.edition)
        if report.outcome is Outcome.VERIFIED:
            await self._tell_verified(submission, instance, report)
            return Rotated(instance=instance, report=report)
        field = _blame(report)
        if field is not None:
            await self._hand_ins.drop(submission.team_id, submission.id)
            return Refusal(field=field, report=report)
        await self._hand_ins.settle(submission, report)
        return Rotated(instance=instance, report=report)

    async def _keep(self, submission: Submission, before: Instance, report: Report) -> Instance:
        for _ in range(_TRIES):
            current = await self._find_or_drop(submission)
            if current.credentials not in (before.credentials, submission.credentials):
                raise StaleError  # somebody else's new pair was first
            changed = _after(current, submission, report)
            if changed is current:
                return current
            try:
                kept = await self._instances.save(changed)
            except StaleError:
                continue
            if current.new_keys is not None and current.new_keys.submission_id != submission.id:
                await self.discard(current)
            return kept
        raise StaleError

    async def _tell_verified(self, submission: Submission, instance: Instance, report: Report) -> None:
        now = self._clock()

        def with_report(onboarding: Onboarding) -> Onboarding:
            known = onboarding.model_copy(update={"member": submission.member})
            return machine.apply_report(known, report, at=now)

        onboarding = await self._onboarding.find(submission.team_id, submission.instance_id)
        if onboarding is not None:
            onboarding = await self._onboarding.change(onboarding.team_id, onboarding.id, with_report)
        was_first = await self._hand_ins.settle(submission, report)
        if was_first and onboarding is not None:
            await self._board.keys_rotated(onboarding, instance)

    async def _find_or_drop(self, submission: Submission) -> Instance:
        try:
            return await self._get(submission.team_id, submission.instance_id)
        except CwBotError:
            await self._hand_ins.drop(submission.team_id, submission.id)
            raise

    async def _get(self, team_id: str, instance_id: str) -> Instance:
        instance = await self._instances.get(team_id, instance_id)
        if instance is None:
            raise CwBotError("instance_gone")
        return instance


def _after(instance: Instance, submission: Submission, report: Report) -> Instance:
    if report.outcome is Outcome.VERIFIED:
        changed = instance.alter(
            by=submission.by,
            at=submission.at,
            member=submission.member,
            credentials=submission.credentials,
        )
        entered = {"keys_entered_by": submission.by, "keys_entered_at": submission.at, "new_keys": None}
        return changed.evolve(**entered).with_report(report, Standing.VERIFIED)
    if _blame(report) is not None:
        is_it = instance.new_keys is not None and instance.new_keys.submission_id == submission.id
        return instance.evolve(new_keys=None) if is_it else instance
    waiting = Waiting(submission_id=submission.id, by=submission.by, at=submission.at)
    return instance if instance.new_keys == waiting else instance.evolve(new_keys=waiting)


def _blame(report: Report) -> Field | None:
    field = blame(report)
    return field if field in _FIELDS else None


def _target(instance: Instance, submission: Submission) -> Target:
    return Target(
        host=instance.host,
        company=instance.company,
        member=submission.member,
        credentials=submission.credentials,
        client_id=submission.client_id,
        filter=submission.filter,
        profile=instance.profile,
    )
