"""What became of an instance, told in Slack: in its thread, and in the modal that waits for it."""

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.domain.instance import Instance, Submission
from bot.domain.onboarding import Onboarding
from bot.domain.refusal import Refusal
from bot.services.onboarding import OnboardingService
from bot.services.revisions import ChangeAnswer, RotationAnswer, Saved
from bot.slack.errors import SlackError, ViewGoneError
from bot.slack.gateway import SlackGateway
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.blocks.manage import announce_reveal, announce_rotation
from handlers.blocks.refusal import explain_refusal
from handlers.changes import build_answer, build_rotation_answer

log = structlog.get_logger(__name__)


class SlackInstanceBoard:
    """Implements `bot.services.instance_ports.InstanceBoard` over the gateway."""

    def __init__(
        self,
        gateway: SlackGateway,
        onboarding: OnboardingService,
        *,
        integration: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._gateway = gateway
        self._onboarding = onboarding
        self._integration = integration
        self._clock = clock

    async def keys_rotated(self, onboarding: Onboarding, instance: Instance) -> None:
        """One message in the thread."""
        await self._say(onboarding, announce_rotation(instance, instance.keys_entered_at or self._clock()))

    async def keys_revealed(self, onboarding: Onboarding, instance: Instance, *, by: str) -> None:
        """One message in the thread."""
        await self._say(onboarding, announce_reveal(instance, by, self._clock()))

    async def rotation_concluded(
        self, instance: Instance, submission: Submission, answer: RotationAnswer
    ) -> None:
        """The waiting modal shows the verdict, or the form again with the reason."""
        view = build_rotation_answer(
            instance, answer, member=submission.member, integration=self._integration
        )
        if await self._update_modal(instance.team_id, submission.view_id, view):
            return
        if isinstance(answer, Refusal):
            said = explain_refusal(answer, integration=self._integration)
            await self._whisper(instance, submission.by, f"The new keys were not taken. {said}")

    async def change_concluded(
        self, instance: Instance, *, view_id: str, by: str, answer: ChangeAnswer
    ) -> None:
        """The waiting modal shows that it is saved, or the form again with the reason."""
        view = build_answer(answer, integration=self._integration)
        if await self._update_modal(instance.team_id, view_id, view):
            return
        if not isinstance(answer, Saved):
            await self._whisper(instance, by, "Your change was not saved. Open it again to see why.")

    async def _say(self, onboarding: Onboarding, text: str) -> None:
        thread = onboarding.thread
        if not thread.parent_ts:
            return
        try:
            await self._gateway.post(
                onboarding.team_id,
                thread.channel_id,
                text=text,
                blocks=[kit.section(text)],
                thread_ts=thread.parent_ts,
            )
        except SlackError as error:
            log.warning("not_said_in_thread", onboarding=onboarding.id, slack=error.error)

    async def _update_modal(self, team_id: str, view_id: str, view: JSON) -> bool:
        """False where nobody looks at it any more."""
        if not view_id:
            return False
        try:
            await self._gateway.update_view(team_id, view_id, view)
        except ViewGoneError:
            return False
        except SlackError as error:
            log.warning("modal_not_updated", slack=error.error)
            return False
        return True

    async def _whisper(self, instance: Instance, user_id: str, text: str) -> None:
        onboarding = await self._onboarding.find(instance.team_id, instance.id)
        if onboarding is None:
            return
        said = f"*{kit.typed(instance.name)}*: {kit.escape(text)}"
        try:
            await self._gateway.whisper(instance.team_id, onboarding.thread.channel_id, user_id, text=said)
        except SlackError as error:
            log.warning("refusal_untold", slack=error.error, method=error.method)
