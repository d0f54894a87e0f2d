"""The changelog keeps its form: newest first, known sections, each line a change that people notice."""

import re
from datetime import date

import bot
from tests.docs.documents import read

SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_VERSION = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<day>\d{4}-\d\d-\d\d))?$")


def headings() -> list[re.Match[str]]:
    lines = [it for it in read("CHANGELOG.md").splitlines() if it.startswith("## ")]
    found = [_VERSION.fullmatch(it) for it in lines]
    assert None not in found, lines
    return [it for it in found if it is not None]


def test_it_begins_with_what_is_not_released_yet_and_goes_back_in_time() -> None:
    first, *released = headings()
    assert (first["version"], first["day"]) == ("Unreleased", None)
    days = [date.fromisoformat(it["day"]) for it in released]
    assert days == sorted(days, reverse=True)
    versions = [tuple(int(part) for part in it["version"].split(".")) for it in released]
    assert versions == sorted(versions, reverse=True)
    assert all(len(it) == 3 for it in versions)
    assert not versions or versions[0] <= tuple(int(part) for part in bot.__version__.split("."))


def test_its_sections_are_known_and_stand_in_one_order() -> None:
    for part in re.split(r"^## .*$", read("CHANGELOG.md"), flags=re.MULTILINE)[1:]:
        sections = re.findall(r"^### (.+)$", part, re.MULTILINE)
        assert sections == [it for it in SECTIONS if it in sections]


def test_every_change_is_a_sentence_on_a_line_of_its_own() -> None:
    body = read("CHANGELOG.md").split("## ", 1)[1]
    changes = re.findall(r"^- ((?:.|\n  )+)$", body, re.MULTILINE)
    assert len(changes) == len(re.findall(r"^- ", body, re.MULTILINE)) > 0
    for change in changes:
        assert change.rstrip().endswith((".", ")")), change
    assert len(changes) == len(set(changes))
    others = [
        it for it in body.splitlines() if it and not it.startswith(("- ", "  ", "#", "[", "Unreleased"))
    ]
    assert others == []
