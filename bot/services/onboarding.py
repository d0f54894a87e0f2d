"""The onboarding's use cases: every change to it goes through here, one after the other."""

from collections.abc import Callable
from datetime import timedelta

from bot.domain import onboarding as machine
from bot.domain.errors import CwBotError, StaleError
from bot.domain.jobs import Job, JobKind
from bot.domain.onboarding import Onboarding, StepName, Thread
from bot.domain.report import Report
from bot.services.ports import Board, Clock, Onboardings, Schedule, Spawn

# A click loses against another at most a few times; beyond that something writes in a loop.
_TRIES = 8

# The board shows a change at once. Should the process end first, the durable job shows it this much later.
_REPAIR_AFTER = timedelta(seconds=20)


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
        found = [it for it in await self._onboardings.list(team_id) if not it.is_finished]
        return sorted(found, key=lambda it: it.started_at, reverse=True)

    async def add(self, onboarding: Onboarding) -> Onboarding:
        """Keep a new one."""
        return await self._onboardings.add(onboarding)

    async def replace(self, onboarding: Onboarding) -> Onboarding:
        """Write a state read before, unless somebody else wrote meanwhile. Raises `StaleError`."""
        return await self._onboardings.save(onboarding)

    async def forget(self, onboarding: Onboarding) -> None:
        """Drop one that never got a thread."""
        await self._onboardings.remove(onboarding.team_id, onboarding.id)

    async def take(self, team_id: str, onboarding_id: str, step: StepName, *, by: str) -> Onboarding:
        """Somebody is on it."""
        now = self._clock()
        return await self.change(team_id, onboarding_id, lambda it: machine.take(it, step, by=by, at=now))

    async def complete(self, team_id: str, onboarding_id: str, step: StepName, *, by: str) -> Onboarding:
        """Somebody says it is done."""
        now = self._clock()
        return await self.change(team_id, onboarding_id, lambda it: machine.complete(it, step, by=by, at=now))

    async def undo(self, team_id: str, onboarding_id: str, step: StepName, *, by: str) -> Onboarding:
        """Somebody takes a mark back."""
        now = self._clock()
        return await self.change(team_id, onboarding_id, lambda it: machine.undo(it, step, by=by, at=now))

    async def apply_report(self, team_id: str, onboarding_id: str, report: Report) -> Onboarding:
        """Hold the steps against what the API showed."""
        now = self._clock()
        return await self.change(team_id, onboarding_id, lambda it: machine.apply_report(it, report, at=now))

    async def record_thread(self, team_id: str, onboarding_id: str, thread: Thread) -> Onboarding:
        """Remember where and how it is shown; the board's own bookkeeping, so it is not shown again for it."""
        return await self._write(team_id, onboarding_id, lambda it: it.model_copy(update={"thread": thread}))

    async def change(
        self, team_id: str, onboarding_id: str, transition: Callable[[Onboarding], Onboarding]
    ) -> Onboarding:
        """Apply a transition to the newest state and show the result. May be repeated: transitions are idempotent."""
        changed = await self._write(team_id, onboarding_id, transition)
        self.show(changed)
        return changed

    def show(self, onboarding: Onboarding) -> None:
        """Have the board show it now, and durably soon."""
        self._board.onboarding_changed(onboarding)
        self._spawn(self._schedule_show(onboarding), name="schedule-show")

    async def _schedule_show(self, onboarding: Onboarding) -> None:
        await self._schedule.add(
            Job(
                id=f"{JobKind.SHOW_THREAD}:{onboarding.team_id}:{onboarding.id}",
                kind=JobKind.SHOW_THREAD,
                team_id=onboarding.team_id,
                subject=onboarding.id,
                due_at=self._clock() + _REPAIR_AFTER,
            )
        )

    async def _write(
        self, team_id: str, onboarding_id: str, transition: Callable[[Onboarding], Onboarding]
    ) -> Onboarding:
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
