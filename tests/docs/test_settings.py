"""Every setting is explained: in the README's table, and in the file that is copied to `.env`."""

import re

from bot.runtime.settings import Settings
from tests.docs.documents import read

_VARIABLE = re.compile(r"`([A-Z][A-Z0-9_]+)`")
# Read before there are settings: the folder with files of their names.
BESIDES = {"CW_BOT_SECRETS_DIR"}
# Of `cw-bot check` alone, and OpenTelemetry's own.
ELSEWHERE = re.compile(r"CW_(PUBLIC|PRIVATE)_KEY|OTEL_\w+")


def settings() -> set[str]:
    return {name.upper() for name in Settings.model_fields} | BESIDES


def rows_of_the_table() -> set[str]:
    """The variables in the first column of the README's table of settings."""
    section = read("README.md").partition("## Settings")[2].partition("\n## ")[0]
    rows = [it.split("|")[1] for it in section.splitlines() if it.startswith("| `")]
    return {name for row in rows for name in _VARIABLE.findall(row)}


def test_the_readmes_table_has_no_setting_that_there_is_not() -> None:
    unknown = {it for it in rows_of_the_table() - settings() if not ELSEWHERE.fullmatch(it)}
    assert sorted(unknown) == []


def test_the_example_file_has_every_setting_and_no_other() -> None:
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", read(".env.example"), re.MULTILINE))
    mentioned = set(re.findall(r"\b([A-Z][A-Z0-9_]{3,})\b", read(".env.example")))
    assert sorted(settings() - named - BESIDES) == []
    assert sorted(named - settings()) == []
    assert mentioned >= BESIDES


def test_a_default_in_the_readmes_table_is_the_real_one() -> None:
    section = read("README.md").partition("## Settings")[2].partition("\n## ")[0]
    wrong = []
    for name, default in re.findall(r"^\| `([A-Z0-9_]+)` \| `([^`]+)` \|", section, re.MULTILINE):
        field = Settings.model_fields.get(name.lower())
        if field is not None and str(field.default) != default:
            wrong.append((name, default, str(field.default)))
    assert wrong == []
