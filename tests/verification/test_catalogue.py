"""The catalogue: a sentence for everything that can be raised, and none with its braces showing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot.connectwise.errors import _CERTIFICATE_KEYS, _TIMEOUT_KEYS
from bot.connectwise.errors import __doc__ as taxonomy
from bot.domain import errors, filters, hygiene
from bot.domain.catalogue import Entry, entries, explain, explain_error, split_causes
from bot.domain.errors import ConnectWiseError, InputError

ROOT = Path(bot.__file__).parent
RAISERS = {
    name for name, it in vars(errors).items() if isinstance(it, type) and issubclass(it, errors.CwBotError)
}
RAISERS |= {"FilterError"}


def raised_keys() -> Iterator[tuple[str, str]]:
    """Every literal key given to an error of ours, and every class's default key."""
    for path in [*ROOT.rglob("*.py"), *(ROOT.parent / "handlers").rglob("*.py")]:
        if "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in RAISERS:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, f"{path.name}:{node.lineno}"


def test_every_key_that_is_raised_has_an_entry() -> None:
    found = list(raised_keys())
    assert len(found) > 30
    assert {(key, where) for key, where in found if key not in entries()} == set()


def test_every_default_key_has_an_entry() -> None:
    defaults = {getattr(errors, name).default_key for name in RAISERS if hasattr(errors, name)}
    assert defaults <= entries().keys()


def test_every_key_of_what_people_type_has_an_entry_that_uses_only_what_it_is_given() -> None:
    for key, given in {**hygiene.ERROR_KEYS, **filters.ERROR_KEYS}.items():
        assert placeholders(entries()[key]) <= given, key


def test_every_key_of_the_taxonomy_has_an_entry() -> None:
    table = [line[23:] for line in (taxonomy or "").splitlines() if line.startswith("    ")]
    listed = set(" ".join(table).split())
    assert len(listed) > 35
    assert listed | set(_CERTIFICATE_KEYS.values()) | set(_TIMEOUT_KEYS.values()) <= entries().keys()


def placeholders(entry: Entry) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", " ".join([entry.summary, entry.fix, *entry.causes])))


@pytest.mark.parametrize("key", sorted(entries()))
def test_an_entry_reads_as_sentences(key: str) -> None:
    entry = entries()[key]
    for text in filter(None, [entry.summary, entry.fix, *entry.causes]):
        assert re.search(r"[.{}]$", text), text
        assert "**" not in text
        assert len(text) <= 320
    words = explain(key)
    assert "{" not in words.summary + words.fix


def test_causes_are_numbered_in_their_order() -> None:
    words = explain("keys_refused")
    assert len(words.causes) == 4
    assert f"Most likely first: (1) {words.causes[0]} (2) {words.causes[1]}" in words.fix


@pytest.mark.parametrize("key", sorted(entries()))
def test_a_fix_can_be_taken_apart_again(key: str) -> None:
    lead, causes = split_causes(explain(key).fix)
    assert (lead, causes) == (explain(key).fix.partition(" Most likely")[0], explain(key).causes)


def test_braces_in_what_is_filled_in_stay_what_they_are() -> None:
    words = explain("company_unknown", company="{host.__class__}", host="a.test")
    assert "{host.__class__}" in words.summary


def test_a_key_of_nobody_is_told_as_a_fault_of_ours() -> None:
    assert explain("no_such_key") == explain("internal")


def test_an_error_fills_its_own_sentence() -> None:
    words = explain_error(InputError("name_too_long", field="name", limit=75, length=80))
    assert words.summary == "The name has 80 characters; 75 is the most."
    throttled = explain_error(ConnectWiseError("throttled", retry_after=30, transient=True))
    assert throttled.fix == "Try again in 30 seconds."
    refused = explain_error(
        ConnectWiseError("filter_refused", message="x is not a recognized name."), field="conditions"
    )
    assert refused.summary.endswith("It said: “x is not a recognized name.”")
