"""The onboarding's use cases: every change to it goes through here, one after the other."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.domain import onboarding as machine
from bot.domain.errors import CwBotError, StaleError
from bot.domain.jobs import Job, JobKind
from bot.domain.onboarding import Onboarding, Phase, Step, StepName, StepState, Thread, Transition
from bot.domain.report import Report
from bot.services.ports import Board, Clock, Onboardings, Schedule, Spawn

# A click loses against another at most a few times; beyond that something writes in a loop.
_TRIES: Final = 8

# The board shows a change at once. Should the process end first, the durable job shows it this much later: after an
# intent to post has gone stale (`bot.domain.thread.INTENT_FRESH`).
_REPAIR_AFTER: Final = timedelta(seconds=22)

# How long a thread is quiet before it is reminded of.
IDLE_AFTER = machine.IDLE_AFTER


class StepMovedError(CwBotError):
    """The button was drawn before somebody else changed the step; `step` is how it is now."""

    default_key = "step_moved"

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step


class OnboardingService:
    """Reads and changes onboardings, and has the board show them."""

    def __init__(
        self, onboardings: Onboardings, schedule: Schedule, board: Board, *, clock: Clock, spawn: Spawn
    ) -> None:
        self._onboardings = onboardings
        self._schedule = schedule
        self._board = board
        self._clock = clock
        self._spawn = spawn

    async def get(self, team_id: str, onboarding_id: str) -> Onboarding:
        """The onboarding. Raises `CwBotError("onboarding_gone")`."""
        found = await self._onboardings.get(team_id, onboarding_id)
        if found is None:
            raise CwBotError("onboarding_gone")
        return found

    async def find(self, team_id: str, onboarding_id: str) -> Onboarding | None:
        """The onboarding, or None."""
        return await self._onboardings.get(team_id, onboarding_id)

    async def unfinished(self, team_id: str) -> list[Onboarding]:
        """Those with something left to do, the latest first."""
        found = await self._onboardings.list(team_id, finished=False)
        return sorted(found, key=lambda it: it.started_at, reverse=True)

    async def add(self, onboarding: Onboarding) -> Onboarding:
        """Keep a new one."""
        return await self._onboardings.add(onboarding)

    async def replace(self, onboarding: Onboarding) -> Onboarding:
        """Write a state read before, unless somebody else wrote meanwhile, and show it durably. Raises `StaleError`."""
        saved, _ = await asyncio.gather(self._onboardings.save(onboarding), self._schedule_show(onboarding))
        return saved

    async def forget(self, onboarding: Onboarding) -> None:
        """Drop one that never got a thread."""
        await self._onboardings.remove(onboarding.team_id, onboarding.id)

    async def take(
        self, team_id: str, onboarding_id: str, step: StepName, *, by: str, seen: int | None = None
    ) -> Onboarding:
        """Somebody is on it. `seen` is the turn at which they saw the step. Raises `StepMovedError`."""
        now = self._clock()

        def transition(onboarding: Onboarding) -> Onboarding:
            is_free = (StepState.OPEN, StepState.CONTRADICTED)
            _refuse_moved(onboarding.step(step), seen, lambda it: it.state in is_free or it.by == by)
            return machine.take(onboarding, step, by=by, at=now)

        return await self.change(team_id, onboarding_id, transition)

    async def hand_over(
        self, team_id: str, onboarding_id: str, step: StepName, *, to: str, by: str, seen: int | None = None
    ) -> Onboarding:
        """Somebody gives the step to a person, who is told so in the thread. Raises `StepMovedError`."""
        now = self._clock()

        def transition(onboarding: Onboarding) -> Onboarding:
            _refuse_moved(
                onboarding.step(step), seen, lambda it: not it.is_complete and it.by in ("", by, to)
            )
            return machine.hand_over(onboarding, step, to=to, by=by, at=now)

        return await self.change(team_id, onboarding_id, transition)

    async def complete(
        self, team_id: str, onboarding_id: str, step: StepName, *, by: str, seen: int | None = None
    ) -> Onboarding:
        """Somebody says it is done. The first counts; whoever comes second is told. Raises `StepMovedError`."""
        now = self._clock()

        def transition(onboarding: Onboarding) -> Onboarding:
            _refuse_moved(onboarding.step(step), seen, lambda it: not it.is_complete or it.by == by)
            return machine.complete(onboarding, step, by=by, at=now)

        return await self.change(team_id, onboarding_id, transition)

    async def undo(
        self, team_id: str, onboarding_id: str, step: StepName, *, by: str, seen: int | None = None
    ) -> Onboarding:
        """Somebody takes a mark back: the one they saw, never one that was made meanwhile. Raises `StepMovedError`."""
        now = self._clock()

        def transition(onboarding: Onboarding) -> Onboarding:
            _refuse_moved(onboarding.step(step), seen, lambda it: it.state is StepState.OPEN)
            return machine.undo(onboarding, step, by=by, at=now)

        return await self.change(team_id, onboarding_id, transition)

    async def apply_report(self, team_id: str, onboarding_id: str, report: Report) -> Onboarding:
        """Hold the steps against what the API showed."""
        now = self._clock()
        return await self.change(team_id, onboarding_id, lambda it: machine.apply_report(it, report, at=now))

    async def close(self, team_id: str, onboarding_id: str, *, by: str) -> Onboarding:
        """The instance was removed: the thread says so, and nothing in it can be changed any more."""
        now = self._clock()
        closed = await self.change(team_id, onboarding_id, lambda it: machine.close(it, by=by, at=now))
        await self._schedule.cancel(_job_id(JobKind.REMIND, team_id, onboarding_id))
        return closed

    async def remind(self, team_id: str, onboarding_id: str) -> float | None:
        """What a worker does for a thread that may be idle: seconds until it is to be asked again, or None."""
        onboarding = await self.find(team_id, onboarding_id)
        if onboarding is None or onboarding.is_finished:
            return None
        now = self._clock()
        left = (onboarding.touched_at or onboarding.started_at) + IDLE_AFTER - now
        if left > timedelta(0):
            return left.total_seconds()

        def transition(it: Onboarding) -> Onboarding:
            return machine.remind(it, at=now, after=IDLE_AFTER)

        reminded = await self._write(team_id, onboarding_id, transition)
        if reminded.reminded_at == now:
            await self._schedule_show(reminded)
            self._board.onboarding_changed(reminded)
        return None

    async def change_thread(
        self, team_id: str, onboarding_id: str, transition: Callable[[Thread], Thread]
    ) -> Onboarding:
        """Change where and how it is shown; the board's own bookkeeping, so it is not shown again for it."""
        return await self._write(
            team_id,
            onboarding_id,
            lambda it: it.model_copy(update={"thread": transition(it.thread)}),
        )

    async def record_thread(self, team_id: str, onboarding_id: str, thread: Thread) -> Onboarding:
        """Remember where it is shown, as the board has just said, unless it has written down more by itself."""
        return await self.change_thread(
            team_id, onboarding_id, lambda it: it if it.parent_ts or it.intents else thread
        )

    async def adopt(
        self, team_id: str, onboarding_id: str, *, part: str, channel_id: str, ts: str, parent_ts: str
    ) -> None:
        """Somebody clicked in this message. Where it is not the one that is known for its part, set that right."""
        onboarding = await self.get(team_id, onboarding_id)
        if channel_id != onboarding.thread.channel_id or not ts or onboarding.thread.ts_of(part) == ts:
            return
        changed = await self.change_thread(
            team_id, onboarding_id, lambda it: it.found(part, ts, parent_ts or it.parent_ts)
        )
        self.show(changed)

    async def rejoin(self, team_id: str, channel_id: str, *, joined_ts: str) -> None:
        """The bot was invited again: every unfinished thread of the channel is posted anew, once, with its state."""
        for onboarding in await self._in_channel(team_id, channel_id):
            if not onboarding.is_finished:
                onboarding = await self.change_thread(  # noqa: PLW2901 - the newest state is what is shown
                    team_id, onboarding.id, lambda it: it.left(joined_ts)
                )
            self.show(onboarding)

    async def revive(self, team_id: str, channel_id: str) -> None:
        """The channel can be written to again: what changed meanwhile is shown."""
        for onboarding in await self._in_channel(team_id, channel_id):
            self.show(onboarding)

    async def change(self, team_id: str, onboarding_id: str, transition: Transition) -> Onboarding:
        """Apply a transition to the newest state and show the result. May be repeated: transitions are idempotent.

        Showing it is scheduled by the time this returns: should the process end then, another one shows it.
        """
        job = self._show_job(team_id, onboarding_id)
        changed, _ = await asyncio.gather(
            self._write(team_id, onboarding_id, transition), self._schedule.add(job)
        )
        self._board.onboarding_changed(changed)
        self._spawn(self._schedule_reminder(changed), name="schedule-reminder")
        return changed

    def show(self, onboarding: Onboarding) -> None:
        """Have the board show it now, and durably soon."""
        self._board.onboarding_changed(onboarding)
        self._spawn(self._schedule_both(onboarding), name="schedule-show")

    async def _in_channel(self, team_id: str, channel_id: str) -> list[Onboarding]:
        known = await self._onboardings.list(team_id)
        return [it for it in known if it.thread.channel_id == channel_id and it.phase is not Phase.CHECKING]

    async def _schedule_both(self, onboarding: Onboarding) -> None:
        await self._schedule_show(onboarding)
        await self._schedule_reminder(onboarding)

    async def _schedule_reminder(self, onboarding: Onboarding) -> None:
        if not onboarding.is_finished:
            quiet_since = onboarding.touched_at or onboarding.started_at
            due_at = quiet_since + IDLE_AFTER
            await self._schedule.add(_job(JobKind.REMIND, onboarding.team_id, onboarding.id, due_at))

    async def _schedule_show(self, onboarding: Onboarding) -> None:
        await self._schedule.add(self._show_job(onboarding.team_id, onboarding.id))

    def _show_job(self, team_id: str, onboarding_id: str) -> Job:
        return _job(JobKind.SHOW_THREAD, team_id, onboarding_id, self._clock() + _REPAIR_AFTER)

    async def _write(self, team_id: str, onboarding_id: str, transition: Transition) -> Onboarding:
        for _ in range(_TRIES):
            current = await self.get(team_id, onboarding_id)
            changed = transition(current)
            if changed == current:
                return current
            try:
                return await self._onboardings.save(changed)
            except StaleError:
                continue
        raise StaleError


def _job(kind: JobKind, team_id: str, onboarding_id: str, due_at: datetime) -> Job:
    job_id = _job_id(kind, team_id, onboarding_id)
    return Job(id=job_id, kind=kind, team_id=team_id, subject=onboarding_id, due_at=due_at)


def _job_id(kind: JobKind, team_id: str, onboarding_id: str) -> str:
    return f"{kind}:{team_id}:{onboarding_id}"


def _refuse_moved(step: Step, seen: int | None, is_fine: Callable[[Step], bool]) -> None:
    """A click on a button that was drawn before the step changed counts only where it still means the same."""
    if seen is not None and step.turn != seen and not is_fine(step):
        raise StepMovedError(step)
