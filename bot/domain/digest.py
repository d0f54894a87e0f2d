"""A workspace's daily word on how all its instances are: asked for in a channel, and told there at that time of day."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from bot.domain.instance import Instance, Standing
from bot.domain.monitor import Health

EVERY: Final = timedelta(days=1)
_NAMES: Final = uuid.UUID("0f3b1f55-5a0c-4d0e-9d7c-0a6f0c0f6a11")

# How one is that the monitor has not looked at yet.
_STANDINGS: Final = {Standing.VERIFIED: Health.UP, Standing.NEEDS_YOU: Health.NEEDS_YOU}


class Digest(BaseModel):
    """Who asked for it, where, and when: the first one is told at once, the next ones each a day later."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    team_id: str
    channel_id: str
    by: str
    since: datetime

    def number(self, now: datetime) -> int:
        """Which one is due now; the first has number 0."""
        return max(0, (now - self.since) // EVERY)

    def seconds_left(self, now: datetime) -> float:
        """Seconds until the next one."""
        following = self.since + (self.number(now) + 1) * EVERY
        return (following - now).total_seconds()

    def name(self, number: int) -> str:
        """What one post of it is called, so that Slack makes one message of however many attempts."""
        asked = f"{self.team_id}/{self.channel_id}/{self.since.isoformat()}"
        return str(uuid.uuid5(_NAMES, f"{asked}/{number}"))


@dataclass(frozen=True, slots=True)
class Summary:
    """How the instances that are looked after are: how many of each health, and which are not well, and why."""

    counts: Mapping[Health, int]
    unwell: tuple[tuple[Instance, str], ...] = ()

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


def summarize(instances: list[Instance], healths: Mapping[str, str]) -> Summary:
    """The summary of those that were verified once; `healths` by their ids, as the monitor has found them since."""
    counts: dict[Health, int] = {}
    unwell = []
    for instance in instances:
        found = healths.get(instance.id) or _STANDINGS.get(instance.standing)
        if found is None:
            continue
        health = Health(found)
        counts[health] = counts.get(health, 0) + 1
        if health is not Health.UP:
            culprit = instance.report.culprit if instance.report else None
            unwell.append((instance, culprit.summary if culprit else ""))
    return Summary(counts, tuple(unwell))
