"""What one person sees of the workspace, as the page takes it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.slack.model import Channel, Json, Message, User, View
from bot.sandbox.slack.workspace import SlackWorkspace

_ROLES = {"single_channel_guest": "guest"}


def state_for(workspace: SlackWorkspace, user: User, *, panels: Sequence[str]) -> dict[str, Any]:
    """Everything that the page shows this person."""
    channels = [c for c in workspace.channels_of(user) if not c.is_im]
    team = workspace.teams[user.team_id]
    installation = workspace.installations.get(workspace.team.id)
    home = workspace.homes.get(user.id)
    return {
        "rev": workspace.changes.rev_for(user.id),
        "team": {"id": team.id, "name": team.name, "domain": team.domain},
        "me": user.id,
        "users": [_user(workspace, u) for u in workspace.users.values()],
        "channels": [_channel(workspace, c, user) for c in channels],
        "commands": [
            {"command": c.name, "description": c.description, "usage_hint": c.usage_hint}
            for c in workspace.app.commands
        ],
        "app": {
            "id": workspace.app.id,
            "name": workspace.app.name,
            "bot_user_id": installation.bot_user_id if installation is not None else None,
            "has_home": workspace.app.has_home,
        },
        "messages": {
            c.id: [_message(c, m) for m in c.messages if m.ephemeral_to in (None, user.id)] for c in channels
        },
        "views": [_view(view) for view in workspace.stacks.get(user.id, [])],
        "home": {"view_id": home.id, "hash": home.hash, "blocks": home.blocks} if home is not None else None,
        "panels": list(panels),
        "users_switchable": [u.id for u in workspace.users.values() if u.role != "bot" and not u.is_deleted],
    }


def _user(workspace: SlackWorkspace, user: User) -> Json:
    words = user.real_name.split()
    return {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "title": user.title,
        "role": _ROLES.get(user.role, user.role),
        "team_id": user.team_id,
        "team_name": workspace.teams[user.team_id].name,
        "color": user.color,
        "initials": "".join(word[0] for word in words[:2]).upper(),
        "tz": user.tz,
    }


def _channel(workspace: SlackWorkspace, channel: Channel, user: User) -> Json:
    bots = {i.bot_user_id for i in workspace.installations.values()}
    return {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.is_private,
        "is_ext_shared": channel.is_ext_shared,
        "is_archived": channel.is_archived,
        "is_member": user.id in channel.members,
        "bot_is_member": bool(bots & channel.members),
        "topic": channel.topic,
        "unread": workspace.unread(user, channel),
    }


def _message(channel: Channel, message: Message) -> Json:
    replies = channel.thread(message.ts)
    when = datetime.fromtimestamp(float(message.ts), tz=UTC)
    return {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "user": message.user_id,
        "text": message.text,
        "blocks": message.blocks,
        "edited": message.edited is not None,
        "ephemeral": message.ephemeral_to is not None,
        "reply_count": len(replies),
        "reply_users": list(dict.fromkeys(reply.user_id for reply in replies)),
        "latest_reply": replies[-1].ts if replies else None,
        "date": when.isoformat(timespec="seconds"),
    }


def _view(view: View) -> Json:
    payload = view.payload
    return {
        "id": view.id,
        "hash": view.hash,
        "title": payload.get("title"),
        "submit": payload.get("submit"),
        "close": payload.get("close"),
        "blocks": payload["blocks"],
        "errors": view.errors,
        "error": view.error,
        "callback_id": payload.get("callback_id") or "",
        "values": view.values,
    }
