"""What people were told while it stormed: the log that the checker holds against what is there at the end."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What somebody did."""

    SITE = "site"
    KEYS = "keys"
    DONE = "done"


@dataclass
class Promise:
    """Something that somebody sent off.

    `said` is what the answer was (the title of the next modal, or an error); `is_acked` whether it was acknowledged:
    taken, and not sent back. `is_right` tells of keys whether they were good ones, `part` of a click which step it was.
    `is_taken_back` where the person was told afterwards that it did not work; `times` is how often it was sent, `at` when
    (epoch seconds).
    """

    kind: Kind
    name: str
    by: str
    said: str
    is_acked: bool
    is_right: bool = True
    part: str = ""
    is_taken_back: bool = False
    times: int = 1
    at: float = field(default_factory=time.time)

    def __str__(self) -> str:
        """For a report."""
        what = f"{self.kind} {self.part}".strip()
        return f"{self.by} · {self.name} · {what} · {'acked' if self.is_acked else 'not acked'}: {self.said}"


class Promises:
    """All of them, in the order in which they were made."""

    def __init__(self) -> None:
        self._all: list[Promise] = []

    def __iter__(self) -> Iterator[Promise]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def note(self, promise: Promise) -> Promise:
        """Keep it."""
        self._all.append(promise)
        return promise

    def acked(self, kind: Kind) -> list[Promise]:
        """Those that were acknowledged and not taken back."""
        return [it for it in self._all if it.kind is kind and it.is_acked and not it.is_taken_back]

    def names(self) -> list[str]:
        """The instances that they are about."""
        return list(dict.fromkeys(it.name for it in self._all))
