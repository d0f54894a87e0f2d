"""The Events API: what the app subscribed to, wrapped, delivered and repeated as Slack does."""

import asyncio
from collections.abc import Coroutine, Sequence

from bot.sandbox.slack.delivery import Ack, Delivery
from bot.sandbox.slack.model import Channel, Json, Message, User
from bot.sandbox.slack.workspace import SlackWorkspace

# At once, after a minute, after five minutes.
RETRY_SECONDS = (0.0, 60.0, 300.0)
_ALWAYS = ("app_uninstalled", "tokens_revoked")


class Events:
    """Emits events in the background; `settle` waits for those under way, `close` gives up on them."""

    def __init__(
        self, workspace: SlackWorkspace, delivery: Delivery, *, retry_seconds: Sequence[float] = RETRY_SECONDS
    ) -> None:
        self._workspace = workspace
        self._delivery = delivery
        self._retry_seconds = retry_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    async def verify_url(self) -> bool:
        """The url_verification handshake with each request URL: whether the challenge came back."""
        challenge = self._workspace.new_hash()
        envelope = {
            "type": "url_verification",
            "challenge": challenge,
            "token": self._workspace.app.verification_token,
        }
        ack = await self._delivery.event(envelope)
        return ack.ok and ack.body in (challenge, {"challenge": challenge})

    def emit(self, team_id: str, event: Json, *, subscription: str | None = None) -> None:
        """Deliver an event if the app is installed there and subscribed to it (`subscription`: its manifest name)."""
        installation = self._workspace.installations.get(team_id)
        if installation is None or not self._wants(event["type"], subscription):
            return
        if installation.is_revoked and event["type"] not in _ALWAYS:
            return
        envelope = {
            "token": self._workspace.app.verification_token,
            "team_id": team_id,
            "api_app_id": self._workspace.app.id,
            "event": event,
            "type": "event_callback",
            "event_id": self._workspace.new_id("Ev"),
            "event_time": int(self._workspace.clock.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team_id,
                    "user_id": installation.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": self._is_shared(event),
            "event_context": f"4-{self._workspace.new_hash()}",
        }
        self._spawn(self._deliver(envelope))

    def message(self, message: Message) -> None:
        """Somebody wrote something where the bot is."""
        channel = self._workspace.channels[message.channel_id]
        event = {
            "type": "message",
            "channel": channel.id,
            "user": message.user_id,
            "text": message.text,
            "ts": message.ts,
            "event_ts": message.ts,
            "channel_type": "group" if channel.is_private else "channel",
            "team": self._workspace.users[message.user_id].team_id,
        }
        if message.thread_ts is not None:
            event["thread_ts"] = message.thread_ts
        self._to_bots_in(channel, event, subscription=_message_subscription(channel))
        if message.notified & {i.bot_user_id for i in self._workspace.installations.values()}:
            mention = {k: v for k, v in event.items() if k != "channel_type"} | {"type": "app_mention"}
            self._to_bots_in(channel, mention)

    def message_deleted(self, message: Message) -> None:
        """A message went away."""
        channel = self._workspace.channels[message.channel_id]
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "channel": channel.id,
            "ts": self._workspace.new_ts(),
            "deleted_ts": message.ts,
            "event_ts": self._workspace.new_ts(),
            "channel_type": "group" if channel.is_private else "channel",
            "previous_message": {
                "type": "message",
                "user": message.user_id,
                "text": message.text,
                "ts": message.ts,
            },
        }
        self._to_bots_in(channel, event, subscription=_message_subscription(channel))

    def joined(self, channel: Channel, user_id: str, inviter: User | None = None) -> None:
        """Somebody (the bot too) joined a channel."""
        event: Json = {
            "type": "member_joined_channel",
            "user": user_id,
            "channel": channel.id,
            "channel_type": "G" if channel.is_private else "C",
            "team": channel.team_ids[0],
            "event_ts": self._workspace.new_ts(),
        }
        if inviter is not None:
            event["inviter"] = inviter.id
        self._to_bots_in(channel, event)

    def left(self, channel: Channel, actor: User) -> None:
        """The bot is being removed from a channel (told while it is still in it)."""
        kind = "group_left" if channel.is_private else "channel_left"
        stamp = self._workspace.new_ts()
        self._to_bots_in(
            channel, {"type": kind, "channel": channel.id, "actor_id": actor.id, "event_ts": stamp}
        )

    def channel_changed(self, kind: str, channel: Channel, user: User) -> None:
        """channel_archive, channel_unarchive or channel_rename (group_… for private ones)."""
        name = kind.replace("channel_", "group_") if channel.is_private else kind
        event: Json = {"type": name, "channel": channel.id, "event_ts": self._workspace.new_ts()}
        if kind == "channel_rename":
            event["channel"] = {"id": channel.id, "name": channel.name, "created": 1_700_000_000}
        else:
            event["user"] = user.id
        self._to_bots_in(channel, event)

    def home_opened(self, user: User, team_id: str, view: Json | None, dm_id: str) -> None:
        """Somebody looked at the app's Home tab."""
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": dm_id,
            "tab": "home",
            "event_ts": self._workspace.new_ts(),
        }
        if view is not None:
            event["view"] = view
        self.emit(team_id, event)

    async def settle(self) -> None:
        """Wait until every delivery (with its repetitions) is through."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Give up on what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _wants(self, kind: str, subscription: str | None) -> bool:
        wanted = self._workspace.app.events
        return kind in wanted or (subscription is not None and subscription in wanted)

    def _is_shared(self, event: Json) -> bool:
        channel = self._workspace.channels.get(str(event.get("channel")))
        return channel is not None and channel.is_ext_shared

    def _to_bots_in(self, channel: Channel, event: Json, *, subscription: str | None = None) -> None:
        for team_id in channel.team_ids:
            installation = self._workspace.installations.get(team_id)
            if installation is not None and installation.bot_user_id in channel.members:
                self.emit(team_id, event, subscription=subscription)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, envelope: Json) -> None:
        ack = await self._delivery.event(envelope)
        for number, delay in enumerate(self._retry_seconds, start=1):
            if ack.ok or _declines(ack):
                return
            reason = "http_timeout" if ack.error == "operation_timeout" else "http_error"
            await asyncio.sleep(delay)
            ack = await self._delivery.event(envelope, retry=number, reason=reason)
        if not ack.ok:
            self._workspace.problems.append(f"event {envelope['event']['type']} was never acknowledged")


def _declines(ack: Ack) -> bool:
    headers = {name.lower(): value for name, value in (ack.headers or {}).items()}
    return headers.get("x-slack-no-retry") == "1"


def _message_subscription(channel: Channel) -> str:
    return "message.groups" if channel.is_private else "message.channels"
