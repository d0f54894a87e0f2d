"""What comes of what a person does."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack.model import Json

TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(frozen=True)
class Result:
    """`error` is the sentence that Slack shows; `status` the app's HTTP status, None where nothing was sent."""

    error: str | None = None
    status: int | None = None
    ts: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it worked, as far as the person can tell."""
        return self.error is None


@dataclass(frozen=True)
class CommandResult(Result):
    """Of a command. `text` is what the app answered in the acknowledgement, as it is read; empty when nothing."""

    text: str = ""


@dataclass(frozen=True)
class SubmitResult(Result):
    """Of a submission. `errors` has block_ids, `errors_by_label` what stands beside the fields on the screen.

    `response_action` is close, errors, update, push or clear; None where the app was not asked or did not answer.
    """

    response_action: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    errors_by_label: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the app took the form."""
        return self.error is None and not self.errors


@dataclass(frozen=True)
class SuggestResult(Result):
    """Of typing into an external select: options, or groups of options."""

    options: list[Json] = field(default_factory=list)
    option_groups: list[Json] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As the page takes it."""
        if self.option_groups:
            return {"option_groups": self.option_groups}
        return {"options": self.options}
