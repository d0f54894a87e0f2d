"""What people do in these journeys, in the words of the screen."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.bench import OWN_HOST, Sandbox
from bot.sandbox.slack import Person
from bot.sandbox.slack.model import Message
from bot.sandbox.slack.outcomes import SubmitResult

CHANNEL = "psa-setup"
PATIENCE = 30.0


def site_fields(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """What goes into modal 1."""
    return {
        "Instance name": "Production",
        "Site": "Own hostname",
        "Hostname": OWN_HOST,
        "Company ID": sandbox.connectwise.crib()["Company ID"],
        "API keys already": "Yes",
        **changes,
    }


def key_fields(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """What goes into modal 2."""
    crib = sandbox.connectwise.crib()
    return {**{label: crib[label] for label in ("API member ID", "Public key", "Private key")}, **changes}


async def submit(person: Person, fields: Mapping[str, Any]) -> SubmitResult:
    """Fill in the modal on top and send it."""
    await person.fill(fields)
    return await person.submit()


async def open_setup(person: Person, channel: str = CHANNEL) -> None:
    """Type the command; where other setups are unfinished, start another one."""
    result = await person.command("/cw-setup", channel)
    assert result.ok, result.error
    assert person.modal is not None, result.text
    if title(person) == "Go on, or start another":
        await person.click("Start another", where="modal")
        await person.wait_for(lambda: title(person) == "Connect ConnectWise", PATIENCE)


async def reach_keys(sandbox: Sandbox, person: Person, **changes: Any) -> None:
    """Up to modal 2."""
    await open_setup(person)
    result = await submit(person, site_fields(sandbox, **changes))
    assert result.ok, result.errors_by_label
    assert title(person) == "Enter API keys"


async def connect(sandbox: Sandbox, person: Person, **changes: Any) -> None:
    """The whole way to a verified instance."""
    await reach_keys(sandbox, person, **changes)
    result = await submit(person, key_fields(sandbox))
    assert result.ok, result.errors_by_label
    await person.wait_for(lambda: title(person) == "Connected", PATIENCE)


def title(person: Person) -> str:
    """The heading of the modal on top."""
    return person.modal.title if person.modal else ""


def card(person: Person, name: str = "Production", channel: str = CHANNEL) -> Message | None:
    """The parent card of an instance's thread."""
    found = [it for it in person.messages(channel) if f"ConnectWise · {name}" in person.read(it)]
    return found[-1] if found else None


def thread_text(person: Person, name: str = "Production", channel: str = CHANNEL) -> str:
    """The whole thread as the person reads it; empty while there is none."""
    parent = card(person, name, channel)
    if parent is None:
        return ""
    return "\n".join(person.read(it) for it in person.thread(channel, parent.ts))


async def see_in_thread(person: Person, text: str, name: str = "Production", channel: str = CHANNEL) -> None:
    """Wait until the thread says it."""
    await person.wait_for(lambda: text in thread_text(person, name, channel), PATIENCE)


async def see_whole_thread(person: Person, name: str = "Production", channel: str = CHANNEL) -> Message:
    """Wait until the card and its eight replies are there; the card."""

    def whole() -> Message | None:
        parent = card(person, name, channel)
        return parent if parent and len(person.thread(channel, parent.ts)) == 9 else None

    parent = await person.wait_for(whole, PATIENCE)
    assert parent is not None
    return parent


async def press_on_card(person: Person, button: str, name: str = "Production") -> None:
    """Press a button of the card, as soon as it is there."""

    def having_it() -> Message | None:
        parent = card(person, name)
        return parent if parent and f"[{button}]" in person.read(parent) else None

    await person.click(button, message=await person.wait_for(having_it, PATIENCE))


async def see_status(person: Person, text: str, channel: str = CHANNEL) -> str:
    """Wait until the latest answer that this person alone sees says it, and is no longer being asked for."""

    def latest() -> str:
        seen = person.ephemerals(channel)
        said = person.read(seen[-1]) if seen else ""
        return said if text in said and "Asking ConnectWise now" not in said else ""

    return await person.wait_for(latest, PATIENCE)


async def status_of(person: Person, name: str = "", says: str = "Verified") -> Message:
    """Ask for the status and wait until it is known; the message with the buttons."""
    result = await person.command(f"/cw-status {name}".strip(), CHANNEL)
    assert result.ok, result.error
    await see_status(person, says)
    return person.ephemerals(CHANNEL)[-1]


async def connect_second(sandbox: Sandbox, person: Person, name: str = "Sandbox") -> None:
    await connect(sandbox, person, **{"Instance name": name, "Site": "Europe", "Hostname": None})
    await person.close_modal()
