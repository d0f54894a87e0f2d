"""Replicas whose own clocks are wrong: time is Redis's, and nothing shows that they are."""

from datetime import UTC, datetime, timedelta

from tests.chaos.checker import read
from tests.chaos.conftest import Build
from tests.chaos.people import CHECKING
from tests.chaos.world import World
from tests.journeys.steps import title

REST_SECONDS = 60.0
# Redis is asked the time now and then; in between each replica counts on by itself.
SLACK = timedelta(seconds=1)


async def test_clocks_that_are_ten_seconds_wrong_change_nothing(worlds: Build) -> None:
    world: World = await worlds(skews=(10.0, -10.0))
    began = datetime.now(UTC)
    for number, bot in enumerate(world.bots):
        world.only = bot
        player = world.player("ben", shares_wrong=0.0)
        await player.reach_keys(f"Skewed {number}")
        world.connectwise.set(latency=2.5)
        await player.hand_in_keys(f"Skewed {number}")
        assert title(player.person) == CHECKING
        world.connectwise.reset()
    world.only = None
    assert await world.come_to_rest(patience_seconds=REST_SECONDS) == []
    ended = datetime.now(UTC)
    reader = world.store.reader()
    kept = await read(reader, world.slack.workspace.team.id)
    await reader.aclose()
    times = [
        datetime.fromisoformat(moment)
        for document in kept.onboardings.values()
        for moment in (document["started_at"], document["keys_at"], document["report"]["checked_at"])
    ]
    assert len(times) == 6
    assert all(began - SLACK <= it <= ended + SLACK for it in times), (began, times, ended)
