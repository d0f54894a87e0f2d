"""views.*."""

from typing import Any

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.model import Json, View
from bot.sandbox.slack.web.registry import Request, method


def _payload(request: Request) -> Any:
    view = request.structure("view")
    if view is None:
        raise ApiError("invalid_arguments", ["[ERROR] missing required field: view"])
    return view


def _answer(request: Request, view: View) -> Json:
    return {"view": request.slack.payloads.view_json(view)}


@method("views.open")
def views_open(request: Request) -> Json:
    """A modal for the person behind a trigger."""
    return _answer(request, request.slack.modals.open(request.required("trigger_id"), _payload(request)))


@method("views.push")
def views_push(request: Request) -> Json:
    """A modal on top of the one in which the trigger arose."""
    return _answer(request, request.slack.modals.push(request.required("trigger_id"), _payload(request)))


@method("views.update")
def views_update(request: Request) -> Json:
    """New content for an open modal; not_found once the person closed it."""
    view_id, external_id = request.text("view_id"), request.text("external_id")
    if not view_id and not external_id:
        raise ApiError("invalid_arguments", ["[ERROR] missing required field: view_id or external_id"])
    payload = _payload(request)
    view = request.slack.modals.find(request.bot.team_id, view_id=view_id, external_id=external_id)
    if view is None:
        raise ApiError("not_found")
    return _answer(request, request.slack.modals.update(view, payload, expected_hash=request.text("hash")))


@method("views.publish")
def views_publish(request: Request) -> Json:
    """A person's Home tab."""
    if not request.workspace.app.has_home:
        raise ApiError("not_enabled")
    user_id = request.required("user_id")
    user = request.workspace.users.get(user_id)
    if user is None or user.team_id != request.bot.team_id:
        raise ApiError("invalid_arguments", ["[ERROR] user_id is not a member of this workspace"])
    view = request.slack.modals.publish(
        user_id, request.bot.team_id, _payload(request), expected_hash=request.text("hash")
    )
    return _answer(request, view)
