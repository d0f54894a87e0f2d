"""Where an onboarding is shown: which message holds which part, what it says, and which posts are under way.

A post cannot be asked for twice without making two messages, and Slack does not tell whether one whose answer was lost
was made. So the intent is recorded before the post: as long as an intent is fresh nobody else posts that part, and once
it is stale the durable job makes a new attempt, under the same name (`name_post`): Slack makes one message of a name.
Should it make two after all, nothing else depends on it. Reading the channel back would take a scope that is not asked
for, and may be done once a minute only; a copy that turns up later (somebody clicks in it) is adopted or taken away.

An edit may be repeated, but one that was begun and never ended may arrive after a later one, and show what was. So it is
recorded before it is begun, too, and a part with an edit that never ended is edited again.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

PARENT: Final = "parent"

# Nobody makes a second attempt at a part whose post was begun less than this ago. Longer than a post may take.
INTENT_FRESH: Final = timedelta(seconds=20)

_NAMES: Final = uuid.UUID("364ba402-2a86-4e39-b1ad-00610ba9cc99")


class Thread(BaseModel):
    """The messages of one onboarding. All `ts` are strings, as Slack has them.

    Attributes:
        replies: a step's name → the ts of its message.
        shown: a part (`parent` or a step's name) → a digest of what its message says, so that a message that is right
            already is not edited again, also after a restart.
        intents: a part → since when a post of it is under way, or its outcome unknown.
        edits: a part and who edits it (`part/token`) → since when; gone when the edit has ended.
        said: messages that are said once and never edited (a hand-over, a reminder), by their part.
        parked: why nothing can be shown (`not_in_channel`, `is_archived`, …); empty where it can.
        strays: messages of ours that another one has replaced, to be deleted.
        former: parents that another one has replaced, to be turned into a pointer.
        joined_ts: the bot's last return to the channel for which all was posted anew.
        edition: how many whole threads are gone; `editions`: a part → how many of its messages are. What is posted in the
            place of a message that is gone has another name.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    channel_id: str
    parent_ts: str = ""
    replies: dict[str, str] = {}
    permalink: str = ""
    shown: dict[str, str] = {}
    intents: dict[str, datetime] = {}
    edits: dict[str, datetime] = {}
    said: tuple[str, ...] = ()
    parked: str = ""
    strays: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    joined_ts: str = ""
    edition: int = 0
    editions: dict[str, int] = {}

    def ts_of(self, part: str) -> str:
        """The message that shows a part; empty where there is none."""
        return self.parent_ts if part == PARENT else self.replies.get(part, "")

    def has(self, part: str) -> bool:
        """Whether a part is shown or was said."""
        return bool(self.ts_of(part)) or part in self.said

    def is_waiting(self, part: str, now: datetime) -> bool:
        """Whether somebody has begun to post the part, so recently that its outcome may still become known."""
        begun = self.intents.get(part)
        return begun is not None and now - begun < INTENT_FRESH

    def claimed(self, parts: Iterable[str], now: datetime) -> "Thread":
        """With the intent to post those of the parts that nobody has posted or is posting.

        Where an earlier attempt has made the message after all, it says what that attempt said: it is edited then.
        """
        free = {part: now for part in parts if not self.has(part) and not self.is_waiting(part, now)}
        doubts = {f"{it}/": self.intents[it] for it in free if it in self.intents and "/" not in it}
        return self._with(intents={**self.intents, **free}, edits={**self.edits, **doubts})

    def released(self, parts: Iterable[str]) -> "Thread":
        """Without the intent: the post is known not to have been made."""
        return self._with(intents=_without(self.intents, parts))

    def renamed(self, part: str) -> "Thread":
        """With another name for the part's next post."""
        return self._with(editions={**self.editions, part: self.editions.get(part, 0) + 1})

    def posted(self, part: str, ts: str, digest: str) -> "Thread":
        """With a part's message. What is shown already keeps its message, and the new one goes."""
        if self.has(part) and self.ts_of(part) != ts:
            return self._with(strays=_added(self.strays, ts))
        changes: dict[str, Any] = {
            "intents": _without(self.intents, (part,)),
            "shown": {**self.shown, part: digest},
            "parked": "",
        }
        if part == PARENT:
            changes["parent_ts"] = ts
        else:
            changes["replies"] = {**self.replies, part: ts}
        return self._with(**changes)

    def uttered(self, part: str) -> "Thread":
        """With something that is said once."""
        return self._with(said=_added(self.said, part), intents=_without(self.intents, (part,)), parked="")

    def editing(self, parts: Iterable[str], token: str, now: datetime) -> "Thread":
        """With edits that are begun now; `token` is whoever makes them."""
        return self._with(edits={**self.edits, **{f"{part}/{token}": now for part in parts}})

    def doubtful(self, now: datetime) -> set[str]:
        """Parts with an edit that was begun so long ago that its end will not become known any more."""
        return {it.partition("/")[0] for it, begun in self.edits.items() if now - begun >= INTENT_FRESH}

    def after_edits(self, parts: Iterable[str], token: str, now: datetime) -> "Thread":
        """Without this token's edits of the parts, which have ended, and without those that had been in doubt before."""
        ended = set(parts)
        left = {
            it: begun
            for it, begun in self.edits.items()
            if it.partition("/")[0] not in ended
            or (it.partition("/")[2] != token and now - begun < INTENT_FRESH)
        }
        return self._with(edits=left)

    @property
    def is_unsettled(self) -> bool:
        """Whether the outcome of a post or an edit may still become known."""
        return bool(self.intents) or any(self.ts_of(it.partition("/")[0]) for it in self.edits)

    def edited(self, digests: Mapping[str, str]) -> "Thread":
        """With what messages say now."""
        known = {part: digest for part, digest in digests.items() if self.ts_of(part)}
        return self._with(shown={**self.shown, **known}, parked="")

    def lost(self, part: str, ts: str) -> "Thread":
        """Without a message that is gone or cannot be edited any more. With its parent, the whole thread is lost."""
        if self.ts_of(part) != ts:
            return self
        if part == PARENT:
            return self._emptied()
        renamed = self.renamed(part)
        return self._with(
            editions=renamed.editions,
            replies=_without(self.replies, (part,)),
            shown=_without(self.shown, (part,)),
            edits={it: begun for it, begun in self.edits.items() if it.partition("/")[0] != part},
            strays=_added(self.strays, ts),
        )

    def left(self, joined_ts: str) -> "Thread":
        """To be posted anew because the bot came back to the channel at `joined_ts`; once for each return."""
        is_news = bool(self.parent_ts) and float(joined_ts) > max(
            float(self.parent_ts), float(self.joined_ts or 0)
        )
        return self._emptied(joined_ts=joined_ts) if is_news else self

    def found(self, part: str, ts: str, parent_ts: str, digest: str = "") -> "Thread":
        """With a message of ours that somebody clicked in: adopted where the part has none, else taken away."""
        if part == PARENT:
            if not self.parent_ts:
                return self.posted(PARENT, ts, digest)
            return self if ts == self.parent_ts else self._with(former=_added(self.former, ts))
        if self.replies.get(part) == ts:
            return self
        if not self.has(part) and parent_ts == self.parent_ts:
            return self.posted(part, ts, digest)
        return self._with(strays=_added(self.strays, ts))

    def linked(self, permalink: str) -> "Thread":
        """With the parent's address."""
        return self._with(permalink=permalink)

    def park(self, why: str) -> "Thread":
        """Not to be shown until something changes in the channel."""
        return self._with(parked=why)

    def tidied(self, timestamps: Iterable[str]) -> "Thread":
        """Without leftovers that were dealt with."""
        gone = set(timestamps)
        return self._with(
            strays=tuple(it for it in self.strays if it not in gone),
            former=tuple(it for it in self.former if it not in gone),
        )

    def _emptied(self, **changes: Any) -> "Thread":
        return self._with(
            **changes,
            edition=self.edition + 1,
            parent_ts="",
            replies={},
            permalink="",
            shown={},
            edits={},
            parked="",
            strays=tuple(dict.fromkeys((*self.strays, *self.replies.values()))),
            former=_added(self.former, self.parent_ts),
        )

    def _with(self, **changes: Any) -> "Thread":
        return self.model_copy(update=changes)


def name_post(team_id: str, onboarding_id: str, part: str, thread: Thread) -> str:
    """What the post of a part is called, the same for every attempt at it: a UUID, Slack's `client_msg_id`."""
    return str(
        uuid.uuid5(
            _NAMES,
            f"{team_id}/{onboarding_id}/{part}/{thread.edition}/{thread.editions.get(part, 0)}",
        )
    )


def _added(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return values if value in values else (*values, value)


def _without(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    gone = set(names)
    return {name: value for name, value in values.items() if name not in gone}
