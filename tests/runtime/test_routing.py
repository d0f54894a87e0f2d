import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from slack_bolt.response import BoltResponse

from bot.runtime.routing import RoutedApp

Ack = Callable[..., Awaitable[Any]]
PAYLOADS: Mapping[str, dict[str, Any]] = {
    "command": {"command": "/go"},
    "action": {"type": "block_actions", "actions": [{"action_id": "go"}]},
    "options": {"type": "block_suggestion", "action_id": "go"},
    "view": {"type": "view_submission", "view": {"callback_id": "go"}},
}


@pytest.fixture
def app() -> RoutedApp:
    return RoutedApp(
        signing_secret="secret",
        token="xoxb-1",
        process_before_response=True,
        request_verification_enabled=False,
    )


async def test_each_surface_hands_a_payload_to_its_own_listener(app: RoutedApp) -> None:
    for surface in PAYLOADS:
        getattr(app, surface)("/other" if surface == "command" else "other")(_saying("other"))
        getattr(app, surface)("/go" if surface == "command" else "go")(_saying(surface))
    for surface, body in PAYLOADS.items():
        answer = await app.deliver(body)
        assert answer is not None
        assert (answer.status, answer.body) == (200, surface)


def _saying(what: str) -> Callable[[Ack], Awaitable[None]]:
    async def listener(ack: Ack) -> None:
        await ack(text=what)

    return listener


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "event_callback", "event": {"type": "app_home_opened"}},
        {"type": "view_closed", "view": {"callback_id": "go"}},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [{"action_id": "unknown"}]},
        {"type": "view_submission", "view": None},
        {"type": ["block_actions"]},
        {"command": "/unknown"},
    ],
    ids=json.dumps,
)
async def test_what_has_no_listener_of_its_own_is_left_to_bolt(app: RoutedApp, body: dict[str, Any]) -> None:
    app.action("go")(_saying("action"))
    app.view("go")(_saying("view"))
    app.command("/go")(_saying("command"))
    app.event("app_home_opened")(_saying("event"))
    assert await app.deliver(body) is None


async def test_a_listener_that_fails_is_answered_as_bolt_would_have(app: RoutedApp) -> None:
    @app.error
    async def failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
        return BoltResponse(status=503, body=str(error))

    async def fail(ack: Ack) -> None:
        raise ValueError("broken")

    app.command("/go")(fail)
    answer = await app.deliver({"command": "/go"})
    assert answer is not None
    assert (answer.status, answer.body) == (503, "broken")


async def test_a_listener_that_does_not_ack_is_not_taken_for_one_that_did(app: RoutedApp) -> None:
    async def forget(body: dict[str, Any]) -> None:
        body["seen"] = True

    app.command("/go")(forget)
    answer = await app.deliver({"command": "/go"})
    assert answer is not None
    assert answer.status == 404
