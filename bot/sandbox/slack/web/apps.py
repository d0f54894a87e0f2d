"""api.test, auth.test, apps.*, oauth.v2.access, bots.info, team.info."""

import secrets

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.model import Json
from bot.sandbox.slack.web.registry import Request, method
from bot.sandbox.slack.workspace import SlackWorkspace


@method("api.test", caller="anybody")
def api_test(request: Request) -> Json:
    """Gives back what it is given; `error` makes it fail."""
    args = dict(request.args)
    if args.get("error"):
        raise ApiError(str(args["error"]), args=args)
    return {"args": args}


@method("auth.test")
def auth_test(request: Request) -> Json:
    """Whom the token speaks for."""
    team = request.workspace.teams[request.bot.team_id]
    user = request.workspace.users[request.bot.bot_user_id]
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": user.name,
        "team_id": team.id,
        "user_id": user.id,
        "bot_id": request.bot.bot_id,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", caller="app")
def apps_connections_open(request: Request) -> Json:
    """A one-time address for Socket Mode."""
    base = request.slack.base_url().replace("http://", "ws://", 1)
    ticket = request.slack.sockets.issue_ticket()
    return {"url": f"{base}/link/?ticket={ticket}&app_id={request.workspace.app.id}"}


@method("oauth.v2.access", caller="anybody")
def oauth_v2_access(request: Request) -> Json:
    """Exchange the code of an install, or a refresh token, for a bot token. Either is good once."""
    app = request.workspace.app
    if request.text("client_id") != app.client_id:
        raise ApiError("invalid_client_id")
    if request.text("client_secret") != app.client_secret:
        raise ApiError("bad_client_secret")
    workspace = request.workspace
    if request.text("grant_type") == "refresh_token":
        team_id = workspace.refresh_tokens.pop(request.text("refresh_token") or "", None)
        if team_id is None or workspace.installations[team_id].is_revoked:
            raise ApiError("invalid_refresh_token")
    else:
        team_id = workspace.oauth_codes.pop(request.text("code") or "", None)
        if team_id is None:
            raise ApiError("invalid_code")
    installation = workspace.install(team_id)
    owner = next(u for u in workspace.users.values() if u.team_id == team_id and u.role == "owner")
    return {
        "access_token": installation.bot_token,
        "token_type": "bot",
        "scope": ",".join(installation.scopes),
        "bot_user_id": installation.bot_user_id,
        "app_id": app.id,
        "team": {"id": team_id, "name": workspace.teams[team_id].name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": owner.id},
        **_rotation(workspace, team_id),
    }


def _rotation(workspace: SlackWorkspace, team_id: str) -> Json:
    if not workspace.rotates_tokens:
        return {}
    refresh_token = f"xoxe-1-{secrets.token_hex(24)}"
    workspace.refresh_tokens[refresh_token] = team_id
    return {"refresh_token": refresh_token, "expires_in": 12 * 60 * 60}


@method("bots.info", scope="users:read")
def bots_info(request: Request) -> Json:
    """The bot of a bot id; without one, the token's own."""
    bot_id = request.text("bot") or request.bot.bot_id
    found = next((i for i in request.workspace.installations.values() if i.bot_id == bot_id), None)
    if found is None:
        raise ApiError("bot_not_found")
    return {
        "bot": {
            "id": found.bot_id,
            "deleted": found.is_revoked,
            "name": request.workspace.app.name,
            "app_id": request.workspace.app.id,
            "user_id": found.bot_user_id,
            "updated": 1_700_000_000,
        }
    }


@method("team.info", scope="team:read")
def team_info(request: Request) -> Json:
    """The token's team."""
    wanted = request.text("team") or request.bot.team_id
    if wanted != request.bot.team_id:
        raise ApiError("team_not_found")
    team = request.workspace.teams[wanted]
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": ""}}
