"""The short form of the chaos suite; `make chaos` runs the long one."""

import random

import pytest

from tests.chaos.conftest import Build
from tests.chaos.promises import Kind
from tests.chaos.storm import Storm
from tests.chaos.world import World

SECONDS = 3.0
REST_SECONDS = 60.0


@pytest.mark.parametrize(("store", "seed"), [("one", 11), ("sentinel", 12), ("cluster", 13)])
async def test_nothing_that_was_acknowledged_is_lost_or_doubled_in_a_storm(
    worlds: Build, store: str, seed: int
) -> None:
    world: World = await worlds(seed=seed, store=store)
    storm = Storm(world, random.Random(seed), SECONDS, people=2)
    await storm.rage()
    findings = await world.come_to_rest(patience_seconds=REST_SECONDS)
    assert findings == [], await world.explain()
    assert world.promises.acked(Kind.SITE), await world.explain()
    assert storm.happened
