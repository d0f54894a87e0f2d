"""Holds what people were told against what Redis and the channel show. Knows the formats, and nothing of the bot's code.

To be asked when things have come to rest: every finding is a promise that was broken, or something that is there twice.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.model import Message
from bot.sandbox.slack.workspace import SlackWorkspace
from tests.chaos.promises import Kind, Promise, Promises
from tests.chaos.stores import Reader

Json = dict[str, Any]

_STEPS = ("role", "member", "keys", "details", "verified", "integration", "organizations", "variables")
# What a step's message says in its notification, for each state that the record has.
_STATES = {
    "open": "open",
    "in_progress": "in progress",
    "done": "done",
    "checked": "verified by the API",
    "contradicted": "needs another look",
}
_KEPT_DONE = frozenset({"done", "checked", "contradicted"})
# The bot was away, the answer was lost on its way, or the window had changed before it came (an earlier submission's
# verdict was shown in it): people were told that there was some trouble, and it promises nothing.
_OF_THE_WEATHER = re.compile(
    r"dispatch_failed$|operation_timeout$|invalid_errors; no input block has the block_id"
)
_WORD = re.compile(r"(\w+)=(\S+)")
_REFUSED_KEYS = "does not accept these keys"


@dataclass(frozen=True)
class Kept:
    """What Redis holds of a workspace. `instances` maps names, as they are folded, to ids."""

    instances: Mapping[str, str]
    onboardings: Mapping[str, Json]
    sealed: frozenset[str]
    submissions: frozenset[str]
    jobs: Mapping[str, Json]
    due: frozenset[str]
    trail: Sequence[Mapping[str, str]]
    watches: Mapping[str, Json]


async def read(reader: Reader, team_id: str) -> Kept:
    """Read it as it stands there."""
    team = f"cwbot:{{{team_id}}}"
    index = _texts(await reader.hgetall(f"{team}:instances"))
    ids = [it.removeprefix("rev:") for it in index if it.startswith("rev:")]
    documents = {it: await _document(reader, f"{team}:onboarding:{it}") for it in await _ids(reader, team)}
    sealed = [it for it in ids if await reader.hexists(f"{team}:instance:{it}", "sealed")]
    jobs = _texts(await reader.hgetall("cwbot:{schedule}:jobs"))
    due: Any = await reader.zrange("cwbot:{schedule}:due", 0, -1)
    trail: Any = await reader.xrange(f"{team}:audit")
    watches = [it for it in ids if await reader.exists(f"{team}:watch:{it}")]
    return Kept(
        instances={it.removeprefix("name:"): index[it] for it in index if it.startswith("name:")},
        onboardings={it: found for it, found in documents.items() if found},
        sealed=frozenset(sealed),
        submissions=frozenset([it async for it in _submissions(reader, team)]),
        jobs={it: json.loads(job) for it, job in jobs.items()},
        due=frozenset(_text(it) for it in due),
        trail=[_texts(fields) for _, fields in trail],
        watches={it: await _document(reader, f"{team}:watch:{it}") for it in watches},
    )


def check(
    promises: Promises, kept: Kept, workspace: SlackWorkspace, channel: str, told: Sequence[str]
) -> list[str]:
    """What is not as it should be, as sentences; empty where all is well. `told` is what the bots have logged."""
    thread = _Channel(workspace, channel)
    return [
        *_check_doubles(thread),
        *_check_threads(kept, thread),
        *_check_sites(promises, kept),
        *_check_keys(promises, kept, thread),
        *_check_marks(promises, kept, workspace, channel),
        *_check_trail(kept, told),
        *_check_schedule(kept),
        *_check_notices(kept),
        *(f"Slack: {it}" for it in workspace.problems if not _OF_THE_WEATHER.search(it)),
    ]


class _Channel:
    """The bot's messages in the channel, by what they are."""

    def __init__(self, workspace: SlackWorkspace, channel: str) -> None:
        found = workspace.channel(channel).messages
        self._workspace = workspace
        self.messages = [
            it for it in found if it.metadata and it.ephemeral_to is None and not it.is_tombstone
        ]

    def parts(self) -> Counter[tuple[str, str]]:
        return Counter(_names(it) for it in self.messages)

    def message(self, onboarding_id: str, part: str) -> Message | None:
        return next((it for it in self.messages if _names(it) == (onboarding_id, part)), None)

    def read(self, message: Message | None) -> str:
        return self._workspace.render(message) if message else ""


def _check_doubles(thread: _Channel) -> Iterator[str]:
    for (onboarding_id, part), times in thread.parts().items():
        if times > 1:
            yield f"doubled: {part} of {onboarding_id} is there {times} times"


def _check_threads(kept: Kept, thread: _Channel) -> Iterator[str]:
    """Every card has its thread and its record, every message says what the record says."""
    for onboarding_id, part in thread.parts():
        if part == "parent" and onboarding_id not in kept.onboardings:
            yield f"orphan: a card of {onboarding_id}, of which nothing is kept"
    for onboarding_id, document in kept.onboardings.items():
        name, shown = document["name"], document["thread"]
        if document["phase"] == "checking":
            yield f"unfinished: {name} is still being looked up"
            continue
        parent = thread.message(onboarding_id, "parent")
        if parent is None or parent.ts != shown["parent_ts"]:
            yield f"no thread: {name} has no card"
            continue
        for step in document["steps"]:
            yield from _check_step(name, step, shown, thread.message(onboarding_id, step["name"]), parent)


def _check_step(
    name: str, step: Json, shown: Json, message: Message | None, parent: Message
) -> Iterator[str]:
    if message is None or message.ts != shown["replies"].get(step["name"]):
        yield f"lost: {name} has no message for {step['name']}"
    elif message.thread_ts != parent.ts:
        yield f"astray: {step['name']} of {name} is not in its thread"
    elif not message.text.endswith(_STATES[step["state"]]):
        yield f"untrue: {name} shows “{message.text}”, and {step['name']} is {step['state']}"


def _check_sites(promises: Promises, kept: Kept) -> Iterator[str]:
    for promise in promises.acked(Kind.SITE):
        onboarding_id = kept.instances.get(promise.name.casefold())
        if onboarding_id is None:
            yield f"lost: {promise}; there is no such instance"
        elif onboarding_id not in kept.onboardings or onboarding_id not in kept.sealed:
            yield f"half kept: {promise}"
    for name, onboarding_id in kept.instances.items():
        if onboarding_id not in kept.onboardings:
            yield f"orphan: the instance {name} has no onboarding"


def _check_keys(promises: Promises, kept: Kept, thread: _Channel) -> Iterator[str]:
    """The last keys that were taken count, and the thread says what became of them."""
    last = {it.name: it for it in promises.acked(Kind.KEYS)}
    for name, promise in last.items():
        onboarding_id = kept.instances.get(name.casefold(), "")
        document = kept.onboardings.get(onboarding_id)
        if document is None:
            yield f"lost: {promise}; there is nothing"
            continue
        outcome = (document["report"] or {}).get("outcome", "no verdict")
        said = thread.read(thread.message(onboarding_id, "verified"))
        if promise.is_right and outcome != "verified":
            yield f"lost: {promise}; the verdict is {outcome}"
        elif promise.is_right and "verified by the API" not in said:
            yield f"untold: {promise}; the thread says “{said[:80]}”"
        elif not promise.is_right and _tried_since(promises, promise):
            continue  # better ones may have been taken whose acknowledgement was lost
        elif not promise.is_right and (outcome != "needs_you" or _REFUSED_KEYS not in said):
            yield f"untold: {promise}; the verdict is {outcome}, the thread says “{said[:80]}”"


def _tried_since(promises: Promises, promise: Promise) -> bool:
    return any(it.kind is Kind.KEYS and it.name == promise.name and it.is_right for it in promises)


def _check_marks(promises: Promises, kept: Kept, workspace: SlackWorkspace, channel: str) -> Iterator[str]:
    for promise in promises.acked(Kind.DONE):
        document = kept.onboardings.get(kept.instances.get(promise.name.casefold(), ""))
        steps = document["steps"] if document else []
        step = next((it for it in steps if it["name"] == promise.part), None)
        if step is None:
            yield f"lost: {promise}; there is no such step"
        elif step["state"] not in _KEPT_DONE and not _was_told(promise, workspace, channel):
            yield f"lost: {promise}; the step is {step['state']}"


def _was_told(promise: Promise, workspace: SlackWorkspace, channel: str) -> bool:
    """Whether the bot said to this person alone, after the click, that it did not count."""
    return any(
        it.ephemeral_to == promise.by and float(it.ts) >= promise.at
        for it in workspace.channel(channel).messages
    )


def _check_trail(kept: Kept, told: Sequence[str]) -> Iterator[str]:
    """What was done stands in the trail at most as often as it was done: each deed is logged once, then written."""
    done = Counter(_read_deed(dict(_WORD.findall(it))) for it in told if " deed " in it)
    for deed, times in Counter(_read_deed(it) for it in kept.trail).items():
        if times > done[deed]:
            yield f"doubled: the trail has {deed} {times} times, and it was done {done[deed]} times"


def _read_deed(words: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(words.get(it, "") for it in ("by", "action", "what", "subject", "outcome"))


def _check_schedule(kept: Kept) -> Iterator[str]:
    """Nothing waits that concerns nobody, and nothing is kept sealed that has been judged."""
    for job_id in kept.jobs.keys() ^ kept.due:
        yield f"torn: the job {job_id} is half there"
    for job in kept.jobs.values():
        if job["kind"] in ("verify_submission", "check_site", "rotate_keys", "show_thread"):
            yield f"unfinished: {job['kind']} of {job['subject']}"
    pending = {(it["pending"] or {}).get("submission_id") for it in kept.onboardings.values()}
    for submission in kept.submissions - pending:
        yield f"left over: the submission {submission}"


def _check_notices(kept: Kept) -> Iterator[str]:
    """Whatever was to be said of an instance's health has been said."""
    for instance_id, watch in kept.watches.items():
        for notice in watch.get("outbox", ()):
            yield f"untold: the notice {notice['kind']} of {instance_id}"


def _names(message: Message) -> tuple[str, str]:
    payload = (message.metadata or {}).get("event_payload") or {}
    return str(payload.get("onboarding")), str(payload.get("part"))


async def _ids(reader: Reader, team: str) -> list[str]:
    return list(_texts(await reader.hgetall(f"{team}:onboardings")))


async def _document(reader: Reader, key: str) -> Json:
    found = await reader.hget(key, "json")
    document: Json = json.loads(found) if found else {}
    return document


async def _submissions(reader: Reader, team: str) -> Any:
    async for key in reader.scan_iter(match=f"{team}:submission:*", count=1000):
        yield _text(key).rpartition(":")[2]


def _texts(found: Any) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in dict(found).items()}


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
