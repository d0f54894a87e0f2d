"""What the use cases of managing instances need of the world, beside `bot.services.ports`."""

from typing import Protocol

from bot.domain.instance import Instance, Submission
from bot.domain.onboarding import Onboarding
from bot.services.ports import Instances
from bot.services.revisions import ChangeAnswer, RotationAnswer


class ManagedInstances(Instances, Protocol):
    """The instances, with the default that can be moved."""

    async def make_default(self, team_id: str, instance_id: str) -> bool:
        """Make it the default in place of the one that was; False where it is gone."""
        ...


class InstanceBoard(Protocol):
    """Where people see what became of an instance. Implemented over Slack in `handlers`; nothing here raises."""

    async def keys_rotated(self, onboarding: Onboarding, instance: Instance) -> None:
        """Say in the thread that a new pair is in use, who put it in, and that the old one can be deleted."""
        ...

    async def keys_revealed(self, onboarding: Onboarding, instance: Instance, *, by: str) -> None:
        """Say in the thread who has looked at the keys."""
        ...

    async def rotation_concluded(
        self, instance: Instance, submission: Submission, answer: RotationAnswer
    ) -> None:
        """A slow verdict on new keys is known: bring the waiting modal up to date, or tell the person."""
        ...

    async def change_concluded(
        self, instance: Instance, *, view_id: str, by: str, answer: ChangeAnswer
    ) -> None:
        """A slow change has ended: bring the waiting modal up to date, or tell the person."""
        ...
