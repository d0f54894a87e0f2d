"""No value of ours shows a secret when it is printed, which is what tracebacks with locals and crash dumps do with it."""

import importlib
import inspect
import pkgutil
import re
import traceback
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

import bot
import handlers
from bot.domain.errors import CwBotError
from bot.domain.hygiene import clean_keys
from bot.runtime.redaction import MASK, Redactor
from tests.security.canaries.search import find

CANARY = "Canary9Private8Key7"
_SECRET = re.compile(r"((public|private|root)_key|secret|(^|_)token|passphrase|password|client_id)$")
# Slack's client id stands in the address of the consent page; a flag and a fencing token are none.
_NO_SECRET = {"slack_client_id", "OAuthClient.client_id", "Services.has_client_id", "Claim.token"}


def walk() -> Iterator[type]:
    """Every class of the product."""
    for package in (bot, handlers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(("bot.sandbox", "bot.__main__")):
                for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                    if kind.__module__ == module.name:
                        yield kind


def secret_fields(kind: type) -> dict[str, Any]:
    """The names of fields that hold a secret by their names, with a canary of the right type."""
    if issubclass(kind, BaseModel):
        annotated: dict[str, Any] = {name: it.annotation for name, it in kind.model_fields.items()}
    elif is_dataclass(kind):
        annotated = {it.name: it.type for it in fields(kind)}
    else:
        return {}
    found = {}
    for name, annotation in annotated.items():
        if _SECRET.search(name) and not {name, f"{kind.__name__}.{name}"} & _NO_SECRET:
            found[name] = SecretStr(CANARY) if "SecretStr" in str(annotation) else CANARY
    return found


def build(kind: type, values: dict[str, Any]) -> Any:
    """One with these values and nothing sensible in its other fields."""
    if issubclass(kind, BaseModel):
        return kind.model_construct(**values)
    made = object.__new__(kind)
    for it in fields(kind):  # type: ignore[arg-type]  # it is a dataclass
        object.__setattr__(made, it.name, values.get(it.name))
    return made


KINDS = [kind for kind in walk() if secret_fields(kind)]


def test_there_are_values_with_secrets() -> None:
    assert {"Credentials", "Instance", "Submission", "Settings", "Workspace"} <= {it.__name__ for it in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda it: it.__qualname__)
def test_no_value_shows_its_secret(kind: type) -> None:
    made = build(kind, secret_fields(kind))
    shown = f"{made!r} {made} {[made]} {vars(made) if not hasattr(kind, '__slots__') and is_dataclass(kind) else ''}"
    shown += "".join(
        traceback.TracebackException.from_exception(_fail_with(made), capture_locals=True).format()
    )
    if isinstance(made, BaseModel):
        shown += made.model_dump_json(include=set(secret_fields(kind)))
    assert find({"it": CANARY}, {kind.__name__: shown.encode()}) == []


def _fail_with(_value: object) -> Exception:
    """A fault in a function that has the value among its locals."""
    try:
        raise RuntimeError("a fault")  # noqa: TRY301 - with a frame of its own, whose locals are printed
    except RuntimeError as error:
        return error


def test_what_an_error_of_ours_carries_is_never_what_was_typed() -> None:
    for public, private in (
        (CANARY, CANARY),
        (CANARY, f"private key: {CANARY}"),
        (CANARY, f"{CANARY} {CANARY}"),
        (CANARY, f"acme+{CANARY}:x"),
        (CANARY * 9, CANARY),
        (CANARY[:5], CANARY),
    ):
        with pytest.raises(CwBotError) as caught:
            clean_keys(public, private, company="acme")
        assert CANARY[:5] not in f"{caught.value!r} {caught.value} {caught.value.params}"


def test_locals_of_plain_text_are_masked_by_value_where_somebody_prints_them() -> None:
    """Python's own texts cannot hide; what was registered is masked in a traceback with locals too."""

    def use(private_key: str) -> None:
        raise RuntimeError(f"cannot use {len(private_key)} letters")

    with pytest.raises(RuntimeError) as caught:
        use(CANARY)
    printed = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert CANARY in printed
    masked = Redactor([CANARY]).text(printed)
    assert MASK in masked
    assert find({"it": CANARY}, {"the dump": masked.encode()}) == []
