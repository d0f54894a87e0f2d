"""One listener a surface instead of one an id, and a straight way to it.

Bolt asks its listeners one after the other, and builds every argument that there is for each of them: with dozens of
listeners that costs more than everything else before an ack. What a person waits for does not even ask it: once a payload
is admitted (`bot.runtime.admission`), `deliver` hands it to its listener, with Bolt's own ack.
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

Listener = Callable[..., Awaitable[Any]]

Failed = Callable[[Exception, dict[str, Any]], Awaitable[BoltResponse]]

# The types of payloads that somebody waits for. A command has none.
_SURFACES: Final = {"block_actions": "action", "block_suggestion": "options", "view_submission": "view"}
_READ_ID: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "command": lambda body: str(body["command"]),
    "action": lambda body: str(body["actions"][0]["action_id"]),
    "options": lambda body: str(body["action_id"]),
    "view": lambda body: str(body["view"]["callback_id"]),
    "event": lambda body: str(body["event"]["type"]),
}

# What a listener of ours may ask for by the name of its parameter.
_ARGUMENTS: Final = frozenset({"ack", "body", "context", "event"})


class RoutedApp(AsyncApp):
    """An app whose listeners are registered as ever, and found by a look-up.

    Ids given as text are routed; patterns, and listeners with matchers or middleware of their own, stay Bolt's business.
    """

    def __init__(self, **settings: Any) -> None:
        self._routes: dict[str, dict[str, Listener]] = defaultdict(dict)
        self._are_joined = False
        self._fail: Failed | None = None
        super().__init__(**settings)

    def error(self, func: Failed) -> Failed:  # type: ignore[override]  # Bolt would inject arguments by their names
        """What is answered when a listener raises, whichever way it was reached."""
        self._fail = func
        super().error(func)
        return func

    async def deliver(self, body: dict[str, Any]) -> BoltResponse | None:
        """The answer of the listener that an admitted payload is for; None where it takes Bolt to find one.

        Events are left to Bolt, which ignores those that the bot has caused by itself.
        """
        listener = self._find(body)
        if listener is None:
            return None
        ack = AsyncAck()  # type: ignore[no-untyped-call]  # Bolt has no annotation here
        try:
            await listener(ack, body, None)
        except Exception as error:
            if self._fail is None:
                raise
            return await self._fail(error, body)
        return ack.response or BoltResponse(status=404, body="")

    def command(self, command: Any, *rest: Any, **more: Any) -> Callable[..., Any]:
        """A slash command."""
        return self._route("command", super().command, command, *rest, **more)

    def action(self, constraints: Any, *rest: Any, **more: Any) -> Callable[..., Any]:
        """A button or a menu."""
        return self._route("action", super().action, constraints, *rest, **more)

    def options(self, constraints: Any, *rest: Any, **more: Any) -> Callable[..., Any]:
        """A menu that asks for its options."""
        return self._route("options", super().options, constraints, *rest, **more)

    def view(self, constraints: Any, *rest: Any, **more: Any) -> Callable[..., Any]:
        """A modal that was handed in."""
        return self._route("view", super().view, constraints, *rest, **more)

    def event(self, event: Any, *rest: Any, **more: Any) -> Callable[..., Any]:
        """An event."""
        return self._route("event", super().event, event, *rest, **more)

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """As Bolt's, with the routes in place before the first request."""
        if not self._are_joined:
            self._join()
        return await super().async_dispatch(req)

    def _find(self, body: Mapping[str, Any]) -> Listener | None:
        try:
            surface = "command" if "command" in body else _SURFACES[body["type"]]
            return self._routes[surface].get(_READ_ID[surface](body))
        except (KeyError, IndexError, TypeError):
            return None

    def _route(
        self, surface: str, register: Callable[..., Any], wanted: Any, *rest: Any, **more: Any
    ) -> Callable[..., Any]:
        if not isinstance(wanted, str) or rest or more:
            return register(wanted, *rest, **more)  # type: ignore[no-any-return]  # Bolt's decorators are loosely typed

        def note(listener: Listener) -> Listener:
            if wanted in self._routes[surface]:
                raise ValueError(f"two listeners for {surface} {wanted}")
            self._routes[surface][str(wanted)] = _with_arguments(listener)
            return listener

        return note

    def _join(self) -> None:
        self._are_joined = True
        doors: Mapping[str, Callable[..., Any]] = {
            "command": super().command,
            "action": super().action,
            "options": super().options,
            "view": super().view,
            "event": super().event,
        }
        for surface, routes in self._routes.items():
            if routes:
                anything_known = re.compile(rf"\A(?:{'|'.join(map(re.escape, routes))})\Z")
                doors[surface](anything_known)(_deliver(routes, _READ_ID[surface]))


def _deliver(routes: Mapping[str, Listener], read_id: Callable[[Mapping[str, Any]], str]) -> Listener:
    async def deliver(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await routes[read_id(body)](ack, body, context)

    return deliver


def _with_arguments(listener: Listener) -> Listener:
    names = tuple(inspect.signature(listener).parameters)
    if unknown := set(names) - _ARGUMENTS:
        raise TypeError(
            f"a listener may ask for {', '.join(sorted(_ARGUMENTS))}, not {', '.join(sorted(unknown))}"
        )

    async def called(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext | None) -> None:
        known = {"ack": ack, "body": body, "context": context, "event": body.get("event")}
        await listener(**{name: known[name] for name in names})

    return called
