"""What Slack tells the app about an interaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.forms import initial_values
from bot.sandbox.slack.model import Channel, Installation, Json, Message, User, View
from bot.sandbox.slack.workspace import SlackWorkspace


@dataclass(frozen=True)
class Container:
    """Where an element stands: in a message, or in a view (a modal or a Home tab)."""

    message: Message | None = None
    view: View | None = None

    @property
    def blocks(self) -> list[Json]:
        """The blocks around it."""
        if self.view is not None:
            return self.view.blocks
        return self.message.blocks if self.message is not None else []


class Payloads:
    """Builds payloads for one workspace; `base_url` is where response_urls point."""

    def __init__(self, workspace: SlackWorkspace) -> None:
        self._workspace = workspace
        self.base_url = ""

    def command(
        self, user: User, channel: Channel, installation: Installation, name: str, text: str
    ) -> dict[str, str]:
        """The form of a slash command."""
        team = self._workspace.teams[installation.team_id]
        path = self._workspace.issue_response_url("commands", user, team.id, channel.id)
        return {
            "token": self._workspace.app.verification_token,
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel.id,
            "channel_name": "directmessage" if channel.is_im else _command_name(channel),
            "user_id": user.id,
            "user_name": user.name,
            "command": name,
            "text": text,
            "api_app_id": self._workspace.app.id,
            "is_enterprise_install": "false",
            "response_url": f"{self.base_url}/{path}",
            "trigger_id": self._workspace.issue_trigger(user, team.id, channel_id=channel.id),
        }

    def actions(self, user: User, installation: Installation, container: Container, action: Json) -> Json:
        """block_actions for one element."""
        payload = self._base("block_actions", user, installation, container)
        payload["actions"] = [action]
        if container.view is not None:
            payload["state"] = {"values": container.view.values}
            return payload
        message = container.message
        if message is None:
            raise ValueError("an action needs a message or a view")
        path = self._workspace.issue_response_url(
            "actions",
            user,
            installation.team_id,
            message.channel_id,
            source=message,
            thread_ts=message.thread_ts,
        )
        payload["response_url"] = f"{self.base_url}/{path}"
        payload["state"] = {"values": self.message_values(user, message)}
        return payload

    def submission(self, user: User, installation: Installation, view: View) -> Json:
        """view_submission, with response_urls for conversations that asked for them."""
        payload = self._base("view_submission", user, installation, Container(view=view))
        del payload["container"]
        payload["response_urls"] = [
            self._response_url(user, installation, block, view)
            for block in view.blocks
            if _asks_for_url(block, view)
        ]
        return payload

    def closed(self, user: User, installation: Installation, view: View, *, is_cleared: bool) -> Json:
        """view_closed."""
        payload = self._base("view_closed", user, installation, Container(view=view))
        for name in ("container", "trigger_id"):
            del payload[name]
        payload["is_cleared"] = is_cleared
        return payload

    def suggestion(
        self, user: User, installation: Installation, container: Container, ids: tuple[str, str, str]
    ) -> Json:
        """block_suggestion; `ids` are block_id, action_id and what was typed."""
        payload = self._base("block_suggestion", user, installation, container)
        for name in ("trigger_id", "response_url"):
            payload.pop(name, None)
        payload["block_id"], payload["action_id"], payload["value"] = ids
        return payload

    def message_values(self, user: User, message: Message) -> dict[str, Json]:
        """What a person chose in a message's menus so far."""
        key = (user.id, message.channel_id, message.ts)
        fresh = initial_values(message.blocks, channel_id=message.channel_id)
        kept = self._workspace.message_values.setdefault(key, {})
        for block_id, actions in fresh.items():
            for action_id, state in actions.items():
                kept.setdefault(block_id, {}).setdefault(action_id, state)
        return {block_id: kept[block_id] for block_id in fresh}

    def message_json(self, message: Message) -> Json:
        """A message as answers and payloads have it."""
        channel = self._workspace.channels[message.channel_id]
        author = self._workspace.users[message.user_id]
        body: Json = {
            "type": "message",
            "user": message.user_id,
            "ts": message.ts,
            "text": message.text,
            "team": author.team_id,
        }
        if message.is_by_app:
            installation = next(
                i for i in self._workspace.installations.values() if i.bot_user_id == message.user_id
            )
            body |= {"bot_id": installation.bot_id, "app_id": self._workspace.app.id}
        if message.blocks:
            body["blocks"] = message.blocks
        if message.edited:
            body["edited"] = message.edited
        if message.metadata:
            body["metadata"] = message.metadata
        replies = channel.thread(message.ts)
        if message.thread_ts is not None or replies:
            body["thread_ts"] = message.thread_ts or message.ts
        if replies:
            body |= {"reply_count": len(replies), "latest_reply": replies[-1].ts}
        return body

    def view_json(self, view: View) -> Json:
        """A view as answers and payloads have it."""
        installation = self._workspace.installations[view.team_id]
        return view.as_api(
            app_id=self._workspace.app.id,
            bot_id=installation.bot_id,
            viewer_team_id=self._workspace.users[view.user_id].team_id,
        )

    def _base(self, kind: str, user: User, installation: Installation, container: Container) -> Json:
        home = self._workspace.teams[user.team_id]
        view, message = container.view, container.message
        # In Slack Connect a view's payload names the viewer's team; the app's is in `view.app_installed_team_id`.
        team = home if view is not None else self._workspace.teams[installation.team_id]
        channel_id = message.channel_id if message is not None else None
        payload: Json = {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": home.id},
            "api_app_id": self._workspace.app.id,
            "token": self._workspace.app.verification_token,
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self._workspace.issue_trigger(
                user,
                installation.team_id,
                channel_id=channel_id or (view.channel_id if view is not None else None),
                view_id=view.id if view is not None else None,
            ),
        }
        if view is not None:
            payload["container"] = {"type": "view", "view_id": view.id}
            payload["view"] = self.view_json(view)
        if message is not None:
            channel = self._workspace.channels[message.channel_id]
            payload["container"] = _message_container(message)
            payload["channel"] = {
                "id": channel.id,
                "name": "privategroup" if channel.is_private else channel.name,
            }
            if message.ephemeral_to is None:
                payload["message"] = self.message_json(message)
        return payload

    def _response_url(self, user: User, installation: Installation, block: Json, view: View) -> Json:
        action_id = block["element"]["action_id"]
        state = view.values[block["block_id"]][action_id]
        channel_id = state.get("selected_conversation") or state.get("selected_channel")
        path = self._workspace.issue_response_url("views", user, installation.team_id, str(channel_id))
        return {
            "block_id": block["block_id"],
            "action_id": action_id,
            "channel_id": channel_id,
            "response_url": f"{self.base_url}/{path}",
        }


def _asks_for_url(block: Json, view: View) -> bool:
    element = block.get("element") or {}
    if not element.get("response_url_enabled"):
        return False
    state: Mapping[str, Any] = view.values[block["block_id"]][element["action_id"]]
    return bool(state.get("selected_conversation") or state.get("selected_channel"))


def _command_name(channel: Channel) -> str:
    return "privategroup" if channel.is_private else channel.name


def _message_container(message: Message) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel_id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    return container
