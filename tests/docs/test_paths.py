"""Every path that a document names is there."""

import re

import pytest

from tests.docs.documents import NAMES, ROOT, words_in_backticks

_TOP = ("bot/", "handlers/", "tests/", "deploy/", "requirements/")
_PATH = re.compile(rf"(?:{'|'.join(_TOP)})[\w./*-]*")
# A name that whoever writes such a file chooses.
_CHOSEN = re.compile(r"NAME")


@pytest.mark.parametrize("name", NAMES)
def test_every_path_that_is_named_exists(name: str) -> None:
    missing = []
    for word in words_in_backticks(name):
        if not _PATH.fullmatch(word.text):
            continue
        pattern = _CHOSEN.sub("*", word.text)
        found = list(ROOT.glob(pattern.rstrip("/"))) if "*" in pattern else [ROOT / pattern]
        if not found or not all(it.exists() for it in found):
            missing.append(str(word))
    assert [it for it in missing if not it.endswith(_MADE_LATER)] == []


# Made by whoever follows the runbooks.
_MADE_LATER = ("deploy/secrets", "deploy/secrets/NAME", "deploy/.env")


def test_the_architecture_names_more_than_a_few() -> None:
    named = [it for it in words_in_backticks("deploy/ARCHITECTURE.md") if _PATH.fullmatch(it.text)]
    assert len(named) > 20
