"""The documents of the repository, taken apart: fenced commands, words in backticks, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bot

ROOT = Path(bot.__file__).parents[1]
DOCUMENTS = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "deploy").glob("*.md")]))
NAMES = tuple(str(it.relative_to(ROOT)) for it in DOCUMENTS)
# Its runbooks are run, block by block, by the tests of deploy/.
RUNBOOKS = "deploy/README.md"

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_SHELL = ("sh", "bash", "shell", "console")


@dataclass(frozen=True)
class Said:
    """A piece of a document, with where it stands."""

    document: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line} {self.text}"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands_of(name: str) -> Iterator[Said]:
    """Each line of the shell blocks, without comments; continued lines in one."""
    text = read(name)
    for fence in _FENCE.finditer(text):
        if fence["info"].split()[:1] and fence["info"].split()[0] in _SHELL:
            yield from _lines(name, text, fence)


def _lines(name: str, text: str, fence: re.Match[str]) -> Iterator[Said]:
    number = text.count("\n", 0, fence.start("text")) + 1
    for line in fence["text"].replace("\\\n", "  ").splitlines():
        command = re.sub(r"(^|\s+)#.*$", "", line).strip()
        if command:
            yield Said(name, number, command)
        number += 1


def words_in_backticks(name: str) -> Iterator[Said]:
    """What stands in backticks inside the prose and the tables."""
    text = read(name)
    bare = _FENCE.sub(lambda it: "\n" * it[0].count("\n"), text)
    for found in _INLINE.finditer(bare):
        yield Said(name, bare.count("\n", 0, found.start()) + 1, found[1])


def links_of(name: str) -> Iterator[Said]:
    """The targets of links and pictures."""
    text = read(name)
    bare = _FENCE.sub(lambda it: "\n" * it[0].count("\n"), text)
    for found in _LINK.finditer(bare):
        yield Said(name, bare.count("\n", 0, found.start()) + 1, found["target"])


def anchors_of(name: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    bare = _FENCE.sub("", read(name))
    found = set()
    for heading in re.findall(r"^#+ +(.+)$", bare, re.MULTILINE):
        plain = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found
