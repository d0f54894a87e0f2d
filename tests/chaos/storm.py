"""Bad weather and troubles for a bounded time, drawn from a seed, while people work."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

from tests.chaos.bot_process import BotProcess
from tests.chaos.promises import Kind
from tests.chaos.wire import Weather
from tests.chaos.world import PEOPLE, World

_FIRST_SECONDS = 30.0
_SLACK_MOODS: tuple[tuple[str, dict[str, object]], ...] = (
    ("chat.postMessage", {"drops": "after", "times": 1}),
    ("chat.postMessage", {"drops": "before", "times": 1}),
    ("chat.postMessage", {"retry_after": 1, "times": 1}),
    ("chat.postMessage", {"status": 503, "times": 1}),
    ("chat.update", {"retry_after": 1, "times": 2}),
    ("chat.update", {"drops": "after", "times": 2}),
    ("views.update", {"status": 500, "times": 1}),
)


@dataclass
class Storm:
    """What happens to a world. `happened` counts it, by its kind."""

    world: World
    chance: random.Random
    seconds: float
    people: int = 3
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    happened: Counter[str] = field(default_factory=Counter)

    async def rage(self) -> None:
        """For its time; every trouble that has begun is seen to its end."""
        players = [self.world.player(name).play(self.is_over) for name in PEOPLE[: self.people]]
        async with asyncio.TaskGroup() as group:
            for work in (*players, self._blow(), self._trouble_bots(), self._trouble_store()):
                group.create_task(work)
            group.create_task(self._end())

    async def _end(self) -> None:
        await asyncio.sleep(self.seconds)
        with contextlib.suppress(TimeoutError):
            # On a slow machine it may be over before anything was begun.
            async with asyncio.timeout(_FIRST_SECONDS):
                while not self.world.promises.acked(Kind.SITE):  # noqa: ASYNC110 - people write it down
                    await asyncio.sleep(0.1)
        self.is_over.set()
        self.world.calm()

    async def _pause(self, least: float, most: float) -> bool:
        """Wait for a while of chance; False once it is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.chance.uniform(least, most)):
                await self.is_over.wait()
        return not self.is_over.is_set()

    # --- the weather -----------------------------------------------------------------------------------------------

    async def _blow(self) -> None:
        while await self._pause(0.2, 0.8):
            for name, wire in self.world.wires.items():
                kind, wire.weather = self._draw()
                self.happened[f"{name}: {kind}"] += 1
            if self.chance.random() < 0.5:
                method, mood = self.chance.choice(_SLACK_MOODS)
                self.world.slack.fail(method, **mood)
                self.happened[f"{method} misbehaved"] += 1

    def _draw(self) -> tuple[str, Weather]:
        kinds = {
            "calm": Weather(),
            "delay": Weather(delay_seconds=self.chance.uniform(0, 0.2)),
            "lost answers": Weather(loses_answers=0.05),
            "resets": Weather(resets=0.03),
            "half-closed": Weather(half_closes=0.03),
            "throttled": Weather(bytes_per_second=100_000),
            "cut": Weather(is_cut=True),
        }
        weights = (40, 15, 12, 10, 8, 8, 7)
        kind = self.chance.choices(list(kinds), weights)[0]
        return kind, kinds[kind]

    # --- troubles --------------------------------------------------------------------------------------------------

    async def _trouble_bots(self) -> None:
        troubles: list[Callable[[BotProcess], Awaitable[str]]] = [self._kill, self._end_in_order, self._stop]
        while await self._pause(0.5, 2.0):
            standing = [it for it in self.world.bots if it.is_up and it.url]
            if standing:
                self.happened[await self.chance.choice(troubles)(self.chance.choice(standing))] += 1

    async def _kill(self, bot: BotProcess) -> str:
        await bot.end(SIGKILL)
        await bot.start()
        return "a bot was killed"

    async def _end_in_order(self, bot: BotProcess) -> str:
        await bot.end(SIGTERM)
        await bot.start()
        return "a bot was told to end"

    async def _stop(self, bot: BotProcess) -> str:
        with stopped(bot):
            await asyncio.sleep(self.chance.uniform(0.2, 4.0))
        return "a bot stood still"

    async def _trouble_store(self) -> None:
        while await self._pause(1.5, 4.0):
            self.happened[await self.world.store.trouble()] += 1


@contextmanager
def stopped(bot: BotProcess) -> Iterator[None]:
    """A bot that stands still for as long as the block lasts."""
    bot.signal(SIGSTOP)
    try:
        yield
    finally:
        bot.signal(SIGCONT)
