"""The services' events, shown in Slack: the thread kept up to date, waiting modals finished.

A thread is shown by one task at a time, from the newest state, at most one edit a message and second. What every message
says is remembered as a digest beside its ts, so a restart edits nothing that is right already, and a message that was
deleted is posted anew.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from bot.domain.errors import CwBotError
from bot.domain.instance import Submission
from bot.domain.onboarding import Onboarding, Phase, StepName, Thread
from bot.domain.refusal import Refusal
from bot.domain.report import Report
from bot.services.credentials import blame
from bot.slack.errors import MessageGoneError, NotInChannelError, SlackError, ViewGoneError
from bot.slack.gateway import SlackGateway
from handlers.blocks import card, kit
from handlers.blocks.credentials import build_credentials
from handlers.blocks.kit import JSON
from handlers.blocks.notices import build_thread_open, build_verdict
from handlers.blocks.refusal import explain_refusal
from handlers.blocks.site import SiteForm, build_site

log = structlog.get_logger(__name__)

EDIT_INTERVAL_SECONDS = 1.0


class Records(Protocol):
    """Where the board reads the newest state and keeps its own bookkeeping (`OnboardingService`)."""

    async def find(self, team_id: str, onboarding_id: str) -> Onboarding | None:
        """The newest state."""
        ...

    async def record_thread(self, team_id: str, onboarding_id: str, thread: Thread) -> Onboarding:
        """Keep where and how it is shown."""
        ...


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
    ) -> None:
        self._gateway = gateway
        self._spawn = spawn
        self._integration = integration
        self._has_client_id = has_client_id
        self._edit_interval_seconds = edit_interval_seconds
        self._records: Records | None = None
        self._dirty: set[tuple[str, str]] = set()
        self._showing: dict[tuple[str, str], asyncio.Lock] = {}

    def attach(self, records: Records) -> None:
        """The services need the board and the board needs a service: this closes the ring."""
        self._records = records

    async def open_thread(self, onboarding: Onboarding) -> Thread:
        """Post the parent card."""
        message = card.build_card(onboarding, integration=self._integration)
        posted = await self._gateway.post(
            onboarding.team_id,
            onboarding.thread.channel_id,
            text=message.text,
            blocks=message.blocks,
            prompt=True,
        )
        return onboarding.thread.model_copy(
            update={
                "channel_id": posted.channel_id,
                "parent_ts": posted.ts,
                "shown": {card.PARENT: message.digest},
            }
        )

    def onboarding_changed(self, onboarding: Onboarding) -> None:
        """Show it soon. Changes that come while it is being shown are shown together, a second later."""
        key = (onboarding.team_id, onboarding.id)
        if key not in self._dirty:
            self._dirty.add(key)
            self._spawn(self._show_soon(key), name="show-thread")

    async def show(self, team_id: str, onboarding_id: str) -> bool:
        """Bring the thread up to date and wait for it: for the durable job. False where Slack would not have it."""
        key = (team_id, onboarding_id)
        async with self._showing.setdefault(key, asyncio.Lock()):
            try:
                await self._show_newest(key)
            except SlackError as error:
                log.warning(
                    "thread_not_shown", onboarding=onboarding_id, slack=error.error, method=error.method
                )
                return isinstance(error, NotInChannelError)
        return True

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

    async def _show_soon(self, key: tuple[str, str]) -> None:
        lock = self._showing.setdefault(key, asyncio.Lock())
        async with lock:
            self._dirty.discard(key)
            try:
                changed = await self._show_newest(key)
            except SlackError as error:
                # The durable job tries again.
                log.warning("thread_not_shown", onboarding=key[1], slack=error.error, method=error.method)
                return
            if changed:
                await asyncio.sleep(self._edit_interval_seconds)

    async def _show_newest(self, key: tuple[str, str]) -> bool:
        """Post what is missing, edit what is wrong; whether anything had to be done."""
        if self._records is None:
            raise CwBotError("internal")
        onboarding = await self._records.find(*key)
        if onboarding is None or onboarding.phase is Phase.CHECKING:
            return False
        before = onboarding.thread
        thread = before
        try:
            for part in self._parts():
                thread = await self._show_part(onboarding, thread, part)
        finally:
            if thread != before:
                await self._records.record_thread(*key, thread)
        return thread != before

    @staticmethod
    def _parts() -> list[str]:
        return [card.PARENT, *StepName]

    async def _show_part(self, onboarding: Onboarding, thread: Thread, part: str) -> Thread:
        message = self._build(onboarding, part)
        ts = thread.parent_ts if part == card.PARENT else thread.replies.get(part, "")
        if ts and thread.shown.get(part) == message.digest:
            return (
                await self._link(onboarding, thread)
                if part == card.PARENT and not thread.permalink
                else thread
            )
        if ts:
            try:
                await self._gateway.edit(
                    onboarding.team_id, thread.channel_id, ts, text=message.text, blocks=message.blocks
                )
                return _shown(thread, part, ts, message.digest)
            except MessageGoneError:
                log.info("message_gone", onboarding=onboarding.id, part=part)
        if part == card.PARENT:
            # Without its parent the thread is gone too: all of it is posted anew, once.
            thread = thread.model_copy(update={"replies": {}, "shown": {}, "permalink": ""})
        posted = await self._gateway.post(
            onboarding.team_id,
            thread.channel_id,
            text=message.text,
            blocks=message.blocks,
            thread_ts="" if part == card.PARENT else thread.parent_ts,
        )
        thread = _shown(thread, part, posted.ts, message.digest)
        return await self._link(onboarding, thread) if part == card.PARENT else thread

    def _build(self, onboarding: Onboarding, part: str) -> card.Message:
        if part == card.PARENT:
            return card.build_card(onboarding, integration=self._integration)
        return card.build_step(onboarding, StepName(part), integration=self._integration)

    async def _link(self, onboarding: Onboarding, thread: Thread) -> Thread:
        link = await self._gateway.permalink(onboarding.team_id, thread.channel_id, thread.parent_ts)
        return thread.model_copy(update={"permalink": link})


def _shown(thread: Thread, part: str, ts: str, digest: str) -> Thread:
    update: dict[str, Any] = {"shown": {**thread.shown, part: digest}}
    if part == card.PARENT:
        update["parent_ts"] = ts
    else:
        update["replies"] = {**thread.replies, part: ts}
    return thread.model_copy(update=update)


def _form(onboarding: Onboarding) -> SiteForm:
    return SiteForm(
        channel_id=onboarding.thread.channel_id,
        name=onboarding.name,
        host=onboarding.web_host,
        company=onboarding.company,
        profile=onboarding.profile,
        has_keys=onboarding.has_keys,
    )
