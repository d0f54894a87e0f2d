"""`cw-bot demo --script`: the whole journey without a browser, failures and their mending included.

Plays two people, prints what they see, and judges the end: True when the thread says what it should.
"""

from collections.abc import Callable

from bot.sandbox.bench import OWN_HOST, Sandbox
from bot.sandbox.slack import Person

CHANNEL = "psa-setup"

# The step whose reply shows the verdict.
VERDICT = "5.  Verified"
ASKING = "Asking ConnectWise now"
Say = Callable[[str], None]


class StoryError(Exception):
    """Something on the screen is not as it should be; the text says what was expected and what was seen."""


async def play(sandbox: Sandbox, say: Say) -> bool:
    """Play the journey on a started sandbox."""
    try:
        await _Story(sandbox, say).play()
    except (StoryError, LookupError, TimeoutError) as error:
        say(f"\n✗ {error}")
        return False
    say("\n✓ The journey is complete: a verified, sealed instance, and a thread the team can follow.")
    return True


class _Story:
    def __init__(self, sandbox: Sandbox, say: Say) -> None:
        self._crib = sandbox.connectwise.crib()
        self._say = say
        self._ben: Person = sandbox.slack.person("ben")
        self._cleo: Person = sandbox.slack.person("cleo")

    async def play(self) -> None:
        await self._open()
        await self._prove_site()
        await self._hand_in_keys()
        await self._ask_status()
        await self._read_thread()

    async def _open(self) -> None:
        self._say(f"Ben types /cw-setup in #{CHANNEL}.")
        result = await self._ben.command("/cw-setup", CHANNEL)
        self._expect(
            result.ok and self._ben.modal is not None, f"the first modal opens ({result.error or 'no modal'})"
        )

    async def _prove_site(self) -> None:
        ben = self._ben
        typed = f"https://{OWN_HOST}/v4_6_release/"
        self._say(f"He pastes {typed} and the company's display name.")
        await ben.fill(
            {
                "Instance name": "Production",
                "Site": "Own hostname",
                "Hostname": typed,
                "Company ID": "Northwind",
                "API keys already": "Yes",
            }
        )
        refused = await ben.submit()
        self._expect("Company ID" in refused.errors_by_label, "the company ID is refused beside its field")
        self._quote(refused.errors_by_label["Company ID"])
        self._say(f"He corrects it to {self._crib['Company ID']}: everything else is still there.")
        await ben.fill({"Company ID": self._crib["Company ID"]})
        taken = await ben.submit()
        self._expect(taken.ok, f"host and company are proved ({taken.errors_by_label})")
        self._expect("keys" in self._title(), f"the second modal follows (sees {self._title()!r})")

    async def _hand_in_keys(self) -> None:
        ben = self._ben
        self._say("He mistypes the private key.")
        await ben.fill(
            {
                "API member ID": self._crib["API member ID"],
                "Public key": self._crib["Public key"],
                "Private key": self._crib["Private key"][::-1],
            }
        )
        refused = await ben.submit()
        self._expect("Private key" in refused.errors_by_label, "the keys are refused beside their field")
        self._quote(refused.errors_by_label["Private key"])
        self._say("He pastes it again, whole.")
        await ben.fill({"Private key": self._crib["Private key"]})
        taken = await ben.submit()
        self._expect(taken.ok, f"the keys are taken ({taken.errors_by_label})")
        await ben.wait_for(lambda: "Connected" in self._title(), timeout=30)

    async def _ask_status(self) -> None:
        cleo = self._cleo
        self._say("Cleo, who is no admin, types /cw-status.")
        await cleo.command("/cw-status", CHANNEL)

        def is_fresh() -> bool:
            said = "".join(cleo.read(it) for it in cleo.ephemerals(CHANNEL)[-1:])
            return "Verified" in said and ASKING not in said

        await cleo.wait_for(is_fresh, timeout=30)
        self._print(cleo.read(cleo.ephemerals(CHANNEL)[-1]), "only Cleo sees this")

    async def _read_thread(self) -> None:
        cleo = self._cleo
        parent = next(it for it in cleo.messages(CHANNEL) if "Production" in cleo.read(it))

        def says_so() -> bool:
            """The card and the reply are edited one after the other: both have to say it."""
            card, *replies = (cleo.read(it) for it in cleo.thread(CHANNEL, parent.ts))
            verdict = next((it for it in replies if VERDICT in it), "")
            return "5 of 8" in card and "verified by the API" in verdict and "Needs you" not in verdict

        await cleo.wait_for(says_so, timeout=30)
        self._say(f"\nAnd this is the thread in #{CHANNEL}, as Cleo reads it:")
        for message in cleo.thread(CHANNEL, parent.ts):
            self._print(cleo.read(message), "the card" if message is parent else "a reply")

    def _title(self) -> str:
        return self._ben.modal.title if self._ben.modal else ""

    def _expect(self, holds: bool, what: str) -> None:  # noqa: FBT001 - reads like an assertion
        if not holds:
            raise StoryError(f"Expected: {what}.")

    def _quote(self, text: str) -> None:
        self._say(f"    “{text}”")

    def _print(self, text: str, title: str) -> None:
        self._say(f"\n  ┌─ {title}")
        for line in text.splitlines():
            self._say(f"  │ {line}")
        self._say("  └─")
