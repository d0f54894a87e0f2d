"""People who set instances up while it storms: where Slack tells them that it did not work they try again, only then."""

import asyncio
import contextlib
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.sandbox.slack import Person
from bot.sandbox.slack.model import Message
from bot.sandbox.slack.outcomes import SubmitResult
from tests.chaos.promises import Kind, Promise, Promises
from tests.journeys.steps import CHANNEL, card, title

WRONG_KEY = "A1b2C3d4E5f6G7h8"
CHECKING = "Checking…"
_TRIES = 6
_LOOK_SECONDS = 10.0
_MARKED = ("integration", "organizations")


class GaveUpError(Exception):
    """Somebody tried often enough."""


@dataclass
class Player:
    """One person, who begins one setup after the other. `site` and `keys` are what goes into the modals."""

    person: Person
    site: Mapping[str, Any]
    keys: Mapping[str, Any]
    promises: Promises
    chance: random.Random
    shares_wrong: float = 0.3

    async def play(self, is_over: asyncio.Event, *, most: int = 100) -> None:
        """Set instances up until it is over."""
        for number in range(1, most + 1):
            if is_over.is_set():
                return
            try:
                await self.set_up(f"{self.person.user.name} {number}")
            except (GaveUpError, LookupError, TimeoutError):
                await self._breathe()

    async def set_up(self, name: str) -> None:
        """One whole journey."""
        await self.reach_keys(name)
        if self.chance.random() < self.shares_wrong:
            await self._try_keys(name, {**self.keys, "Private key": WRONG_KEY}, is_right=False)
        await self.hand_in_keys(name)
        if title(self.person) == CHECKING:
            await self._await_other(CHECKING)
        await self._mark_steps(name)
        await self.person.command("/cw-status", CHANNEL)

    async def reach_keys(self, name: str) -> None:
        """From the command to the second modal."""
        await self.open_setup()
        await self.hand_in_site(name)

    async def hand_in_keys(self, name: str) -> None:
        """The right keys, in the modal that is open, or that the thread leads back to."""
        if title(self.person) != "Enter API keys":
            await self._reopen_keys(name)
        await self._try_keys(name, self.keys, is_right=True)

    # --- modals ----------------------------------------------------------------------------------------------------

    async def open_setup(self) -> None:
        """Up to the first modal."""
        for _ in range(_TRIES):
            await self._clear()
            result = await self.person.command("/cw-setup", CHANNEL)
            if result.ok and self.person.modal is not None:
                if title(self.person) == "Go on, or start another":
                    await self._click("Start another", where="modal")
                with contextlib.suppress(TimeoutError):
                    await self._wait_for_title("Connect ConnectWise")
                    return
            await self._breathe()
        raise GaveUpError

    async def hand_in_site(self, name: str) -> None:
        """The first modal, up to the second."""
        await self.person.fill({**self.site, "Instance name": name})
        result = await self._submit(Promise(Kind.SITE, name, self.person.id, "", is_acked=False))
        if not result.ok:
            raise GaveUpError
        if title(self.person) == CHECKING:
            await self._await_look_up()

    async def _await_look_up(self) -> None:
        promise = [it for it in self.promises if it.kind is Kind.SITE and it.by == self.person.id][-1]
        await self._await_other(CHECKING)
        if title(self.person) == "Connect ConnectWise":
            promise.is_taken_back = True
            raise GaveUpError

    async def _reopen_keys(self, name: str) -> None:
        """From the card, as somebody would whose window never came back."""
        await self._clear()
        parent = await self.person.wait_for(lambda: card(self.person, name), _LOOK_SECONDS)
        for _ in range(_TRIES):
            if parent is not None and (await self._click("Enter API keys", message=parent)):
                with contextlib.suppress(TimeoutError):
                    await self._wait_for_title("Enter API keys")
                    return
            await self._breathe()
        raise GaveUpError

    async def _try_keys(self, name: str, keys: Mapping[str, Any], *, is_right: bool) -> None:
        await self.person.fill(keys)
        promise = Promise(Kind.KEYS, name, self.person.id, "", is_acked=False, is_right=is_right)
        result = await self._submit(promise)
        if not result.ok and is_right:
            raise GaveUpError
        if result.ok and not is_right and title(self.person) == CHECKING:
            await self._await_other(CHECKING)

    async def _await_other(self, heading: str) -> None:
        """Give the window some time to change."""
        with contextlib.suppress(TimeoutError):
            await self.person.wait_for(lambda: title(self.person) != heading, _LOOK_SECONDS)

    async def _submit(self, promise: Promise) -> SubmitResult:
        """Press the button, again where Slack says that there was some trouble; note what was said each time."""
        result = SubmitResult("nothing was sent")
        for _ in range(_TRIES):
            at = time.time()
            result = await self.person.submit()
            said = result.error or "; ".join(result.errors_by_label.values()) or title(self.person)
            self.promises.note(
                Promise(**{**vars(promise), "said": said, "is_acked": result.ok, "at": at}),
            )
            is_final = result.ok or (result.errors and not promise.is_right)
            if is_final:
                return result
            await self._breathe()
        return result

    # --- the thread ------------------------------------------------------------------------------------------------

    async def _mark_steps(self, name: str) -> None:
        for part in _MARKED:
            message = await self.person.wait_for(partial(self._reply, name, part), _LOOK_SECONDS)
            if message is not None:
                await self._mark(name, part, message)

    def _reply(self, name: str, part: str) -> Message | None:
        parent = card(self.person, name)
        replies = self.person.thread(CHANNEL, parent.ts)[1:] if parent else []
        return next((it for it in replies if part_of(it) == part), None)

    async def _mark(self, name: str, part: str, message: Message) -> None:
        for _ in range(_TRIES):
            at = time.time()
            try:
                if self.chance.random() < 0.2:
                    results = await self.person.click_twice("Done", message=message)
                else:
                    results = [await self.person.click("Done", message=message)]
            except LookupError:
                return  # somebody, or the API, was faster
            is_acked = any(it.ok for it in results)
            said = "; ".join(it.error or "ok" for it in results)
            self.promises.note(
                Promise(
                    Kind.DONE,
                    name,
                    self.person.id,
                    said,
                    is_acked=is_acked,
                    part=part,
                    times=len(results),
                    at=at,
                )
            )
            if is_acked:
                return
            await self._breathe()

    # --- hands and eyes ----------------------------------------------------------------------------------------------

    async def _click(self, text: str, *, message: Message | None = None, where: str | None = None) -> bool:
        return (await self.person.click(text, message=message, where=where)).ok

    async def _wait_for_title(self, wanted: str) -> None:
        await self.person.wait_for(lambda: title(self.person) == wanted, 4.0)

    async def _clear(self) -> None:
        if self.person.modal is not None:
            await self.person.close_modal(clear=True)

    async def _breathe(self) -> None:
        await asyncio.sleep(self.chance.uniform(0.1, 0.5))


def part_of(message: Message) -> str:
    """Which part of a thread a message shows, as the bot told Slack."""
    return str(((message.metadata or {}).get("event_payload") or {}).get("part", ""))
