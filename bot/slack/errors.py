"""What the Web API answers when it will not, as one family of errors.

SlackError               any refusal; `error` is Slack's own word, `key` names our sentence
├── NotInChannelError    the bot must be invited first
├── MessageGoneError     the message cannot be edited any more: post it anew
├── ViewGoneError        the person closed the modal, or it changed meanwhile
├── NameSpentError       a post of this name was made and deleted: post it under another name
└── RevokedError         the token is dead: the workspace removed the app
"""

from typing import Any, Final

from bot.domain.errors import CwBotError


class SlackError(CwBotError):
    """Slack refused, or could not be reached (`error` is then `unreachable`).

    `may_be_done` where the request may have reached Slack and its answer was lost.
    """

    default_key = "slack"
    may_be_done = False

    def __init__(self, method: str, error: str) -> None:
        super().__init__(_KEYS.get(error, self.default_key), error=error)
        self.method = method
        self.error = error

    def __str__(self) -> str:
        """The method and Slack's word; never arguments."""
        return f"{self.method}: {self.error}"


class NotInChannelError(SlackError):
    """The bot is not a member of the channel, or cannot see it."""


class MessageGoneError(SlackError):
    """The message was deleted or may not be edited any more."""


class ViewGoneError(SlackError):
    """The view was closed, replaced or changed by somebody else."""


class NameSpentError(SlackError):
    """Slack has seen the post's `client_msg_id` before, and the message is gone."""


class RevokedError(SlackError):
    """The token does not work any more."""


_KEYS: Final[dict[str, str]] = {
    "not_in_channel": "not_in_channel",
    "channel_not_found": "not_in_channel",
    "is_archived": "channel_archived",
    "restricted_action": "channel_restricted",
    "restricted_action_read_only_channel": "channel_restricted",
    "restricted_action_thread_only_channel": "channel_restricted",
}

_FAMILIES: Final[dict[str, type[SlackError]]] = {
    "not_in_channel": NotInChannelError,
    "channel_not_found": NotInChannelError,
    "message_not_found": MessageGoneError,
    "edit_window_closed": MessageGoneError,
    "cant_update_message": MessageGoneError,
    "is_inactive": MessageGoneError,
    "duplicate_message_not_found": NameSpentError,
    "duplicate_channel_not_found": NameSpentError,
    "not_found": ViewGoneError,
    "hash_conflict": ViewGoneError,
    "expired_trigger_id": ViewGoneError,
    "exchanged_trigger_id": ViewGoneError,
    "trigger_expired": ViewGoneError,
    "trigger_exchanged": ViewGoneError,
    "invalid_auth": RevokedError,
    "token_revoked": RevokedError,
    "token_expired": RevokedError,
    "account_inactive": RevokedError,
    "not_authed": RevokedError,
}


def error_from(method: str, answer: Any) -> SlackError:
    """The error that an answer's `error` word stands for."""
    error = str(answer.get("error", "unknown_error")) if hasattr(answer, "get") else "unknown_error"
    return _FAMILIES.get(error, SlackError)(method, error)
