"""A person at a keyboard: sees what Slack shows them, does what they could do, names things as they are shown."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.sandbox.slack.choices import buttons_of, chosen, inputs_of, menus_of, pick
from bot.sandbox.slack.doings import Doings
from bot.sandbox.slack.forms import Values
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.model import Channel, Json, Message, User, View
from bot.sandbox.slack.outcomes import CommandResult, Result, SubmitResult
from bot.sandbox.slack.payloads import Container
from bot.sandbox.slack.render import render_text, show_object
from bot.sandbox.slack.text import Names
from bot.sandbox.slack.workspace import SlackWorkspace

T = TypeVar("T")
WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class Modal:
    """A view as its person sees it."""

    view: View
    names: Names

    @property
    def id(self) -> str:
        """Slack's id of the view."""
        return self.view.id

    @property
    def callback_id(self) -> str:
        """The app's name for it."""
        return str(self.view.payload.get("callback_id") or "")

    @property
    def title(self) -> str:
        """The heading."""
        return show_object(self.view.payload.get("title"))

    @property
    def submit_label(self) -> str:
        """The submit button's text; empty where there is none."""
        return show_object(self.view.payload.get("submit"))

    @property
    def text(self) -> str:
        """The body as it is read."""
        return render_text(self.view, self.names)

    @property
    def labels(self) -> list[str]:
        """The labels of the inputs, from top to bottom."""
        return [label for label, _ in inputs_of(self.view.blocks)]

    @property
    def buttons(self) -> list[str]:
        """The texts of the buttons in the body."""
        return [text for text, _ in buttons_of(self.view.blocks)]

    @property
    def errors(self) -> dict[str, str]:
        """What stands in red beside the fields, by label."""
        labels = {block["block_id"]: label for label, block in inputs_of(self.view.blocks)}
        return {labels.get(block_id, block_id): words for block_id, words in self.view.errors.items()}

    @property
    def error(self) -> str | None:
        """Slack's own sentence when the app did not answer."""
        return self.view.error

    @property
    def values(self) -> dict[str, Any]:
        """What is filled in, by label: texts, the texts of options, ids of people and channels."""
        found = {}
        for label, block in inputs_of(self.view.blocks):
            state = self.view.values[block["block_id"]][block["element"]["action_id"]]
            value = next(v for k, v in state.items() if k != "type")
            found[label] = (
                show_object(value["text"]) if isinstance(value, dict) and "text" in value else value
            )
        return found


class Person:
    """Somebody in the workspace; got by `SlackServer.person`."""

    def __init__(
        self,
        user: User,
        workspace: SlackWorkspace,
        interactions: Interactions,
        doings: Doings,
        modals: Modals,
    ) -> None:
        self.user = user
        self._workspace = workspace
        self._interactions = interactions
        self._doings = doings
        self._modals = modals

    @property
    def id(self) -> str:
        """Their user id."""
        return self.user.id

    # --- seeing ------------------------------------------------------------------------------------------------

    def messages(self, channel: str) -> list[Message]:
        """What stands in a channel outside threads, oldest first, their ephemeral ones included."""
        return [m for m in self._seen(channel) if not m.is_reply]

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A thread: the parent, then the replies, their ephemeral ones included."""
        return [m for m in self._seen(channel) if ts in (m.ts, m.thread_ts)]

    def ephemerals(self, channel: str) -> list[Message]:
        """What they alone see in a channel, oldest first."""
        return [m for m in self._seen(channel) if m.ephemeral_to == self.id]

    def _seen(self, channel: str) -> list[Message]:
        found = self._channel(channel)
        return [m for m in found.messages if m.ephemeral_to in (None, self.id)]

    def _channel(self, key: str) -> Channel:
        channel = self._workspace.channel(key)
        if not channel.is_visible_to(self.user):
            raise LookupError(f"{self.user.name} sees no channel {key!r}")
        return channel

    @property
    def modal(self) -> Modal | None:
        """The modal on top, or None."""
        stack = self._modals.stack(self.id)
        return Modal(stack[-1], self._workspace.names) if stack else None

    @property
    def modals(self) -> list[Modal]:
        """The whole stack, bottom first."""
        return [Modal(view, self._workspace.names) for view in self._modals.stack(self.id)]

    @property
    def home(self) -> Modal | None:
        """The app's Home tab, or None where it was never published."""
        view = self._workspace.homes.get(self.id)
        return Modal(view, self._workspace.names) if view is not None else None

    def read(self, message: Message) -> str:
        """A message as they read it."""
        return self._workspace.render(message)

    async def wait_for(self, predicate: Callable[[], T], timeout: float = WAIT_SECONDS) -> T:  # noqa: ASYNC109 - a limit for tests, with its own message
        """The first true value of `predicate`, asked again whenever anything in the workspace changed.

        Raises TimeoutError, telling what the person sees.
        """
        try:
            return await self._workspace.changes.wait_for(predicate, timeout_seconds=timeout)
        except TimeoutError:
            title = self.modal.title if self.modal else "no modal"
            raise TimeoutError(f"waited {timeout} s in vain; {self.user.name} sees {title}") from None

    # --- doing -------------------------------------------------------------------------------------------------

    async def command(self, line: str, channel: str, *, thread_ts: str | None = None) -> CommandResult:
        """Type a slash command; `/invite @bot` works too."""
        found = self._channel(channel)
        if line.startswith("/invite"):
            done = self._doings.invite_named(self.user, found, line.removeprefix("/invite").strip())
            return CommandResult(done.error)
        return await self._interactions.command(self.user, found, line, thread_ts=thread_ts)

    def say(self, text: str, channel: str, *, thread_ts: str | None = None) -> Result:
        """Write a message; the result has its ts."""
        return self._doings.say(self.user, self._channel(channel), text, thread_ts=thread_ts)

    def invite_bot(self, channel: str) -> Result:
        """/invite @bot."""
        return self._doings.invite_bot(self.user, self._channel(channel))

    async def fill(self, fields: Mapping[str, Any]) -> None:
        """Fill in the modal on top: part of a label → a text, an option's text, a person's or channel's name, or a list.

        None empties a field. Inputs with `dispatch_action` tell the app at once. Raises LookupError where a label or an
        option is not on the screen.
        """
        for label, wanted in fields.items():
            view = self._top()
            block = pick(inputs_of(view.blocks), label, "label")
            element = block["element"]
            value = await self._choose(Container(view=view), block, element, wanted)
            view.values[block["block_id"]][element["action_id"]] = {"type": element["type"], **value}
            self._workspace.changes.note(self.id)
            if block.get("dispatch_action") and _tells_at_once(element):
                await self._interactions.click(
                    self.user, Container(view=view), block["block_id"], element["action_id"], value=value
                )

    async def press_enter(self, label: str) -> Result:
        """Press Enter in a typed input with `dispatch_action`, which tells the app."""
        view = self._top()
        block = pick(inputs_of(view.blocks), label, "label")
        if not block.get("dispatch_action"):
            return Result()
        ids = block["block_id"], block["element"]["action_id"]
        state = view.values[ids[0]][ids[1]]
        value = {name: given for name, given in state.items() if name != "type"}
        return await self._interactions.click(self.user, Container(view=view), *ids, value=value)

    async def submit(self, values: Values | None = None) -> SubmitResult:
        """Press the submit button of the modal on top."""
        view = self._top()
        if not view.payload.get("submit"):
            raise LookupError(f"the modal {show_object(view.payload.get('title'))!r} has no submit button")
        return await self._interactions.submit(self.user, view, values)

    async def submit_twice(self) -> list[SubmitResult]:
        """A double click on submit: both reach the app at the same time."""
        view = self._top()
        return list(await asyncio.gather(*(self._interactions.submit(self.user, view) for _ in range(2))))

    async def close_modal(self, *, clear: bool = False) -> Result:
        """Cancel the modal on top (`clear`: the ✕ of the whole stack)."""
        return await self._interactions.close(self.user, self._top(), clear=clear)

    async def click(
        self,
        text: str,
        *,
        message: Message | None = None,
        where: str | None = None,
        channel: str | None = None,
    ) -> Result:
        """Press a button (or an overflow option, a box, a radio button) by its text.

        Looked for in `message`, or where="modal", "home" or "message" (newest first, in `channel` alone if given);
        without any of these in the modal on top, then in messages. A confirmation is agreed to.
        """
        container, block, element, value = self._button(text, message, where, channel)
        return await self._interactions.click(
            self.user, container, block["block_id"], element["action_id"], value=value
        )

    async def click_twice(
        self,
        text: str,
        *,
        message: Message | None = None,
        where: str | None = None,
        channel: str | None = None,
    ) -> list[Result]:
        """A double click: both reach the app at the same time."""
        container, block, element, value = self._button(text, message, where, channel)
        ids = block["block_id"], element["action_id"]
        clicks = (self._interactions.click(self.user, container, *ids, value=value) for _ in range(2))
        return list(await asyncio.gather(*clicks))

    async def select(
        self,
        menu: str,
        wanted: Any,
        *,
        message: Message | None = None,
        where: str | None = None,
        channel: str | None = None,
    ) -> Result:
        """Choose in a menu outside inputs, named by its placeholder, label or section text."""
        for container in self._places(message, where, channel):
            found = list(menus_of(container.blocks))
            if not any(menu.casefold() in name.casefold() for name, _ in found):
                continue
            block, element = pick(found, menu, "menu")
            value = await self._choose(container, block, element, wanted)
            ids = block["block_id"], element["action_id"]
            return await self._interactions.click(self.user, container, *ids, value=value)
        raise LookupError(f"{self.user.name} sees no menu {menu!r}")

    async def suggest(self, label: str, text: str, *, where: str | None = None) -> list[str]:
        """Type into an external select, named by label or placeholder: the texts of the options it offers."""
        for container in self._places(None, where, None):
            named = [(name, (b, b["element"])) for name, b in inputs_of(container.blocks)]
            named += [entry for entry in menus_of(container.blocks) if entry[1] not in [v for _, v in named]]
            if any(label.casefold() in name.casefold() for name, _ in named):
                block, element = pick(named, label, "menu")
                options = await self._offered(container, block, element, text)
                return [show_object(option["text"]) for option in options]
        raise LookupError(f"{self.user.name} sees no menu {label!r}")

    async def open_home(self) -> Result:
        """Look at the app's Home tab (the app publishes it when it hears of that; see `wait_for`)."""
        return self._doings.open_home(self.user)

    # --- finding -----------------------------------------------------------------------------------------------

    def _top(self) -> View:
        stack = self._modals.stack(self.id)
        if not stack:
            raise LookupError(f"{self.user.name} has no modal open")
        return stack[-1]

    def _places(self, message: Message | None, where: str | None, channel: str | None) -> list[Container]:
        if message is not None:
            return [Container(message=message)]
        places: list[Container] = []
        if where in (None, "modal") and channel is None:
            places += [Container(view=modal.view) for modal in self.modals[-1:]]
        if where == "home" and self.home is not None:
            places.append(Container(view=self.home.view))
        if where in (None, "message"):
            keys = [channel] if channel else [c.id for c in self._workspace.channels_of(self.user)]
            seen = [m for key in keys for m in self._seen(key) if m.blocks]
            places += [Container(message=m) for m in sorted(seen, key=lambda m: m.ts, reverse=True)]
        return places

    def _button(
        self, text: str, message: Message | None, where: str | None, channel: str | None
    ) -> tuple[Container, Json, Json, Json | None]:
        places = self._places(message, where, channel)
        for container in places:
            found = list(buttons_of(container.blocks))
            if any(text.casefold() in name.casefold() for name, _ in found):
                block, element, option = pick(found, text, "button")
                return container, block, element, self._pressed(container, block, element, option)
        there = [name for place in places for name, _ in buttons_of(place.blocks)]
        raise LookupError(f"{self.user.name} sees no button {text!r}; there are {there}")

    def _pressed(self, container: Container, block: Json, element: Json, option: Json | None) -> Json | None:
        if option is None:
            return None
        if element["type"] != "checkboxes":
            return {"selected_option": option}
        view = container.view
        state = view.values[block["block_id"]][element["action_id"]] if view is not None else {}
        ticked = list(state.get("selected_options") or [])
        rest = [other for other in ticked if other != option]
        return {"selected_options": rest if option in ticked else [*ticked, option]}

    async def _choose(self, container: Container, block: Json, element: Json, wanted: Any) -> Json:
        if element["type"] not in ("external_select", "multi_external_select"):
            return chosen(self._workspace, self.user, element, wanted)
        is_multi = element["type"].startswith("multi_")
        names = [wanted] if isinstance(wanted, str) else list(wanted or [])
        options = []
        for name in names:
            offered = await self._offered(container, block, element, name)
            options.append(pick(((show_object(o["text"]), o) for o in offered), name, "option"))
        return (
            {"selected_options": options}
            if is_multi
            else {"selected_option": options[0] if options else None}
        )

    async def _offered(self, container: Container, block: Json, element: Json, text: str) -> list[Json]:
        result = await self._interactions.suggest(
            self.user, container, block["block_id"], element["action_id"], text
        )
        if result.error is not None:
            raise LookupError(result.error)
        grouped = [option for group in result.option_groups for option in group["options"]]
        return result.options or grouped


def _tells_at_once(element: Json) -> bool:
    """Typed inputs tell the app on Enter, unless they are told to do so while typing; menus always."""
    if not element["type"].endswith("_input"):
        return True
    config = element.get("dispatch_action_config") or {}
    return "on_character_entered" in config.get("trigger_actions_on", [])
