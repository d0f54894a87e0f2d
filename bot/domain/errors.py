"""The errors that the parts raise to one another.

    CwBotError
    ├── InputError            something a person typed cannot be used        (field, key, params)
    ├── ConnectWiseError      ConnectWise, or the way to it, said no         (key, status, code, message, retry_after)
    ├── StoreError            Redis did not do what was asked
    │   ├── StaleError        somebody else changed the record first
    │   ├── NameTakenError    an instance of this name exists
    │   └── StoreUnavailableError  Redis could not be reached within the deadline
    ├── SealError             a sealed record does not open, or cannot be sealed
    └── NotAllowedError       this person may not do this

Each carries a stable ``key`` into the catalogue (`bot.domain.catalogue`), which has the sentence and the fix, and data
that is safe to show and to log: never a secret and never something typed into a key field.
"""

from collections.abc import Mapping
from typing import ClassVar


class CwBotError(Exception):
    """The root: `key` names the sentence in the catalogue, `params` fill its placeholders."""

    default_key: ClassVar[str] = "internal"

    def __init__(self, key: str | None = None, /, **params: str | int) -> None:
        self.key = key or self.default_key
        self.params: Mapping[str, str | int] = params
        super().__init__(self.key)


class InputError(CwBotError):
    """Something a person typed cannot be used; `field` is the modal field to blame (see `Field`)."""

    def __init__(self, key: str, /, *, field: str, **params: str | int) -> None:
        super().__init__(key, **params)
        self.field = field


class ConnectWiseError(CwBotError):
    """ConnectWise, or the network before it, refused or failed.

    Attributes:
        status: the HTTP status, or None when no answer came.
        code: the envelope's `code`, or None.
        message: ConnectWise's own words, redacted and at most 300 characters; text, never markup.
        retry_after: seconds to wait, where the answer said so.
        transient: whether trying again later may help without anybody doing anything.
    """

    def __init__(
        self,
        key: str,
        /,
        *,
        status: int | None = None,
        code: str | None = None,
        message: str = "",
        retry_after: float | None = None,
        transient: bool = False,
        **params: str | int,
    ) -> None:
        super().__init__(key, **params)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.transient = transient


class StoreError(CwBotError):
    """Redis did not do what was asked."""

    default_key = "store"


class StaleError(StoreError):
    """The record was changed by somebody else since it was read; read it again."""

    default_key = "stale"


class NameTakenError(StoreError):
    """An instance of this name (whatever its capitals) exists in the workspace."""

    default_key = "name_taken"


class StoreUnavailableError(StoreError):
    """Redis could not be reached within the deadline."""

    default_key = "store_unavailable"


class SealError(CwBotError):
    """A sealed record does not open: wrong key, moved, altered or older than it should be."""

    default_key = "seal"


class NotAllowedError(CwBotError):
    """This person may not do this."""

    default_key = "not_allowed"
