"""The log of every call that the app made."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.sandbox.slack.model import Call

_SECRET = ("token", "client_secret", "code", "refresh_token")


class CallLog(Sequence[Call]):
    """Calls in the order in which they came; each is appended to `path`, where given, as a line of JSON."""

    def __init__(self, path: Path | None = None) -> None:
        self._calls: list[Call] = []
        self._path = path

    def add(self, call: Call) -> None:
        """Note one call."""
        self._calls.append(call)
        if self._path is not None:
            line = {
                "at": call.at,
                "method": call.method,
                "team": call.team_id,
                "args": dict(call.args),
                "status": call.status,
                "ok": call.ok,
                "error": call.error,
            }
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")

    def of(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self._calls if call.method == method]

    def clear(self) -> None:
        """Forget them all."""
        self._calls.clear()

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: Any) -> Any:
        return self._calls[index]


def redact(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with tokens and secrets blotted out."""
    return {name: "***" if name in _SECRET else value for name, value in args.items()}
