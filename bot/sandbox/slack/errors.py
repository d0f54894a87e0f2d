"""The errors of Slack's Web API."""

from collections.abc import Sequence

from bot.sandbox.slack.model import Json
from bot.sandbox.slack.problems import Problem


class ApiError(Exception):
    """A call that Slack refuses: its `error` string, and what `response_metadata.messages` and other fields say."""

    def __init__(self, error: str, messages: Sequence[str] = (), **fields: object) -> None:
        super().__init__(error)
        self.error = error
        self.messages = list(messages)
        self.fields = fields

    def as_answer(self) -> Json:
        """The body of the answer."""
        answer: Json = {"ok": False, "error": self.error, **self.fields}
        if self.messages:
            answer["response_metadata"] = {"messages": self.messages}
        return answer


def invalid_arguments(problems: Sequence[Problem]) -> ApiError:
    """A refused view or argument."""
    return ApiError("invalid_arguments", [f"[ERROR] {problem}" for problem in problems])


def invalid_blocks(problems: Sequence[Problem]) -> ApiError:
    """A message with refused blocks."""
    words = [str(problem) for problem in problems]
    return ApiError("invalid_blocks", [f"[ERROR] {word}" for word in words], errors=words)
