"""The commands of `deploy/README.md`, taken out of it so that the document cannot drift from what is tested."""

import re
from dataclasses import dataclass

from tests.deploy.places import DEPLOY

README = DEPLOY / "README.md"
_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: what stands behind its fence, and its text."""

    info: str
    text: str

    @property
    def name(self) -> str:
        return self.info.partition("runbook=")[2]


def read_blocks() -> list[Block]:
    """Every fenced block in order."""
    return [Block(info.strip(), text) for info, text in _BLOCK.findall(README.read_text())]


def read_runbooks() -> dict[str, str]:
    """The commands by their names, in the order of the document."""
    return {block.name: block.text for block in read_blocks() if block.name}
