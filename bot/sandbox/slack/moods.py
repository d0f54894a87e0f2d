"""Slack's bad days: methods that fail for a while, and rates that are enforced."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from bot.sandbox.slack.clock import Clock
from bot.sandbox.slack.model import Json

Where = Callable[[Mapping[str, Any]], bool]


@dataclass
class Mood:
    """How a method misbehaves for the next `times` calls (None: until it is healed).

    One of: `error` (Slack's string, with `extra` fields), `status` (an HTTP status with a body that is no JSON),
    `hangs` (no answer at all), `drops` ("before" or "after" doing it, then the connection breaks), `retry_after`
    (429). `delay_seconds` comes first. `where` narrows it to calls with certain arguments.
    """

    error: str | None = None
    status: int | None = None
    hangs: bool = False
    drops: str | None = None
    retry_after: int | None = None
    delay_seconds: float = 0.0
    times: int | None = 1
    where: Where | None = None
    extra: Json = field(default_factory=dict)


class Moods:
    """The moods of each method, taken in the order in which they were set."""

    def __init__(self) -> None:
        self._moods: dict[str, list[Mood]] = defaultdict(list)

    def set(self, method: str, mood: Mood) -> None:
        """Let a method (`*`: all of them) misbehave."""
        self._moods[method].append(mood)

    def heal(self, method: str | None = None) -> None:
        """Back to normal: one method, or all."""
        if method is None:
            self._moods.clear()
        else:
            self._moods.pop(method, None)

    def take(self, method: str, args: Mapping[str, Any]) -> Mood | None:
        """The mood for this call, used up by one."""
        for name in (method, "*"):
            for mood in self._moods[name]:
                if mood.times == 0 or (mood.where is not None and not mood.where(args)):
                    continue
                if mood.times is not None:
                    mood.times -= 1
                return mood
        return None


@dataclass(frozen=True)
class Rate:
    """At most `calls` in `seconds`; `per_channel` counts each channel by itself."""

    calls: int
    seconds: float
    per_channel: bool = False


_TIER_2, _TIER_3, _TIER_4 = Rate(20, 60), Rate(50, 60), Rate(100, 60)
REALISTIC: dict[str, Rate] = {
    "chat.postMessage": Rate(1, 1, per_channel=True),
    "chat.update": _TIER_3,
    "chat.delete": _TIER_3,
    "chat.postEphemeral": _TIER_4,
    "conversations.info": _TIER_3,
    "conversations.members": _TIER_4,
    "conversations.join": _TIER_3,
    "conversations.open": _TIER_3,
    "team.info": _TIER_3,
    "users.info": _TIER_4,
    "users.list": _TIER_2,
    "usergroups.users.list": _TIER_2,
    "views.open": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
    "views.publish": _TIER_4,
    "apps.connections.open": Rate(1, 1),
}


class Limits:
    """Rates per method, team and app; none to begin with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rates: dict[str, Rate] = {}
        self._made: dict[tuple[str, ...], deque[float]] = defaultdict(deque)

    def be_realistic(self) -> None:
        """Slack's published tiers."""
        self.rates = dict(REALISTIC)

    def wait_for(self, method: str, team_id: str, args: Mapping[str, Any]) -> int | None:
        """None if the call may go (and then it counts), or the whole seconds for Retry-After."""
        rate = self.rates.get(method)
        if rate is None:
            return None
        key = (method, team_id, str(args.get("channel")) if rate.per_channel else "")
        made, now = self._made[key], self._clock.now()
        while made and made[0] <= now - rate.seconds:
            made.popleft()
        if len(made) < rate.calls:
            made.append(now)
            return None
        return max(1, ceil(made[0] + rate.seconds - now))
