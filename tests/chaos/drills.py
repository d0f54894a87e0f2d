"""Single troubles, done on purpose and often: how they end is counted and timed."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from signal import SIGKILL

from bot.sandbox.slack import Person
from bot.sandbox.slack.model import User
from tests.chaos.bot_process import BotProcess
from tests.chaos.people import CHECKING, Player
from tests.chaos.wire import Weather
from tests.chaos.world import World
from tests.journeys.steps import CHANNEL, card, thread_text, title

# What a worker's lease is in the hurried bots.
LEASE_SECONDS = 2.0
# How long after the kill a verdict is to be in the thread, on a machine that is quiet.
BOUND_SECONDS = LEASE_SECONDS + 2.0
_UNREACHABLE = "cannot be reached just now"
_VERDICT = "verified by the API"
_SLOW_SECONDS = 3.0
_PATIENCE_SECONDS = 60.0


def hire(world: World, number: int) -> list[Player]:
    """So many people more, each of them an admin."""
    workspace = world.slack.workspace
    players = []
    for index in range(number):
        name = f"p{index:03d}"
        user = User(f"U0P{index:07d}", name, f"Person {index}", "Tester", "admin", workspace.team.id)
        workspace.users.setdefault(user.id, user)
        workspace.channel(CHANNEL).members.add(user.id)
        players.append(world.player(user.id, shares_wrong=0.0))
    return players


@dataclass
class Killings:
    """What came of killing the bot that verifies: seconds from the kill to the verdict in the thread, for each."""

    seconds: list[float] = field(default_factory=list)
    begun: int = 0

    def __str__(self) -> str:
        return f"{len(self.seconds)} of {self.begun}"


async def kill_mid_verification(world: World, players: list[Player], *, round_name: str) -> Killings:
    """Everybody hands keys in at once; the bot that verifies them is killed; another one has to end it.

    The first bot of the world takes the requests, and lives again afterwards.
    """
    victim: BotProcess = world.bots[0]
    world.only = victim
    names = [f"{it.person.user.name} {round_name}" for it in players]
    await asyncio.gather(*(it.reach_keys(name) for it, name in zip(players, names, strict=True)))
    world.connectwise.set(latency=_SLOW_SECONDS)
    await asyncio.gather(*(it.hand_in_keys(name) for it, name in zip(players, names, strict=True)))
    result = Killings(begun=sum(title(it.person) == CHECKING for it in players))
    killed_at = time.monotonic()
    await victim.end(SIGKILL)
    world.connectwise.reset()
    world.only = None
    seen = await asyncio.gather(
        *(_see_verdict(it.person, name, killed_at) for it, name in zip(players, names, strict=True)),
        victim.start(),
    )
    result.seconds = [it for it in seen if it is not None]
    return result


async def _see_verdict(person: Person, name: str, since: float) -> float | None:
    with suppress(TimeoutError):
        await person.wait_for(lambda: _VERDICT in thread_text(person, name), _PATIENCE_SECONDS)
        return time.monotonic() - since
    return None


async def kill_between_post_and_record(world: World) -> None:
    """Slack has taken the card and its answer is on its way; the bot is killed, and another one goes on."""
    player = world.player("ben", shares_wrong=0.0)
    victim = world.only = world.bots[0]
    await player.open_setup()
    world.wires["slack"].weather = Weather(holds_answers=True)
    handing_in = asyncio.create_task(player.hand_in_site("Held"))
    await player.person.wait_for(lambda: card(player.person, "Held"), _PATIENCE_SECONDS)
    await victim.end(SIGKILL)
    world.only = None
    world.calm()
    await handing_in
    await player.hand_in_keys("Held")


async def lose_answers_of_redis(world: World) -> None:
    """Every other answer of Redis is lost while people work."""
    players = [world.player(name, shares_wrong=0.0) for name in ("ben", "ada")]
    await asyncio.gather(*(it.reach_keys(f"Lost {number}") for number, it in enumerate(players)))
    world.wires["redis"].weather = Weather(loses_answers=0.5)
    is_over = asyncio.Event()
    asyncio.get_running_loop().call_later(3.0, is_over.set)
    await asyncio.gather(*(it.play(is_over) for it in players))


@dataclass
class Failover:
    """What failovers of Redis did to people. `gaps` are the longest times without an answer around each, in seconds."""

    acked: int = 0
    sent: int = 0
    findings: list[str] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many acknowledged ones were lost."""
        return sum(it.startswith(("lost", "half kept")) for it in self.findings)


async def fail_over_under_load(world: World, *, failovers: int, people: int) -> Failover:
    """Masters are killed, one after the other, while people set instances up and somebody asks without a pause."""
    is_over = asyncio.Event()
    playing = [asyncio.create_task(it.play(is_over)) for it in hire(world, people)]
    probe = _Probe(world.person("ben"))
    asking = asyncio.create_task(probe.ask(is_over))
    result = Failover()
    for _ in range(failovers):
        await asyncio.sleep(world.chance.uniform(0.5, 1.0))
        probe.gap = 0.0
        await world.store.fail()
        await asyncio.sleep(0.5)
        result.gaps.append(probe.gap)
    is_over.set()
    await asyncio.gather(asking, *playing)
    result.findings = await world.come_to_rest(patience_seconds=_PATIENCE_SECONDS)
    result.sent, result.acked = len(world.promises), sum(it.is_acked for it in world.promises)
    return result


class _Probe:
    """Somebody who asks all the time. `gap` is the longest time without an answer since it was set to 0."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.gap = 0.0

    async def ask(self, is_over: asyncio.Event) -> None:
        answered = time.monotonic()
        while not is_over.is_set():
            result = await self._person.command("/cw-status nothing-of-this-name", CHANNEL)
            now = time.monotonic()
            self.gap = max(self.gap, now - answered)
            if result.ok and _UNREACHABLE not in result.text:
                answered = now
            await asyncio.sleep(0.02)
