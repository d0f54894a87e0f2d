"""Keeps each onboarding's thread in Slack as it should be, whatever happens to it there.

A thread is shown by one task of the process at a time, from the newest state, at most one edit a message and second. What
every message says is remembered as a digest beside its ts, so a restart edits nothing that is right already. A message
that was deleted, or may not be edited any more, is posted anew.

No message is doubled: the intent to post is recorded before the post and makes others keep away (`bot.domain.thread`).
Where the outcome of a post is unknown (the answer was lost, the process ended), the attempt is not repeated at once: the
durable job makes another one when the intent has gone stale, under the same name, of which Slack makes one message.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

import structlog

from bot.domain.errors import CwBotError
from bot.domain.onboarding import Onboarding, Phase, StepName, Thread, list_parts
from bot.domain.thread import INTENT_FRESH, PARENT, name_post
from bot.slack.errors import MessageGoneError, NameSpentError, NotInChannelError, RevokedError, SlackError
from bot.slack.gateway import SlackGateway
from handlers.blocks import card
from handlers.blocks.notices import build_moved

log = structlog.get_logger(__name__)

EDIT_INTERVAL_SECONDS: Final = 1.0

# The modal that waits for the card is answered within three seconds, whether Slack has taken the card by then or not.
OPEN_BUDGET_SECONDS: Final = 1.5

_AGAIN_SECONDS: Final = 25.0
_UNREACHABLE: Final = "unreachable"

# Nothing can be shown until somebody changes something in the channel, and then an event tells.
_PARKING: Final = frozenset(
    {
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    }
)

# The steps before the card, and the verdict behind it: whoever reads a verdict finds in the thread what it is about, and
# on the card what to press.
_EDITING_ORDER: Final = (*(it for it in StepName if it is not StepName.VERIFIED), PARENT, StepName.VERIFIED)

Key = tuple[str, str]


def read_clock() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


class Records(Protocol):
    """Where the newest state is read, and how it is shown is kept (`OnboardingService`)."""

    async def find(self, team_id: str, onboarding_id: str) -> Onboarding | None:
        """The newest state."""
        ...

    async def change_thread(
        self, team_id: str, onboarding_id: str, transition: Callable[[Thread], Thread]
    ) -> Onboarding:
        """Keep where and how it is shown."""
        ...


class SlackThreads:
    """Shows onboardings. Give it its records with `attach` before use."""

    def __init__(
        self,
        gateway: SlackGateway,
        *,
        spawn: Callable[..., "asyncio.Task[Any]"],
        integration: str,
        edit_interval_seconds: float = EDIT_INTERVAL_SECONDS,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._spawn = spawn
        self._integration = integration
        self._edit_interval_seconds = edit_interval_seconds
        self._records_or_none: Records | None = None
        self._dirty: set[Key] = set()
        self._doubtful: set[tuple[str, str, str]] = set()  # parts that may not say what their record says
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    def attach(self, records: Records) -> None:
        """Where to read and write."""
        self._records_or_none = records

    async def open(self, onboarding: Onboarding) -> Thread:
        """Post the parent card, and wait for it as long as a modal may wait.

        What Slack refuses is raised. Where it takes its time, or does not tell, the thread is repaired behind.
        """
        posting = self._spawn(self._post_parent(onboarding), name="post-card")
        done, _ = await asyncio.wait({posting}, timeout=OPEN_BUDGET_SECONDS)
        posted: Thread | SlackError = posting.result() if done else onboarding.thread
        if isinstance(posted, Thread):
            return posted
        if posted.error != _UNREACHABLE:
            raise posted
        return onboarding.thread

    def change(self, onboarding: Onboarding) -> None:
        """Show it soon."""
        key = (onboarding.team_id, onboarding.id)
        if key not in self._dirty:
            self._dirty.add(key)
            self._spawn(self._show_soon(key), name="show-thread")

    async def show(self, team_id: str, onboarding_id: str) -> float | None:
        """Bring it up to date now. Seconds until it is to be tried again; None where nothing more can be done."""
        key = (team_id, onboarding_id)
        async with self._lock(key):
            try:
                changed = await self._show_newest(key)
            except SlackError as error:
                return await self._give_up(key, error)
            if changed:
                await asyncio.sleep(self._edit_interval_seconds)
        onboarding = await self._records.find(team_id, onboarding_id)
        is_waiting = onboarding is not None and onboarding.thread.is_unsettled
        return INTENT_FRESH.total_seconds() if is_waiting else None

    @property
    def _records(self) -> Records:
        if self._records_or_none is None:
            raise CwBotError("internal")
        return self._records_or_none

    def _lock(self, key: Key) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())

    async def _show_soon(self, key: Key) -> None:
        lock = self._lock(key)
        async with lock:
            self._dirty.discard(key)
            try:
                changed = await self._show_newest(key)
            except SlackError as error:
                await self._give_up(key, error)  # the durable job tries again, where that helps
                return
            if changed:
                await asyncio.sleep(self._edit_interval_seconds)

    async def _give_up(self, key: Key, error: SlackError) -> float | None:
        """After Slack said no: park the thread where only a person can help, else say when to try again."""
        log.warning("thread_not_shown", onboarding=key[1], slack=error.error, method=error.method)
        if isinstance(error, RevokedError):
            return None
        if isinstance(error, NotInChannelError) or error.error in _PARKING:
            await self._records.change_thread(*key, lambda it: it.park(error.error))
            return None
        return _AGAIN_SECONDS

    async def _show_newest(self, key: Key) -> bool:
        """Edit what is wrong, post what is missing, tidy up; whether anything had to be done."""
        onboarding = await self._records.find(*key)
        if onboarding is None or onboarding.phase is Phase.CHECKING:
            return False
        before = onboarding.thread
        onboarding = await self._edit(onboarding)
        onboarding = await self._link(onboarding)  # what leads to the thread should not wait for its replies
        onboarding = await self._post_missing(onboarding)
        onboarding = await self._link(onboarding)
        onboarding = await self._tidy(onboarding)
        return onboarding.thread != before

    # --- editing -------------------------------------------------------------------------------------------------

    async def _edit(self, onboarding: Onboarding) -> Onboarding:
        """Make every message that is there say what it should. One that is gone is recorded as lost."""
        parts = self._list_wrong(onboarding)
        if not parts:
            return onboarding
        token, begun = secrets.token_hex(4), self._clock()
        onboarding = await self._record(onboarding, lambda it: it.editing(parts, token, begun))
        digests: dict[str, str] = {}
        lost: list[tuple[str, str]] = []
        ended: list[str] = []
        try:
            for part in parts:
                ts, message = onboarding.thread.ts_of(part), self._build(onboarding, part)
                if not ts:
                    ended.append(part)
                    continue
                self._doubtful.discard((onboarding.team_id, onboarding.id, part))
                if await self._edit_one(onboarding, part, ts, message):
                    digests[part] = message.digest
                else:
                    lost.append((part, ts))
                ended.append(part)
                if PARENT in dict(lost):
                    break
        finally:
            if ended:
                now = self._clock()
                onboarding = await self._record_edits(
                    onboarding, digests, lambda it: _edited(it.after_edits(ended, token, now), digests, lost)
                )
        return onboarding

    async def _record_edits(
        self, onboarding: Onboarding, digests: dict[str, str], transition: Callable[[Thread], Thread]
    ) -> Onboarding:
        """Keep what the messages say now.

        Another process may have shown a newer state before this one's edit arrived: then the older words stand there,
        whatever the record says. So whoever was overtaken edits once more.
        """
        kept = await self._record(onboarding, transition)
        overtaken = {part for part, said in digests.items() if self._build(kept, part).digest != said}
        if overtaken:
            self._doubtful |= {(kept.team_id, kept.id, part) for part in overtaken}
            self.change(kept)
        return kept

    def _list_wrong(self, onboarding: Onboarding) -> list[str]:
        """The parts whose messages do not say what they should, or may not, in the order in which to edit them."""
        thread = onboarding.thread
        # A reply below a parent that is gone would land in the channel itself: the parent is proved to be there first.
        must_prove = any(not thread.has(part) for part in list_parts(onboarding)[1:])
        key = (onboarding.team_id, onboarding.id)
        doubtful = thread.doubtful(self._clock()) | {it[2] for it in self._doubtful if it[:2] == key}

        def is_right(part: str) -> bool:
            is_certain = part not in doubtful and not (must_prove and part == PARENT)
            return is_certain and thread.shown.get(part) == self._build(onboarding, part).digest

        order = (PARENT, *StepName) if must_prove else _EDITING_ORDER
        return [part for part in order if thread.ts_of(part) and not is_right(part)]

    async def _record(self, onboarding: Onboarding, transition: Callable[[Thread], Thread]) -> Onboarding:
        return await self._records.change_thread(onboarding.team_id, onboarding.id, transition)

    async def _edit_one(self, onboarding: Onboarding, part: str, ts: str, message: card.Message) -> bool:
        try:
            await self._gateway.edit(
                onboarding.team_id, onboarding.thread.channel_id, ts, text=message.text, blocks=message.blocks
            )
        except MessageGoneError as error:
            log.info("message_gone", onboarding=onboarding.id, part=part, slack=error.error)
            return False
        return True

    # --- posting -------------------------------------------------------------------------------------------------

    async def _post_parent(self, onboarding: Onboarding) -> Thread | SlackError:
        """The card of a thread that is being opened, or why there is none."""
        async with self._lock((onboarding.team_id, onboarding.id)):
            claimed, parts = await self._claim(onboarding, [PARENT])
            try:
                return (await self._post_parts(claimed, parts)).thread
            except SlackError as error:
                log.info("card_not_posted", onboarding=onboarding.id, slack=error.error)
                return error

    async def _post_missing(self, onboarding: Onboarding) -> Onboarding:
        """Post what nobody has posted or is posting: the parent first, the rest below it."""
        missing = [it for it in list_parts(onboarding) if not onboarding.thread.has(it)]
        if not missing:
            return onboarding
        onboarding, parts = await self._claim(onboarding, missing)
        if not onboarding.thread.parent_ts and PARENT not in parts:
            # Its outcome is not known yet, and there is nothing to post below.
            return await self._release(onboarding, parts)
        return await self._post_parts(onboarding, parts)

    async def _claim(self, onboarding: Onboarding, parts: Sequence[str]) -> tuple[Onboarding, list[str]]:
        """Record the intent to post; which of the parts are ours to post."""
        now = self._clock()
        claimed = await self._records.change_thread(
            onboarding.team_id, onboarding.id, lambda it: it.claimed(parts, now)
        )
        return claimed, [part for part in parts if claimed.thread.intents.get(part) == now]

    async def _release(self, onboarding: Onboarding, parts: Sequence[str]) -> Onboarding:
        if not parts:
            return onboarding
        return await self._records.change_thread(
            onboarding.team_id, onboarding.id, lambda it: it.released(parts)
        )

    async def _rename(self, onboarding: Onboarding, part: str) -> None:
        await self._records.change_thread(onboarding.team_id, onboarding.id, lambda it: it.renamed(part))

    async def _post_parts(self, onboarding: Onboarding, parts: Sequence[str]) -> Onboarding:
        """Post parts that were claimed, and record each at once. What is known not to have been posted is released."""
        for index, part in enumerate(parts):
            try:
                onboarding = await self._post_one(onboarding, part)
            except SlackError as error:
                await self._release(onboarding, parts[index + 1 if error.may_be_done else index :])
                if isinstance(error, NameSpentError):
                    await self._rename(onboarding, part)
                raise
        return onboarding

    async def _post_one(self, onboarding: Onboarding, part: str) -> Onboarding:
        is_said_once = part != PARENT and part not in set(StepName)
        message = self._build(onboarding, part)
        shown = message if is_said_once else message.hushed
        posted = await self._gateway.post(
            onboarding.team_id,
            onboarding.thread.channel_id,
            text=shown.text,
            blocks=shown.blocks,
            thread_ts="" if part == PARENT else onboarding.thread.parent_ts,
            metadata={
                "event_type": "cw_bot",
                "event_payload": {"onboarding": onboarding.id, "part": part},
            },
            name=name_post(onboarding.team_id, onboarding.id, part, onboarding.thread),
        )

        def transition(thread: Thread) -> Thread:
            return thread.uttered(part) if is_said_once else thread.posted(part, posted.ts, shown.digest)

        recorded = await self._records.change_thread(onboarding.team_id, onboarding.id, transition)
        is_outdated = shown.digest != self._build(recorded, part).digest
        if not is_said_once and (is_outdated or part in recorded.thread.doubtful(self._clock())):
            # The names come with an edit, which notifies nobody; so does what changed during the post.
            self.change(recorded)
        return recorded

    def _build(self, onboarding: Onboarding, part: str) -> card.Message:
        if part == PARENT:
            return card.build_card(onboarding, integration=self._integration)
        if part in set(StepName):
            return card.build_step(onboarding, StepName(part), integration=self._integration)
        return card.build_once(onboarding, part, integration=self._integration)

    # --- what is left --------------------------------------------------------------------------------------------

    async def _link(self, onboarding: Onboarding) -> Onboarding:
        """Learn the parent's address; without it everything works but links."""
        thread = onboarding.thread
        if thread.permalink or not thread.parent_ts:
            return onboarding
        try:
            link = await self._gateway.permalink(onboarding.team_id, thread.channel_id, thread.parent_ts)
        except SlackError as error:
            log.info("no_permalink", onboarding=onboarding.id, slack=error.error)
            return onboarding
        return await self._records.change_thread(
            onboarding.team_id, onboarding.id, lambda it: it.linked(link)
        )

    async def _tidy(self, onboarding: Onboarding) -> Onboarding:
        """Delete messages that others have replaced, and turn former parents into pointers to the new one."""
        thread, team_id = onboarding.thread, onboarding.team_id
        if not thread.parent_ts or not (thread.strays or thread.former):
            return onboarding
        for ts in thread.strays:
            with contextlib.suppress(SlackError):  # most are gone already, and one that stays does no harm
                await self._gateway.delete(team_id, thread.channel_id, ts)
        pointer = build_moved(onboarding)
        for ts in thread.former:
            with contextlib.suppress(SlackError):
                await self._gateway.edit(
                    team_id, thread.channel_id, ts, text=pointer.text, blocks=pointer.blocks
                )
        return await self._records.change_thread(
            team_id, onboarding.id, lambda it: it.tidied((*thread.strays, *thread.former))
        )


def _edited(thread: Thread, digests: dict[str, str], lost: Sequence[tuple[str, str]]) -> Thread:
    thread = thread.edited(digests)
    for part, ts in lost:
        thread = thread.lost(part, ts)
    return thread
