"""What people do among themselves: write, invite, archive, rename, delete, look at the app's Home."""

import re

from bot.sandbox.slack.events import Events
from bot.sandbox.slack.model import Channel, Message, User
from bot.sandbox.slack.outcomes import Result
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.text import escape
from bot.sandbox.slack.workspace import SlackWorkspace

_BROADCASTS = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")
_NAMES = re.compile(r"(?<![\w@])@([\w.-]+)")


class Doings:
    """Changes that people make to the workspace, with the events that tell the app."""

    def __init__(self, workspace: SlackWorkspace, events: Events, payloads: Payloads) -> None:
        self._workspace = workspace
        self._events = events
        self._payloads = payloads

    def say(self, user: User, channel: Channel, text: str, *, thread_ts: str | None = None) -> Result:
        """Write a message; what is typed is escaped, `@name` becomes a mention."""
        if channel.is_archived or user.id not in channel.members:
            return Result("You can't post in this channel.")
        message = Message(
            self._workspace.new_ts(), channel.id, user.id, self._typed(text), thread_ts=thread_ts
        )
        self._workspace.post(message)
        self._events.message(message)
        return Result(ts=message.ts)

    def _typed(self, text: str) -> str:
        known = {user.name: f"<@{user.id}>" for user in self._workspace.users.values()}
        plain = _BROADCASTS.sub(r"<!\1>", escape(text))
        return _NAMES.sub(lambda found: known.get(found[1], found[0]), plain)

    def invite_bot(self, user: User, channel: Channel) -> Result:
        """/invite @bot."""
        installation = self._workspace.installation_for(channel)
        if installation is None:
            return Result("That app is not installed here.")
        return self.invite(user, channel, installation.bot_user_id)

    def invite_named(self, user: User, channel: Channel, name: str) -> Result:
        """/invite with what was typed behind it: `@bot`, the app's name, or a person's."""
        wanted = name.removeprefix("@").casefold()
        installation = self._workspace.installation_for(channel)
        bot = self._workspace.users[installation.bot_user_id] if installation is not None else None
        if bot is not None and wanted in ("bot", bot.name.casefold(), bot.real_name.casefold()):
            return self.invite(user, channel, bot.id)
        found = next((u for u in self._workspace.users.values() if u.name == wanted), None)
        if found is None or found.team_id != user.team_id:
            return Result(f"There is nobody called {name or 'that'} here.")
        return self.invite(user, channel, found.id)

    def invite(self, user: User, channel: Channel, invited_id: str) -> Result:
        """/invite somebody."""
        if user.id not in channel.members or channel.is_archived:
            return Result("You can't invite people to this channel.")
        if invited_id in channel.members:
            return Result("They are already in this channel.")
        channel.members.add(invited_id)
        self._workspace.changes.note()
        self._events.joined(channel, invited_id, user)
        return Result()

    def remove_bot(self, user: User, channel: Channel) -> Result:
        """/remove @bot."""
        installation = self._workspace.installation_for(channel)
        if user.id not in channel.members or installation is None:
            return Result("You can't remove people from this channel.")
        if installation.bot_user_id not in channel.members:
            return Result("They are not in this channel.")
        self._events.left(channel, user)
        channel.members.discard(installation.bot_user_id)
        self._workspace.changes.note()
        return Result()

    def archive(self, user: User, channel: Channel) -> Result:
        """Archive a channel."""
        if channel.is_general or user.role in ("guest", "single_channel_guest", "stranger"):
            return Result("You can't archive this channel.")
        channel.is_archived = True
        self._workspace.changes.note()
        self._events.channel_changed("channel_archive", channel, user)
        return Result()

    def unarchive(self, user: User, channel: Channel) -> Result:
        """Take a channel out of the archive."""
        channel.is_archived = False
        self._workspace.changes.note()
        self._events.channel_changed("channel_unarchive", channel, user)
        return Result()

    def rename(self, user: User, channel: Channel, name: str) -> Result:
        """Give a channel another name: lower case, no blanks, at most 80 characters."""
        wanted = name.strip().removeprefix("#")
        if not re.fullmatch(r"[\w-]{1,80}", wanted) or wanted != wanted.lower():
            return Result("Channel names can't contain blanks, capitals or full stops.")
        if any(other.name == wanted for other in self._workspace.channels.values()):
            return Result("That name is already taken by another channel.")
        channel.name = wanted
        self._workspace.changes.note()
        self._events.channel_changed("channel_rename", channel, user)
        return Result()

    def delete_message(self, user: User, channel: Channel, ts: str) -> Result:
        """Delete a message: one's own, or as an owner or admin anybody's. Ephemeral ones are just dismissed."""
        mine = (m for m in channel.messages if m.ephemeral_to == user.id)
        message = channel.find(ts) or next((m for m in mine if m.ts == ts), None)
        if message is None:
            return Result("This message is gone already.")
        if (
            message.ephemeral_to is None
            and message.user_id != user.id
            and user.role not in ("owner", "admin")
        ):
            return Result("You can't delete this message.")
        self._workspace.delete(message)
        if message.ephemeral_to is None:
            self._events.message_deleted(message)
        return Result()

    def open_home(self, user: User) -> Result:
        """Look at the app's Home tab."""
        installation = self._workspace.installations.get(user.team_id)
        if installation is None or installation.is_revoked or not self._workspace.app.has_home:
            return Result("This app has no Home here.")
        view = self._workspace.homes.get(user.id)
        shown = self._payloads.view_json(view) if view is not None else None
        dm = self.direct_message(user.id, installation.bot_user_id, user.team_id)
        self._events.home_opened(user, user.team_id, shown, dm.id)
        return Result()

    def direct_message(self, user_id: str, bot_user_id: str, team_id: str) -> Channel:
        """The direct message channel between a person and the bot, made when first needed."""
        pair = {user_id, bot_user_id}
        found = (c for c in self._workspace.channels.values() if c.is_im and c.members == pair)
        channel = next(found, None)
        if channel is None:
            channel = Channel(self._workspace.new_id("D"), f"dm-{user_id}", (team_id,), pair, is_im=True)
            self._workspace.channels[channel.id] = channel
            self._workspace.changes.note(user_id)
        return channel

    def uninstall(self, team_id: str, *, tokens_first: bool = True) -> None:
        """Remove the app from a team: the token dies, both events go out, in either order."""
        installation = self._workspace.installations[team_id]
        installation.is_revoked = True
        for channel in self._workspace.channels.values():
            channel.members.discard(installation.bot_user_id)
        self._workspace.changes.note()
        revoked = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [installation.bot_user_id]}}
        gone: dict[str, object] = {"type": "app_uninstalled"}
        for event in (revoked, gone) if tokens_first else (gone, revoked):
            self._events.emit(team_id, dict(event))

    def revoke_tokens(self, team_id: str) -> None:
        """The token dies, the app stays listed: tokens_revoked alone."""
        installation = self._workspace.installations[team_id]
        installation.is_revoked = True
        tokens = {"oauth": [], "bot": [installation.bot_user_id]}
        self._events.emit(team_id, {"type": "tokens_revoked", "tokens": tokens})
