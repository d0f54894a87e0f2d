"""Every finding and error that a person may read about: what happened, whose move, what to click.

The sentences lie in `data/catalogue.json`, one entry a key. Placeholders in braces are filled from what the
error carries; one that is not known is left out, so that a sentence is never shown with its braces.
"""

import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from bot.domain.errors import ConnectWiseError, CwBotError
from bot.domain.reference import current_reference

Who = Literal["you", "admin", "network", "nobody"]
UNKNOWN_KEY: Final = "internal"
_LIKELIEST: Final = "Most likely first:"
_NUMBER: Final = re.compile(r"(?:^|\s)\(\d\)\s")


class Entry(BaseModel):
    """One key's words.

    `who` has the next move: the person who reads it, a ConnectWise administrator, whoever runs the network,
    or nobody. `causes` stand in the order of likelihood, where several look alike from outside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str
    fix: str = ""
    who: Who = "you"
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """An entry with its placeholders filled. `fix` includes the causes, numbered, where there are several."""

    summary: str
    fix: str
    who: Who
    causes: tuple[str, ...] = ()


@cache
def entries() -> Mapping[str, Entry]:
    """The whole catalogue."""
    text = (files("bot.domain") / "data" / "catalogue.json").read_text(encoding="utf-8")
    return {key: Entry.model_validate(entry) for key, entry in json.loads(text).items()}


def explain(key: str, **params: object) -> Explanation:
    """The sentences of a key.

    One that is not in the catalogue is explained as something that went wrong here. Where a sentence names the reference,
    it is that of the request under way, a sentence of its own with a blank before it, or nothing.
    """
    params = {"reference": _name_reference(), **params}
    entry = entries().get(key) or entries()[UNKNOWN_KEY]
    causes = tuple(_fill(cause, params) for cause in entry.causes)
    numbered = [f"({number}) {cause}" for number, cause in enumerate(causes, start=1)]
    parts = [_fill(entry.fix, params), *([_LIKELIEST] if numbered else []), *numbered]
    return Explanation(
        summary=_fill(entry.summary, params),
        fix=" ".join(part for part in parts if part),
        who=entry.who,
        causes=causes,
    )


def split_causes(fix: str) -> tuple[str, tuple[str, ...]]:
    """A fix as it is explained, taken apart again: what to do, and the causes in their order."""
    lead, _, listed = fix.partition(_LIKELIEST)
    causes = (it.strip() for it in _NUMBER.split(listed))
    return lead.strip(), tuple(it for it in causes if it)


def explain_error(error: CwBotError, **params: object) -> Explanation:
    """The sentences for an error, with what it carries."""
    return explain(error.key, **{**describe(error), **params})


def describe(error: CwBotError) -> dict[str, object]:
    """What an error gives to its sentence: its parameters, and ConnectWise's status and own words.

    `said` is a sentence of its own with a blank before it, or nothing; `after` likewise says how long to
    wait.
    """
    found: dict[str, object] = dict(error.params)
    if isinstance(error, ConnectWiseError):
        found["status"] = error.status or ""
        found["said"] = f" It said: “{error.message}”" if error.message else ""
        found["after"] = f" in {error.retry_after:.0f} seconds" if error.retry_after else " in a moment"
    return found


def _name_reference() -> str:
    reference = current_reference()
    return f" Reference: {reference}" if reference else ""


def _fill(text: str, params: Mapping[str, object]) -> str:
    """Fills plain `{name}` placeholders; reaches into no attribute, and leaves out what is not given."""
    parts = _take_apart(text)
    if len(parts) == 1 and not parts[0][1]:
        return parts[0][0]
    return "".join(lead + str(params.get(name, "")) if name else lead for lead, name in parts)


@cache
def _take_apart(text: str) -> tuple[tuple[str, str], ...]:
    """A sentence of the catalogue as pairs of a literal text and the placeholder behind it, if one is."""
    return tuple((lead, name or "") for lead, name, _, _ in string.Formatter().parse(text))
