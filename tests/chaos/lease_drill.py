"""A worker that stood still ends its job after another one has taken it over and died: the job must come back.

`python -m tests.chaos.lease_drill` exits with 0, or with 1 and a finding. `CHAOS_PLANT` plants a bug, as in the bots.
"""

import asyncio
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.hurried_bot import plant

_SHORT_SECONDS = 0.05
_PATIENCE_SECONDS = 10.0


async def drill(folder: Path) -> list[str]:
    """What is lost; nothing, where a stale lease ends nothing."""
    from bot.domain.jobs import Claim, Job, JobKind
    from bot.store.connection import close, connect
    from bot.store.embedded import EmbeddedRedis
    from bot.store.schedule import RedisSchedule

    async with EmbeddedRedis(folder) as server:
        client = connect(server.url)
        schedule = RedisSchedule(client)

        async def take() -> Claim:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not (claims := await schedule.claim(1, _SHORT_SECONDS)):  # noqa: ASYNC110 - time is Redis's
                    await asyncio.sleep(0.01)
            return claims[0]

        try:
            job = Job(id="one", kind=JobKind.PURGE, team_id="T1", subject="T1", due_at=datetime.now(UTC))
            await schedule.add(job)
            stood_still, died = await take(), await take()
            await schedule.finish(stood_still)
            if await schedule.size() == 0:
                return [f"lost: the job {died.job.id}, which nobody has done to its end"]
            await schedule.finish(await take())
            return []
        finally:
            await close(client)


def main() -> None:
    """Play it once."""
    plant(os.environ.get("CHAOS_PLANT", ""))
    with tempfile.TemporaryDirectory(prefix="cw-drill-") as folder:
        findings = asyncio.run(drill(Path(folder)))
    sys.stdout.write("\n".join(findings))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
