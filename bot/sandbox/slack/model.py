"""What a workspace consists of, as plain records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Command:
    """A slash command as the app's manifest declares it; `should_escape` turns `@name` into `<@U…>` on the wire."""

    name: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass
class App:
    """The app under test: what its manifest says and its secrets (kept out of the repr)."""

    id: str
    name: str
    client_id: str
    commands: tuple[Command, ...]
    scopes: tuple[str, ...]
    events: tuple[str, ...]
    has_home: bool = True
    client_secret: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    verification_token: str = field(default="", repr=False)


@dataclass
class Team:
    """A workspace of some company."""

    id: str
    name: str
    domain: str


@dataclass
class Installation:
    """The app in one team: its bot user, and the token that speaks for it."""

    team_id: str
    bot_user_id: str
    bot_id: str
    scopes: tuple[str, ...]
    bot_token: str = field(default="", repr=False)
    is_revoked: bool = False


@dataclass
class User:
    """Somebody in a workspace. `role`: owner, admin, member, guest, single_channel_guest, stranger or bot."""

    id: str
    name: str
    real_name: str
    title: str
    role: str
    team_id: str
    color: str = "4a6fa5"
    tz: str = "Europe/Zurich"
    is_deleted: bool = False

    def as_api(self, *, asking_team_id: str) -> Json:
        """The object of users.info, as an app installed in `asking_team_id` sees it."""
        is_stranger = self.team_id != asking_team_id
        base: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.is_deleted,
            "color": self.color,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": "Central European Time",
            "tz_offset": 3600,
            "profile": {
                "title": self.title,
                "real_name": self.real_name,
                "display_name": self.name,
                "team": self.team_id,
            },
            "is_bot": self.role == "bot",
            "is_app_user": False,
            "updated": 1_700_000_000,
        }
        if is_stranger:
            base["is_stranger"] = True
            return base
        return base | {
            "is_admin": self.role in ("owner", "admin"),
            "is_owner": self.role == "owner",
            "is_primary_owner": self.role == "owner",
            "is_restricted": self.role in ("guest", "single_channel_guest"),
            "is_ultra_restricted": self.role == "single_channel_guest",
        }


@dataclass
class Message:
    """A message, or (with `ephemeral_to`) what one person alone sees.

    `notified` holds the ids of those it pings, `name` is the `client_msg_id` that the app gave it. A tombstone
    is what stays of a deleted parent that has replies.
    """

    ts: str
    channel_id: str
    user_id: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    ephemeral_to: str | None = None
    is_by_app: bool = False
    edited: Json | None = None
    metadata: Json | None = None
    unfurl: bool = True
    notified: frozenset[str] = frozenset()
    name: str = ""
    is_tombstone: bool = False

    @property
    def is_reply(self) -> bool:
        """Whether it stands in somebody else's thread."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class Channel:
    """A conversation; `team_ids` are the companies in it, the host first (more than one: Slack Connect)."""

    id: str
    name: str
    team_ids: tuple[str, ...]
    members: set[str] = field(default_factory=set)
    topic: str = ""
    is_private: bool = False
    is_archived: bool = False
    is_general: bool = False
    is_im: bool = False
    posting: str = "anyone"  # or "admins": restricted_action for everybody else, bots included
    messages: list[Message] = field(default_factory=list)

    @property
    def is_ext_shared(self) -> bool:
        """Whether people of another company are in it."""
        return len(self.team_ids) > 1

    def find(self, ts: str) -> Message | None:
        """The message (never an ephemeral or a deleted one) of that ts."""
        found = self.find_parent(ts)
        return None if found is None or found.is_tombstone else found

    def find_parent(self, ts: str) -> Message | None:
        """What a thread may hang below: a message, or the tombstone of one."""
        return next((m for m in self.messages if m.ts == ts and m.ephemeral_to is None), None)

    def thread(self, ts: str) -> list[Message]:
        """The replies below a parent, oldest first, without ephemeral ones."""
        return [m for m in self.messages if m.thread_ts == ts and m.ts != ts and m.ephemeral_to is None]

    def is_visible_to(self, user: User) -> bool:
        """Whether a person sees it in their list; guests and other companies see only where they are members."""
        if user.id in self.members:
            return True
        is_staff = user.role in ("owner", "admin", "member")
        return is_staff and not (self.is_private or self.is_im) and user.team_id == self.team_ids[0]

    def as_api(self, *, bot_user_id: str) -> Json:
        """The object of conversations.info."""
        if self.is_im:
            other = next((u for u in sorted(self.members) if u != bot_user_id), bot_user_id)
            return {"id": self.id, "is_im": True, "user": other, "is_archived": False, "is_org_shared": False}
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_general": self.is_general,
            "is_shared": self.is_ext_shared,
            "is_org_shared": False,
            "is_ext_shared": self.is_ext_shared,
            "is_pending_ext_shared": False,
            "context_team_id": self.team_ids[0],
            "shared_team_ids": list(self.team_ids),
            "is_member": bot_user_id in self.members,
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
            "created": 1_700_000_000,
        }


@dataclass
class View:
    """A modal or a Home tab that somebody has in front of them; `values` is what they typed, in Slack's state shape."""

    id: str
    team_id: str
    user_id: str
    payload: Json
    hash: str
    channel_id: str | None = None
    root_id: str = ""
    previous_id: str | None = None
    values: dict[str, Json] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def blocks(self) -> list[Json]:
        """The view's blocks, each with its block_id."""
        blocks: list[Json] = self.payload["blocks"]
        return blocks

    def as_api(self, *, app_id: str, bot_id: str, viewer_team_id: str) -> Json:
        """The view object of answers and payloads; in Slack Connect its team is the viewer's, not the app's."""
        payload = self.payload
        return {
            "id": self.id,
            "team_id": viewer_team_id,
            "type": payload["type"],
            "blocks": payload["blocks"],
            "private_metadata": payload.get("private_metadata") or "",
            "callback_id": payload.get("callback_id") or "",
            "external_id": payload.get("external_id") or "",
            "state": {"values": self.values},
            "hash": self.hash,
            "title": payload.get("title"),
            "close": payload.get("close"),
            "submit": payload.get("submit"),
            "clear_on_close": bool(payload.get("clear_on_close")),
            "notify_on_close": bool(payload.get("notify_on_close")),
            "submit_disabled": bool(payload.get("submit_disabled")),
            "root_view_id": self.root_id or self.id,
            "previous_view_id": self.previous_id,
            "app_id": app_id,
            "app_installed_team_id": self.team_id,
            "bot_id": bot_id,
        }


@dataclass
class Trigger:
    """A trigger_id: who may be shown a modal because of it, until when, and whether it was used."""

    id: str
    user_id: str
    team_id: str
    issued_at: float
    channel_id: str | None = None
    view_id: str | None = None
    is_used: bool = False


@dataclass
class ResponseUrl:
    """A response_url. `source` is the message that was clicked; a command's has none, so it has nothing to replace."""

    secret: str = field(repr=False)
    kind: str
    user_id: str
    team_id: str
    channel_id: str
    issued_at: float
    source: Message | None = None
    thread_ts: str | None = None
    uses: int = 0


@dataclass(frozen=True)
class Call:
    """One call of the Web API: `args` without tokens, `error` as it was answered, `at` in epoch seconds."""

    method: str
    args: Mapping[str, Any]
    team_id: str | None
    status: int
    error: str | None
    at: float

    @property
    def ok(self) -> bool:
        """Whether Slack did it."""
        return self.error is None


def names_of(records: Iterable[Channel]) -> list[str]:
    """The names of some channels, for sentences."""
    return sorted(record.name for record in records)
