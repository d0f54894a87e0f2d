"""The workspace: who and what is in it, and the changes that both people and the app can make to it."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from bot.sandbox.slack.clock import Changes, Clock
from bot.sandbox.slack.model import (
    App,
    Channel,
    Command,
    Installation,
    Json,
    Message,
    ResponseUrl,
    Team,
    Trigger,
    User,
    View,
)
from bot.sandbox.slack.render import render_text
from bot.sandbox.slack.seed import COMMANDS, EVENTS, SCOPES, populate, populate_second
from bot.sandbox.slack.text import Names, mrkdwn_in, notified_by

RESPONSE_URL_USES = 5
RESPONSE_URL_SECONDS = 30 * 60


class SlackWorkspace:
    """One Slack with its teams, people, channels and the installed app; everything else acts on it.

    `commands`, `scopes`, `events` and `has_home` are the app's manifest. `trigger_seconds` is how long a trigger_id
    lives. `problems` collects, as sentences, what Slack would have refused without telling the app's developer.
    """

    def __init__(
        self,
        *,
        app_name: str = "ConnectWise setup",
        commands: Iterable[Command] = COMMANDS,
        scopes: Iterable[str] = SCOPES,
        events: Iterable[str] = EVENTS,
        has_home: bool = True,
        trigger_seconds: float = 3.0,
    ) -> None:
        self.clock = Clock()
        self.changes = Changes()
        self.trigger_seconds = trigger_seconds
        self.problems: list[str] = []
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.installations: dict[str, Installation] = {}
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.oauth_codes: dict[str, str] = {}
        self.refresh_tokens: dict[str, str] = {}
        self.rotates_tokens = False
        self.usergroups: dict[str, list[str]] = {}
        self.message_values: dict[tuple[str, str, str], dict[str, Json]] = {}
        self.message_names: set[str] = set()
        self._read: dict[tuple[str, str], str] = {}
        self._last_ts = 0
        self._counter = 0
        self.app = App(
            id="A0SANDBOX1",
            name=app_name,
            client_id="1000000000.2000000000",
            commands=tuple(commands),
            scopes=tuple(scopes),
            events=tuple(events),
            has_home=has_home,
            client_secret=secrets.token_hex(16),
            signing_secret=secrets.token_hex(16),
            app_token=f"xapp-1-A0SANDBOX1-{secrets.randbelow(10**12)}-{secrets.token_hex(16)}",
            verification_token=secrets.token_hex(12),
        )
        self.team = populate(self)

    # --- ids -------------------------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        """A fresh id in Slack's shape."""
        self._counter += 1
        return f"{prefix}0{self._counter:04X}{secrets.token_hex(2).upper()}"

    def new_ts(self) -> str:
        """A fresh message ts, larger than every earlier one."""
        self._last_ts = max(self._last_ts + 1, int(self.clock.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_hash(self) -> str:
        """A fresh view hash."""
        return f"{int(self.clock.now())}.{secrets.token_hex(4)}"

    # --- looking up ------------------------------------------------------------------------------------------

    def user(self, key: str) -> User:
        """A person by id or name. Raises LookupError."""
        found = self.users.get(key) or next((u for u in self.users.values() if u.name == key), None)
        if found is None:
            raise LookupError(f"nobody here is called {key!r}")
        return found

    def channel(self, key: str) -> Channel:
        """A channel by id or name, with or without #. Raises LookupError."""
        name = key.removeprefix("#")
        found = self.channels.get(key) or next((c for c in self.channels.values() if c.name == name), None)
        if found is None:
            raise LookupError(f"there is no channel {key!r}")
        return found

    def channels_of(self, user: User) -> list[Channel]:
        """The channels that a person sees, in the order in which they were made."""
        return [c for c in self.channels.values() if c.is_visible_to(user)]

    def installation_by_token(self, token: str) -> Installation | None:
        """The installation that a bot token speaks for, revoked ones too."""
        return next((i for i in self.installations.values() if i.bot_token == token), None)

    def installation_for(self, channel: Channel) -> Installation | None:
        """The app's installation that a channel belongs to: its host team's, or another's that takes part."""
        found = (self.installations.get(team_id) for team_id in channel.team_ids)
        return next((i for i in found if i is not None and not i.is_revoked), None)

    @property
    def names(self) -> Names:
        """How ids are shown to people."""
        return Names(
            user=lambda user_id: self.users[user_id].real_name if user_id in self.users else user_id,
            channel=lambda channel_id: (
                self.channels[channel_id].name if channel_id in self.channels else channel_id
            ),
        )

    def render(self, message: Message) -> str:
        """A message as a person reads it."""
        return render_text(message, self.names)

    # --- populating ------------------------------------------------------------------------------------------

    def add_team(self, name: str, domain: str, *, installed: bool = True) -> Team:
        """Another workspace, with an owner, a member and two channels, and its own token if the app is installed."""
        team = Team(id=self.new_id("T"), name=name, domain=domain)
        populate_second(self, team)
        if installed:
            self.install(team.id)
        return team

    def install(self, team_id: str) -> Installation:
        """Install the app, or install it again with a fresh token."""
        before = self.installations.get(team_id)
        bot_user_id = before.bot_user_id if before else self.new_id("U")
        installation = Installation(
            team_id=team_id,
            bot_user_id=bot_user_id,
            bot_id=before.bot_id if before else self.new_id("B"),
            scopes=self.app.scopes,
            bot_token=f"xoxb-{secrets.randbelow(10**12)}-{secrets.randbelow(10**13)}-{secrets.token_hex(12)}",
        )
        self.installations[team_id] = installation
        handle = self.app.name.lower().replace(" ", "-")
        self.users[bot_user_id] = User(bot_user_id, handle, self.app.name, "App", "bot", team_id, "1d7a5f")
        self.changes.note()
        return installation

    # --- messages --------------------------------------------------------------------------------------------

    def post(self, message: Message) -> Message:
        """Put a message into its channel; works out whom it notifies."""
        channel = self.channels[message.channel_id]
        self._notify(message)
        channel.messages.append(message)
        self.note_message(message)
        return message

    def edit(self, message: Message, *, text: str, blocks: list[Json], by: str) -> None:
        """Change what a message says. An edit notifies nobody, whoever it mentions."""
        message.text = text
        message.blocks = blocks
        message.edited = {"user": by, "ts": self.new_ts()}
        self.note_message(message)

    def delete(self, message: Message) -> None:
        """Take a message away; a parent with replies leaves a tombstone, which goes with the last of them."""
        channel = self.channels[message.channel_id]
        if message.ephemeral_to is None and channel.thread(message.ts):
            message.text, message.blocks, message.is_tombstone = "This message was deleted.", [], True
            message.user_id, message.is_by_app = "USLACKBOT", False
        else:
            channel.messages.remove(message)
        parent = channel.find_parent(message.thread_ts) if message.is_reply and message.thread_ts else None
        if parent is not None and parent.is_tombstone and not channel.thread(parent.ts):
            channel.messages.remove(parent)
        self.note_message(message)

    def note_message(self, message: Message) -> None:
        """Tell everybody who can see it."""
        if message.ephemeral_to:
            self.changes.note(message.ephemeral_to)
        else:
            self.changes.note()

    def mark_read(self, user: User, channel: Channel) -> None:
        """A person was active in a channel: everything there counts as read."""
        self._read[user.id, channel.id] = self.new_ts()

    def unread(self, user: User, channel: Channel) -> int:
        """How many messages of others came since, outside threads."""
        if user.id not in channel.members:
            return 0
        since = self._read.get((user.id, channel.id), "")
        fresh = (m for m in channel.messages if m.ts > since and m.ephemeral_to in (None, user.id))
        return sum(1 for m in fresh if m.user_id != user.id and not m.is_reply and not m.is_tombstone)

    def _notify(self, message: Message) -> None:
        members = self.channels[message.channel_id].members - {message.user_id}
        people = {message.ephemeral_to} if message.ephemeral_to else members
        message.notified = notified_by([message.text, *mrkdwn_in(message.blocks)], members=people)

    # --- triggers and response_urls ----------------------------------------------------------------------------

    def issue_trigger(
        self, user: User, team_id: str, *, channel_id: str | None = None, view_id: str | None = None
    ) -> str:
        """A trigger_id for something that a person just did."""
        number = secrets.randbelow(10**13)
        trigger_id = f"{number}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(
            trigger_id, user.id, team_id, self.clock.now(), channel_id=channel_id, view_id=view_id
        )
        return trigger_id

    def issue_response_url(
        self,
        kind: str,
        user: User,
        team_id: str,
        channel_id: str,
        *,
        source: Message | None = None,
        thread_ts: str | None = None,
    ) -> str:
        """The path of a new response_url: `commands/…` or `actions/…`."""
        secret = secrets.token_urlsafe(18)
        path = f"{kind}/{team_id}/{secrets.randbelow(10**13)}/{secret}"
        self.response_urls[path] = ResponseUrl(
            secret, kind, user.id, team_id, channel_id, self.clock.now(), source=source, thread_ts=thread_ts
        )
        return path

    # --- filling in what Slack fills in --------------------------------------------------------------------------

    def with_ids(self, blocks: Iterable[Mapping[str, Any]]) -> list[Json]:
        """The blocks with a block_id and action_ids wherever the app gave none."""
        return [self._with_ids(dict(block)) for block in blocks]

    def _with_ids(self, block: Json) -> Json:
        block.setdefault("block_id", secrets.token_urlsafe(4))
        for name in ("element", "accessory"):
            if isinstance(block.get(name), dict):
                block[name] = self._with_action_id(block[name])
        if block["type"] == "actions":
            block["elements"] = [self._with_action_id(element) for element in block["elements"]]
        return block

    def _with_action_id(self, element: Mapping[str, Any]) -> Json:
        if element.get("type") == "image":
            return dict(element)
        return {"action_id": secrets.token_urlsafe(4), **element}
