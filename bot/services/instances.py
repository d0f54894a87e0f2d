"""Managing instances: details, filter, default, keys shown, removal.

Every change names the edition of the instance that the person looked at; where somebody else has changed it since,
nothing is written and they are told (`Stale`). What has to be proved is proved before anything is saved.
"""

from typing import Any

from bot.domain import onboarding as machine
from bot.domain.doubles import Doubles, find_doubles
from bot.domain.errors import CwBotError, InputError, NameTakenError, NotAllowedError, StaleError
from bot.domain.fields import Field
from bot.domain.filters import check as check_filter
from bot.domain.hygiene import clean_company, clean_host, clean_name
from bot.domain.instance import Instance, Standing
from bot.domain.onboarding import Onboarding
from bot.domain.refusal import COMPANY_FIELD_KEYS, Refusal, refuse
from bot.domain.report import Outcome, Report, State
from bot.domain.text import drop_invisible
from bot.services.hand_in import ACK_BUDGET_SECONDS, SLOW_BUDGET_SECONDS, within
from bot.services.instance_ports import InstanceBoard, ManagedInstances
from bot.services.onboarding import OnboardingService
from bot.services.ports import Clock, Spawn
from bot.services.revisions import (
    ChangeAnswer,
    ChangeSlow,
    EditEntry,
    FilterEntry,
    Proof,
    Rejected,
    Revision,
    Saved,
    Stale,
)
from bot.services.verification import Target, Verifier

MAX_DESCRIPTION = 3000
# A write loses against a check's at most a few times.
_TRIES = 8


class InstanceService:
    """What one does with an instance after it was connected."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        instances: ManagedInstances,
        onboarding: OnboardingService,
        board: InstanceBoard,
        clock: Clock,
        spawn: Spawn,
        may_reveal: bool = True,
        ack_budget_seconds: float = ACK_BUDGET_SECONDS,
    ) -> None:
        self._verifier = verifier
        self._instances = instances
        self._onboarding = onboarding
        self._board = board
        self._clock = clock
        self._spawn = spawn
        self._may_reveal = may_reveal
        self._ack_budget_seconds = ack_budget_seconds

    async def get(self, team_id: str, instance_id: str) -> Instance:
        """The instance. Raises `CwBotError("instance_gone")`."""
        instance = await self._instances.get(team_id, instance_id)
        if instance is None:
            raise CwBotError("instance_gone")
        return instance

    async def others(self, instance: Instance) -> list[Instance]:
        """The other instances of its workspace, by name."""
        return [it for it in await self._instances.list(instance.team_id) if it.id != instance.id]

    async def doubles(self, team_id: str, instance_id: str) -> Doubles:
        """Which other instances look like this one; none where it is gone."""
        found = await self._instances.list(team_id)
        mine = next((it for it in found if it.id == instance_id), None)
        return _doubles_of(mine, found) if mine else Doubles()

    async def edit(self, entry: EditEntry) -> ChangeAnswer | ChangeSlow:
        """Save new details. Another host or company is proved first, with the kept keys where there are any."""
        instance = await self.get(entry.team_id, entry.instance_id)
        try:
            revision = _plan_edit(entry, instance)
        except InputError as error:
            return Rejected(refusal=refuse(error), entry=entry, instance=instance)
        return await self._carry_out(revision, instance)

    async def edit_filter(self, entry: FilterEntry) -> ChangeAnswer | ChangeSlow:
        """Save another filter, once ConnectWise has understood it and lets something through."""
        instance = await self.get(entry.team_id, entry.instance_id)
        problem = next((it for it in check_filter(entry.filter) if it.is_error), None)
        if problem is not None:
            return Rejected(refusal=refuse(problem.error), entry=entry, instance=instance)
        fields = {"filter": entry.filter}
        proof = Proof.NOTHING if instance.credentials is None else Proof.KEYS
        revision = Revision(entry=entry, proof=proof, judge=_judge_filter, fields=fields, shown=fields)
        return await self._carry_out(revision, instance)

    async def make_default(self, team_id: str, instance_id: str) -> Instance:
        """Make it the one that is meant where none is named."""
        instance = await self.get(team_id, instance_id)
        if not await self._instances.make_default(team_id, instance_id):
            raise CwBotError("instance_gone")
        return instance.evolve(is_default=True)

    async def ask_to_reveal(self, team_id: str, instance_id: str) -> Instance:
        """Whether the keys may be shown: raises `NotAllowedError("reveal_off")`, `CwBotError("nothing_to_reveal")`."""
        if not self._may_reveal:
            raise NotAllowedError("reveal_off")
        instance = await self.get(team_id, instance_id)
        if instance.credentials is None:
            raise CwBotError("nothing_to_reveal")
        return instance

    async def reveal(self, team_id: str, instance_id: str, *, by: str) -> Instance:
        """The instance with its keys, to be shown to `by` alone; the thread is told who has looked."""
        instance = await self.ask_to_reveal(team_id, instance_id)
        onboarding = await self._onboarding.find(team_id, instance_id)
        if onboarding is not None:
            self._spawn(self._board.keys_revealed(onboarding, instance, by=by), name="announce-reveal")
        return instance

    async def _carry_out(self, revision: Revision, instance: Instance) -> ChangeAnswer | ChangeSlow:
        entry = revision.entry
        if instance.edition != entry.edition:
            return Stale(instance=instance, edition=entry.edition, entry=entry)
        if await self._is_taken(revision):
            return _taken(revision, instance)
        if revision.proof is Proof.NOTHING:
            return await self._save(revision, None)
        answer = await within(
            self._prove(revision, instance),
            lambda it: self._board.change_concluded(instance, view_id=entry.view_id, by=entry.by, answer=it),
            spawn=self._spawn,
            budget_seconds=self._ack_budget_seconds,
            name="prove-change",
        )
        return ChangeSlow(instance=instance) if answer is None else answer

    async def _is_taken(self, revision: Revision) -> bool:
        name = revision.fields.get("name")
        if not name:
            return False
        holder = await self._instances.by_name(revision.entry.team_id, name)
        return holder is not None and holder.id != revision.entry.instance_id

    async def _prove(self, revision: Revision, instance: Instance) -> ChangeAnswer:
        target = _target(revision.apply(instance))
        if revision.proof is Proof.SITE:
            report = await self._verifier.find_company(
                target.host, target.company, deadline_seconds=SLOW_BUDGET_SECONDS
            )
        else:
            report = await self._verifier.verify(target, deadline_seconds=SLOW_BUDGET_SECONDS)
        refusal = revision.judge(report)
        if refusal is not None:
            return Rejected(refusal=refusal, entry=revision.entry, instance=instance)
        return await self._save(revision, report)

    async def _save(self, revision: Revision, report: Report | None) -> ChangeAnswer:
        entry = revision.entry
        for _ in range(_TRIES):
            current = await self.get(entry.team_id, entry.instance_id)
            if current.edition != entry.edition:
                return Stale(instance=current, edition=entry.edition, entry=entry)
            changed = current.alter(by=entry.by, at=self._clock(), **revision.fields)
            if changed is current:
                return Saved(instance=current, report=report)
            if report is not None and revision.proof is Proof.KEYS:
                changed = changed.with_report(report, _standing(report, current))
            try:
                kept = await self._instances.save(changed)
            except NameTakenError:
                return _taken(revision, current)
            except StaleError:
                continue
            return await self._show(revision, kept, report)
        raise StaleError

    async def _show(self, revision: Revision, kept: Instance, report: Report | None) -> Saved:
        shown, now = dict(revision.shown), self._clock()
        if report is not None and report.facts.get("company_name"):
            shown["company_name"] = str(report.facts["company_name"])

        def mirror(onboarding: Onboarding) -> Onboarding:
            changed = onboarding.model_copy(update=shown)
            if report is None or revision.proof is not Proof.KEYS:
                return changed
            return machine.apply_report(changed, report, at=now)

        if await self._onboarding.find(kept.team_id, kept.id) is not None:
            await self._onboarding.change(kept.team_id, kept.id, mirror)
        what = kept.changes[-1].what
        doubles = Doubles()
        if {"host", "company"} & set(what):
            doubles = _doubles_of(kept, await self._instances.list(kept.team_id))
        return Saved(instance=kept, what=what, report=report, doubles=doubles)


def _plan_edit(entry: EditEntry, instance: Instance) -> Revision:
    cleaned = clean_host(entry.host)
    company = clean_company(entry.company)
    fields: dict[str, Any] = {
        "name": clean_name(entry.name),
        "description": _clean_description(entry.description),
        "host": cleaned.host,
        "company": company,
        "profile": entry.profile,
    }
    shown = {key: value for key, value in fields.items() if key != "description"}
    moved = (cleaned.host, company) != (instance.host, instance.company)
    if moved:
        fields["drift"] = None
        shown["web_host"] = cleaned.web_host or cleaned.host
    proof = Proof.NOTHING
    if moved:
        proof = Proof.SITE if instance.credentials is None else Proof.KEYS
    suspect = Field.COMPANY if company != instance.company else Field.HOST
    return Revision(
        entry=entry, proof=proof, judge=lambda it: _judge_place(it, suspect), fields=fields, shown=shown
    )


def _clean_description(text: str) -> str:
    description = drop_invisible(text).strip()
    if len(description) > MAX_DESCRIPTION:
        raise InputError("description_too_long", field=Field.DESCRIPTION, limit=MAX_DESCRIPTION)
    return description


def _judge_place(report: Report, suspect: Field) -> Refusal | None:
    """Another host or company has to be fine all through: the kept keys work there, or it is not saved."""
    culprit = report.culprit
    if report.outcome is Outcome.VERIFIED or culprit is None:
        return None
    if culprit.error_key in COMPANY_FIELD_KEYS:
        return Refusal(field=Field.COMPANY, report=report)
    if culprit.name in ("keys", "member") and culprit.state is State.FAIL:
        return Refusal(field=suspect, error=CwBotError("kept_keys_refused"))
    is_place = culprit.name in ("dns", "tcp", "tls", "company")
    return Refusal(field=Field.HOST if is_place else suspect, report=report)


def _judge_filter(report: Report) -> Refusal | None:
    """The filter's own layer has to be fine; what else is wrong was so before, and stays to be mended."""
    if report.layer("filter").state in (State.OK, State.WARN):
        return None
    return Refusal(field=Field(report.facts.get("filter_field", Field.CONDITIONS)), report=report)


def _standing(report: Report, instance: Instance) -> Standing:
    told = {Outcome.VERIFIED: Standing.VERIFIED, Outcome.NEEDS_YOU: Standing.NEEDS_YOU}
    return told.get(report.outcome, instance.standing)


def _taken(revision: Revision, instance: Instance) -> Rejected:
    error = NameTakenError(name=str(revision.fields.get("name", "")))
    return Rejected(refusal=refuse(error, Field.NAME), entry=revision.entry, instance=instance)


def _doubles_of(instance: Instance, found: list[Instance]) -> Doubles:
    return find_doubles(
        found,
        host=instance.host,
        company=instance.company,
        credentials=instance.credentials,
        besides=instance.id,
    )


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
