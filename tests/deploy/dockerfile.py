"""A Dockerfile's instructions, and what a `.dockerignore` leaves of a folder: as the builder reads them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines joined; `stage` counts from 0, -1 is before the first."""

    stage: int
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        return self.text.split()


def read_dockerfile(path: Path) -> list[Instruction]:
    """All instructions in order; comments are dropped, those between continued lines too."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    found: list[Instruction] = []
    stage = -1
    for line in filter(str.strip, joined.splitlines()):
        name, _, text = line.strip().partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, " ".join(text.split())))
    return found


def copied_sources(instructions: Sequence[Instruction]) -> set[str]:
    """What COPY takes from the context (not from another stage)."""
    copies = [it.words for it in instructions if it.name == "COPY" and "--from=" not in it.text]
    return {source.rstrip("/") for words in copies for source in words[:-1]}


class Ignore:
    """`.dockerignore`: the last pattern that fits decides; one that fits a folder fits what is in it."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines()]
        self._exceptions = [line.removeprefix("!") for line in lines if line.startswith("!")]
        self._rules = [
            (not line.startswith("!"), _compile(line.removeprefix("!")))
            for line in lines
            if line and not line.startswith("#")
        ]

    def drops(self, path: PurePosixPath) -> bool:
        """Whether the builder does not get to see a file."""
        names = [str(path), *(str(it) for it in path.parents if str(it) != ".")]
        dropped = False
        for drops, pattern in self._rules:
            if any(pattern.fullmatch(name) for name in names):
                dropped = drops
        return dropped

    def context(self, root: Path) -> Iterator[PurePosixPath]:
        """The files of a folder that the builder gets to see. As Docker, it does not look into what is dropped whole."""
        for top in sorted(it for it in root.iterdir() if it.is_file() or self._looks_into(it.name)):
            for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
                relative = PurePosixPath(path.relative_to(root).as_posix())
                if path.is_file() and not self.drops(relative):
                    yield relative

    def _looks_into(self, top: str) -> bool:
        return not self.drops(PurePosixPath(top)) or any(it.startswith(f"{top}/") for it in self._exceptions)


def _compile(pattern: str) -> re.Pattern[str]:
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]*\])", pattern.strip("/"))
    return re.compile(
        "".join(parts.get(token, token if token.startswith("[") else re.escape(token)) for token in tokens)
    )
