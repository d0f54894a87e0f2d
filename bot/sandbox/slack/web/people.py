"""users.* and usergroups.*."""

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.model import Json, User
from bot.sandbox.slack.web.registry import Request, method


def _is_known(request: Request, user: User) -> bool:
    """Own people, and those met in a shared channel."""
    team_id = request.bot.team_id
    shared = (c for c in request.workspace.channels.values() if team_id in c.team_ids)
    return user.team_id == team_id or any(user.id in channel.members for channel in shared)


@method("users.info", scope="users:read")
def users_info(request: Request) -> Json:
    """One person."""
    user = request.workspace.users.get(request.required("user"))
    if user is None:
        raise ApiError("user_not_found")
    if not _is_known(request, user):
        raise ApiError("user_not_visible")
    return {"user": user.as_api(asking_team_id=request.bot.team_id)}


@method("users.list", scope="users:read")
def users_list(request: Request) -> Json:
    """Everybody, in pages of `limit` with a cursor."""
    known = [u for u in request.workspace.users.values() if _is_known(request, u)]
    try:
        start = int(request.text("cursor") or 0)
        size = int(request.text("limit") or len(known))
    except ValueError:
        raise ApiError("invalid_cursor") from None
    page = known[start : start + size]
    more = str(start + size) if start + size < len(known) else ""
    return {
        "members": [user.as_api(asking_team_id=request.bot.team_id) for user in page],
        "response_metadata": {"next_cursor": more},
    }


@method("usergroups.users.list", scope="usergroups:read")
def usergroups_users_list(request: Request) -> Json:
    """The members of a user group."""
    members = request.workspace.usergroups.get(request.required("usergroup"))
    if members is None:
        raise ApiError("no_such_subteam")
    return {"users": list(members)}
