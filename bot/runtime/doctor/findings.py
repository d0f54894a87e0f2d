"""Findings, and the checks that report them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)

SECONDS: Final = 20.0


class State(StrEnum):
    """What a finding means."""

    OK = "ok"
    WARN = "warn"  # it works, and should be otherwise
    FAIL = "fail"  # the bot does not start, or does not work
    SKIPPED = "skipped"  # not looked at, or nothing to look at


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `key` is stable, for scripts. Never holds a value of a secret."""

    name: str
    state: State
    summary: str
    key: str
    fix: str = ""

    def as_json(self) -> dict[str, Any]:
        """The shape of `cw-bot doctor --json`."""
        values = asdict(self)
        return {it: values[it] for it in ("name", "state", "summary", "fix", "key")}


Report = Callable[[Finding], None]


@dataclass(frozen=True, slots=True)
class Check:
    """A check: what it looks at, and how. What it reports before it fails, or its time is up, counts."""

    name: str
    look: Callable[[Report], Awaitable[None]]


async def run_checks(checks: Sequence[Check]) -> list[Finding]:
    """All findings, in the order of the checks."""
    found = await asyncio.gather(*(_run(check) for check in checks))
    return [finding for findings in found for finding in findings]


async def _run(check: Check) -> list[Finding]:
    findings: list[Finding] = []
    try:
        async with asyncio.timeout(SECONDS):
            await check.look(findings.append)
    except TimeoutError:
        findings.append(
            Finding(
                check.name,
                State.FAIL,
                f"There was no answer within {SECONDS:.0f} seconds.",
                "timeout",
                "Look at the network between this machine and it, then run this again.",
            )
        )
    except Exception as error:
        log.debug("check_failed", check=check.name, exc_info=error)
        findings.append(
            Finding(
                check.name,
                State.FAIL,
                f"It could not be looked at: {type(error).__name__}.",
                "check_failed",
                "This is a fault of cw-bot's own; please report it with these words.",
            )
        )
    return findings


def skipped(name: str, why: str, fix: str = "") -> Finding:
    """Something that was not looked at."""
    return Finding(name, State.SKIPPED, why, "skipped", fix)


def split_sentence(text: str) -> tuple[str, str]:
    """A summary and a fix, from a text whose first sentence says what is wrong."""
    summary, dot, fix = text.partition(". ")
    return (summary + "." if dot else text), fix
