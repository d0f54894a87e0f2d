"""The checker is worth something: planted bugs are found."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import pytest

from tests.chaos.conftest import Build
from tests.chaos.drills import kill_between_post_and_record, lose_answers_of_redis
from tests.chaos.world import World

REST_SECONDS = 60.0


@pytest.mark.parametrize(
    ("plant", "drill", "found"),
    [
        ("post_before_record", kill_between_post_and_record, "doubled: parent"),
        ("retry_of_add", lose_answers_of_redis, "doubled: the trail"),
    ],
)
async def test_a_planted_bug_is_found(
    worlds: Build, plant: str, drill: Callable[[World], Awaitable[None]], found: str
) -> None:
    world: World = await worlds(plant=plant)
    await drill(world)
    findings = await world.come_to_rest(patience_seconds=REST_SECONDS)
    assert [it for it in findings if it.startswith(found)], findings


@pytest.mark.parametrize(("plant", "found"), [("", ""), ("lease_without_token", "lost: the job")])
async def test_a_lease_without_a_token_loses_a_job(plant: str, found: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.chaos.lease_drill",
        env={**os.environ, "CHAOS_PLANT": plant},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert said.decode().startswith(found)
    assert process.returncode == (1 if found else 0)
