"""conversations.*."""

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.model import Json
from bot.sandbox.slack.web.registry import Request, method


@method("conversations.info", scope="channels:read")
def conversations_info(request: Request) -> Json:
    """One channel; private ones without the bot do not exist for it."""
    return {"channel": request.channel().as_api(bot_user_id=request.bot.bot_user_id)}


@method("conversations.members", scope="channels:read")
def conversations_members(request: Request) -> Json:
    """Who is in a channel."""
    return {
        "members": sorted(request.channel().members),
        "response_metadata": {"next_cursor": ""},
    }


@method("conversations.join", scope="channels:join")
def conversations_join(request: Request) -> Json:
    """Join a public channel."""
    channel = request.channel()
    if channel.is_private or channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    already = request.bot.bot_user_id in channel.members
    channel.members.add(request.bot.bot_user_id)
    request.workspace.changes.note()
    answer: Json = {"channel": channel.as_api(bot_user_id=request.bot.bot_user_id)}
    if already:
        answer |= {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    return answer


@method("conversations.open", scope="im:write")
def conversations_open(request: Request) -> Json:
    """A direct message channel with one person."""
    users = [u for u in (request.text("users") or "").split(",") if u]
    if not users:
        raise ApiError("users_list_not_supplied")
    if len(users) > 1:
        raise ApiError("method_not_supported_for_channel_type")
    if users[0] not in request.workspace.users:
        raise ApiError("user_not_found")
    dm = request.slack.doings.direct_message(users[0], request.bot.bot_user_id, request.bot.team_id)
    return {"channel": {"id": dm.id}}
