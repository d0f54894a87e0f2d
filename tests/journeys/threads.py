"""What the journeys around a thread share: how one begins, and where its messages are."""

from collections.abc import Callable

from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from bot.sandbox.slack.model import Message
from tests.journeys.steps import CHANNEL, PATIENCE, open_setup, see_whole_thread, site_fields, submit

NO_KEYS = {"API keys already": "Not yet"}


async def begin(sandbox: Sandbox, person: Person, **changes: str) -> Message:
    """A thread without keys; its card."""
    await open_setup(person)
    result = await submit(person, site_fields(sandbox, **{**NO_KEYS, **changes}))
    assert result.ok, result.errors_by_label
    await person.close_modal()
    return await see_whole_thread(person, changes.get("Instance name", "Production"))


def reply(person: Person, parent: Message, number: int) -> Message:
    """A step's message, as it is now: the newest that begins with its number."""
    found = [it for it in person.thread(CHANNEL, parent.ts) if f"  {number}.  " in person.read(it)]
    return found[-1]


def cards(person: Person, channel: str = CHANNEL) -> list[Message]:
    """All cards of the instance that stand in the channel."""
    return [it for it in person.messages(channel) if "ConnectWise · Production" in person.read(it)]


async def see(person: Person, message: Callable[[], Message], text: str) -> None:
    """Wait until a message says it."""
    await person.wait_for(lambda: text in person.read(message()), PATIENCE)
