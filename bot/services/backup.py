"""Instances out of a store and back into one: what stands in a backup, before it is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain.errors import CwBotError, NameTakenError
from bot.domain.instance import Instance
from bot.domain.monitor import Pace, first_delay
from bot.services.monitor import WATCHED, plan_check
from bot.services.ports import Instances, Schedule


class _Contents(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    version: Literal[1] = 1
    instances: tuple[Instance, ...]


class RestoredInstances(Instances, Protocol):
    """The instances, with the default that can be moved."""

    async def make_default(self, team_id: str, instance_id: str) -> bool:
        """Make it the default."""
        ...


@dataclass(slots=True)
class Restored:
    """What became of a backup's instances, by name."""

    added: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)  # the same record is there already
    name_taken: list[str] = field(default_factory=list)  # another one has the name


async def pack(instances: Instances, team_id: str) -> tuple[bytes, int]:
    """A workspace's instances with their keys in clear, to be sealed at once; and how many there are."""
    found = tuple(await instances.list(team_id))
    return _Contents(instances=found).model_dump_json(context={"reveal": True}).encode(), len(found)


def unpack(content: bytes) -> list[Instance]:
    """The instances of a backup. Raises `CwBotError` for what is none, without repeating anything of it."""
    try:
        return list(_Contents.model_validate_json(content).instances)
    except ValidationError:
        raise CwBotError("backup_unreadable") from None


async def restore(
    instances: RestoredInstances,
    schedule: Schedule,
    backup: Sequence[Instance],
    *,
    at: datetime,
    team_id: str = "",
) -> Restored:
    """Put a backup's instances back, into their own workspace or another. What is there already is left as it is.

    Those that were verified once are looked after again, from within an interval of `at`. What was under way when the
    backup was made (new keys that waited) is not in it. May be repeated.
    """
    result = Restored()
    for instance in backup:
        wanted = instance.evolve(team_id=team_id or instance.team_id, new_keys=None)
        if await instances.get(wanted.team_id, wanted.id) is not None:
            result.present.append(wanted.name)
            continue
        try:
            # The job first: should the process end in between, it finds nothing to do.
            await _look_after(wanted, schedule, at)
            await instances.add(wanted)
        except NameTakenError:
            result.name_taken.append(wanted.name)
            continue
        if wanted.is_default:
            await instances.make_default(wanted.team_id, wanted.id)
        result.added.append(wanted.name)
    return result


async def _look_after(instance: Instance, schedule: Schedule, at: datetime) -> None:
    if instance.standing in WATCHED and instance.credentials is not None:
        wait = timedelta(seconds=first_delay(instance.id, Pace()))
        await schedule.add(plan_check(instance, due_at=at + wait))
