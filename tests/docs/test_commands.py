"""Every command in the documents: it exists, its options are known, and what does no harm is run.

The runbooks of `deploy/README.md` are run as a whole by the tests of deploy/; of it only the calls of `cw-bot` are
read here.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import typer.main
from typer.exceptions import TyperException

from bot.cli import app
from bot.runtime.settings import Settings
from tests.docs.documents import NAMES, ROOT, RUNBOOKS, Said, commands_of, words_in_backticks

OURS = ("cw-bot", "cw-bot-admin")
# These change nothing, and ask nobody.
HARMLESS = (["--version"], ["keys", "generate"], ["manifest"])
_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=\S*")
_SEPARATOR = re.compile(r"\|\|?|&&|;|\$\(|\)|>|<")
_TARGET = re.compile(r"^([a-z-]+):(?!=)", re.MULTILINE)


def simple_commands(line: str) -> Iterator[list[str]]:
    """The commands of a line of shell, each as its words, without sudo and what is set for it."""
    for part in _SEPARATOR.split(line):
        try:
            words = shlex.split(part)
        except ValueError:  # half of a quoted text: no command of ours
            continue
        while words and (words[0] == "sudo" or _ASSIGNMENT.fullmatch(words[0])):
            words = words[1:]
        if words:
            yield words


def spellings(words: list[str]) -> Iterator[list[str]]:
    """Each command that a line with alternatives stands for: `keys generate|list`, `[--json]`."""
    bare = [it.strip("[]") for it in words if it not in {"…", "..."}]
    yield from (list(it) for it in product(*(word.split("|") for word in bare)))


def calls_of_ours() -> list[tuple[Said, list[str]]]:
    found = []
    for name in NAMES:
        lines = [(said, words) for said in commands_of(name) for words in simple_commands(said.text)]
        lines += [
            (said, said.text.split())
            for said in words_in_backticks(name)
            if said.text.split()[0].rpartition("/")[2] in OURS
        ]
        found += [
            (said, call[1:])
            for said, words in lines
            if words[0].rpartition("/")[2] in OURS and len(words) > 1
            for call in spellings(words)
        ]
    return found


CALLS = calls_of_ours()


def is_placeholder(word: str) -> bool:
    return word.isupper() or word.startswith(("$", "<")) or "…" in word


def ends_in_an_option(command: Any, arguments: list[str]) -> bool:
    """Whether an option is only spoken of, without the value that it takes: `cw-bot manifest --url`."""
    taking = {name for it in command.params if not getattr(it, "is_flag", True) for name in it.opts}
    return bool(arguments) and arguments[-1] in taking


def check_call(arguments: list[str]) -> None:
    """Raises where there is no such command or option, or a value that an option does not take."""
    command: Any = typer.main.get_command(app)
    context = command.context_class(command, info_name="cw-bot")
    while hasattr(command, "commands") and arguments and not arguments[0].startswith("-"):
        command = command.commands[arguments[0]]
        context, arguments = command.context_class(command, parent=context), arguments[1:]
    if ends_in_an_option(command, arguments):
        arguments = [*arguments, "VALUE"]
    given, left, _ = command.make_parser(context).parse_args(list(arguments))
    for parameter in command.params:
        value = given.get(parameter.name)
        if isinstance(value, str) and not is_placeholder(value):
            parameter.process_value(context, value)
    assert len(left) == 0, left


def test_the_documents_speak_of_the_commands() -> None:
    assert len(CALLS) > 20
    named = {call[0] for _, call in CALLS}
    assert {"check", "demo", "run", "doctor", "keys", "instances", "manifest"} - named <= {"run", "demo"}


@pytest.mark.parametrize(("said", "arguments"), CALLS, ids=lambda it: str(it) if isinstance(it, Said) else "")
def test_every_call_of_the_command_line_is_one_that_it_takes(said: Said, arguments: list[str]) -> None:
    check_call(arguments)


@pytest.mark.parametrize(
    "arguments", [["chekc"], ["check", "--hostname", "x"], ["check", "--profile", "most"], ["keys", "burn"]]
)
def test_a_call_that_it_does_not_take_would_be_found(arguments: list[str]) -> None:
    with pytest.raises((KeyError, TyperException)):
        check_call(arguments)


def harmless() -> list[list[str]]:
    found = [call for _, call in CALLS if any(call[: len(it)] == it for it in HARMLESS)]
    whole = [it for it in found if it == ["--version"] or not it[-1].startswith("--")]
    unique = {tuple(it): it for it in whole if not any(is_placeholder(word) for word in it)}
    return list(unique.values())


@pytest.mark.parametrize("arguments", harmless(), ids=" ".join)
def test_what_does_no_harm_runs(arguments: list[str], tmp_path: Any) -> None:
    command = [sys.executable, "-m", "bot", *arguments]
    ran = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False, timeout=120
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout


def makes() -> list[tuple[Said, list[str]]]:
    found = []
    for name in NAMES:
        said = [*commands_of(name), *(it for it in words_in_backticks(name) if it.text.startswith("make "))]
        found += [(it, words[1:]) for it in said for words in simple_commands(it.text) if words[0] == "make"]
    return found


@pytest.mark.parametrize(("said", "words"), makes(), ids=lambda it: str(it) if isinstance(it, Said) else "")
def test_every_make_has_a_target_and_variables_that_the_makefile_knows(said: Said, words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in words:
        name, is_variable, value = word.partition("=")
        if not is_variable:
            assert name in _TARGET.findall(makefile)
            continue
        assert f"$({name})" in makefile
        if name == "TESTS":
            assert (ROOT / value).exists()
    dry = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *words],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert dry.returncode == 0, dry.stderr


@pytest.mark.parametrize("name", [it for it in NAMES if it != RUNBOOKS])
def test_no_line_of_shell_is_one_that_nothing_here_looks_at(name: str) -> None:
    """`cp` of a file that exists, settings that exist, `make`, and the command line: nothing else."""
    settings = {it.upper() for it in Settings.model_fields}
    unknown = []
    for said in commands_of(name):
        first, *rest = said.text.split()
        if first == "make" or first.rpartition("/")[2] in OURS:
            continue
        if _ASSIGNMENT.fullmatch(first) and first.partition("=")[0] in settings:
            continue
        if first == "cp" and (ROOT / rest[0]).exists():
            continue
        unknown.append(str(said))
    assert unknown == []
