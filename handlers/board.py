"""The services' events, shown in Slack: the thread kept up to date (see `handlers.threads`), waiting modals finished."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from bot.domain.instance import Submission
from bot.domain.onboarding import Onboarding, Thread
from bot.domain.refusal import Refusal
from bot.domain.report import Report
from bot.services.credentials import blame
from bot.slack.errors import SlackError, ViewGoneError
from bot.slack.gateway import SlackGateway
from handlers.blocks import kit
from handlers.blocks.credentials import build_credentials
from handlers.blocks.kit import JSON
from handlers.blocks.notices import build_thread_open, build_verdict
from handlers.blocks.refusal import explain_refusal
from handlers.blocks.site import SiteForm, build_site
from handlers.threads import EDIT_INTERVAL_SECONDS, Records, SlackThreads, read_clock

log = structlog.get_logger(__name__)


class SlackBoard:
    """Implements `bot.services.ports.Board` over the gateway. Give it its records with `attach` before use."""

    def __init__(
        self,
        gateway: SlackGateway,
        *,
        spawn: Callable[..., "asyncio.Task[Any]"],
        integration: str,
        has_client_id: bool,
        edit_interval_seconds: float = EDIT_INTERVAL_SECONDS,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self._gateway = gateway
        self._integration = integration
        self._has_client_id = has_client_id
        self._threads = SlackThreads(
            gateway,
            spawn=spawn,
            integration=integration,
            edit_interval_seconds=edit_interval_seconds,
            clock=clock,
        )

    def attach(self, records: Records) -> None:
        """The services need the board and the board needs a service: this closes the ring."""
        self._threads.attach(records)

    async def open_thread(self, onboarding: Onboarding) -> Thread:
        """Post the parent card. Raises `SlackError` where the channel will not have it."""
        return await self._threads.open(onboarding)

    def onboarding_changed(self, onboarding: Onboarding) -> None:
        """Show it soon. Changes that come while it is being shown are shown together, a second later."""
        self._threads.change(onboarding)

    async def show(self, team_id: str, onboarding_id: str) -> float | None:
        """Bring the thread up to date and wait for it: for the durable job. Seconds until it is to be tried again."""
        return await self._threads.show(team_id, onboarding_id)

    async def site_concluded(self, onboarding: Onboarding, refusal: Refusal | None) -> None:
        """The waiting modal becomes the next one, or modal 1 again with everything typed and the reason."""
        if refusal is None:
            view = self._next_view(onboarding)
        else:
            problem = kit.escape(explain_refusal(refusal, integration=self._integration))
            view = build_site(_form(onboarding), integration=self._integration, problem=problem)
        shown = await self._update_modal(onboarding.team_id, onboarding.view_id, view)
        if not shown and refusal is not None:
            await self._whisper_refusal(onboarding, refusal)

    async def credentials_concluded(
        self, onboarding: Onboarding, submission: Submission, report: Report
    ) -> None:
        """The waiting modal shows the verdict, or the form again with the reason; the thread shows it in any case."""
        field = blame(report)
        if field is None:
            view = build_verdict(onboarding, report)
        else:
            refusal = Refusal(field=field, report=report)
            problem = kit.escape(explain_refusal(refusal, integration=self._integration))
            view = build_credentials(
                onboarding,
                integration=self._integration,
                asks_client_id=not self._has_client_id,
                problem=problem,
            )
        await self._update_modal(onboarding.team_id, submission.view_id, view)

    def _next_view(self, onboarding: Onboarding) -> JSON:
        if not onboarding.has_keys:
            return build_thread_open(onboarding)
        return build_credentials(
            onboarding, integration=self._integration, asks_client_id=not self._has_client_id
        )

    async def _update_modal(self, team_id: str, view_id: str, view: JSON) -> bool:
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

    async def _whisper_refusal(self, onboarding: Onboarding, refusal: Refusal) -> None:
        text = kit.escape(explain_refusal(refusal, integration=self._integration))
        try:
            await self._gateway.whisper(
                onboarding.team_id, onboarding.thread.channel_id, onboarding.started_by, text=text
            )
        except SlackError as error:
            log.warning("refusal_untold", slack=error.error, method=error.method)


def _form(onboarding: Onboarding) -> SiteForm:
    return SiteForm(
        channel_id=onboarding.thread.channel_id,
        name=onboarding.name,
        host=onboarding.web_host,
        company=onboarding.company,
        profile=onboarding.profile,
        has_keys=onboarding.has_keys,
    )
