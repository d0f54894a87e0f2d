"""Bots that are killed, told to end, or stand still at the worst moment: another one ends what they began, once."""

from signal import SIGTERM

from tests.chaos.conftest import Build
from tests.chaos.drills import hire, kill_between_post_and_record, kill_mid_verification
from tests.chaos.people import CHECKING
from tests.chaos.world import World
from tests.journeys.steps import title

REST_SECONDS = 60.0


async def test_a_bot_that_is_killed_while_it_verifies_loses_and_doubles_nothing(worlds: Build) -> None:
    world: World = await worlds()
    killings = await kill_mid_verification(world, hire(world, 4), round_name="A")
    assert killings.begun == 4
    assert len(killings.seconds) == killings.begun
    assert await world.come_to_rest(patience_seconds=REST_SECONDS) == []


async def test_a_bot_that_is_killed_between_a_post_and_its_record_posts_nothing_twice(worlds: Build) -> None:
    world: World = await worlds()
    await kill_between_post_and_record(world)
    assert await world.come_to_rest(patience_seconds=REST_SECONDS) == []


async def test_a_bot_that_is_told_to_end_hands_on_what_it_cannot_finish(worlds: Build) -> None:
    world: World = await worlds()
    player = world.player("ben", shares_wrong=0.0)
    world.only = world.bots[0]
    await player.reach_keys("Handed on")
    world.connectwise.set(latency=20)
    await player.hand_in_keys("Handed on")
    assert title(player.person) == CHECKING
    world.connectwise.reset()
    await world.only.end(SIGTERM)
    assert any("bot_stopped" in it for it in world.bots[0].said)
    world.only = None
    assert await world.come_to_rest(patience_seconds=REST_SECONDS) == []
