"""ConnectWise's answers as models that survive missing, null and oddly typed members.

A member that is not what the documents say becomes its default; only an answer of the wrong shape altogether
is an error.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.connectwise.errors import clean_words
from bot.domain.evidence import (
    ApiMember,
    CompanyInfo,
    CustomizeItem,
    MyMember,
    NameRef,
    SecurityRow,
    SystemInfo,
)

_NAME_LIMIT: Final = 120
_ROWS_LIMIT: Final = 1000
_USUAL_LEVELS: Final = ("None", "My", "All")
# Names of modules, functions, roles and so on come again with every check; longer texts are not worth the memory.
_REMEMBERED: Final = 4096
_REMEMBERED_LENGTH: Final = 200


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = str(value)
    return _clean_name(text) if len(text) <= _REMEMBERED_LENGTH else clean_words(text, limit=_NAME_LIMIT)


@lru_cache(maxsize=_REMEMBERED)
def _clean_name(text: str) -> str:
    return clean_words(text, limit=_NAME_LIMIT)


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).strip().lower())


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def _level(value: object) -> str | None:
    # A role has thousands of them, and nearly all are one of these.
    if value is None or value in _USUAL_LEVELS:
        return value
    return clean_words(str(value), limit=20)


def _wholes(value: object) -> tuple[int, ...]:
    items = value if isinstance(value, list) else ()
    return tuple(whole for it in items if (whole := _whole(it)) is not None)


def _named(value: object) -> str:
    return _text(value.get("name") or value.get("identifier")) if isinstance(value, Mapping) else _text(value)


Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Whole = Annotated[int | None, BeforeValidator(_whole)]
Level = Annotated[str | None, BeforeValidator(_level)]
Wholes = Annotated[tuple[int, ...], BeforeValidator(_wholes)]
Name = Annotated[str, BeforeValidator(_named)]


class Answer(BaseModel):
    """One JSON object of ConnectWise's."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class CompanyInfoAnswer(Answer):
    """`/login/companyinfo/{company}`."""

    name: Text = Field("", alias="CompanyName")
    company_id: Text = Field("", alias="CompanyID")
    codebase: Text = Field("", alias="Codebase")
    version: Text = Field("", alias="VersionNumber")
    is_cloud: Flag = Field(None, alias="IsCloud")
    site_url: Text = Field("", alias="SiteUrl")

    @property
    def is_recognised(self) -> bool:
        """Whether this is companyinfo at all, and not some other JSON object."""
        return bool(self.codebase or self.version or (self.name and self.company_id))

    def evidence(self, *, answer_ms: int) -> CompanyInfo:
        """The plain value."""
        return CompanyInfo(**self.model_dump(), answer_ms=answer_ms)


class SystemInfoAnswer(Answer):
    """`/system/info`."""

    version: Text = ""
    is_cloud: Flag = Field(None, alias="isCloud")
    region: Text = Field("", alias="cloudRegion")
    time_zone: Text = Field("", alias="serverTimeZone")

    @property
    def is_recognised(self) -> bool:
        """Whether this is about a server at all, and not some other JSON object."""
        return bool(self.version or self.region or self.is_cloud is not None)

    def evidence(self, *, request_id: str) -> SystemInfo:
        """The plain value."""
        return SystemInfo(**self.model_dump(), request_id=request_id)


class MyMemberAnswer(Answer):
    """`/system/myMembers`."""

    identifier: Text = ""
    license_class: Text = Field("", alias="licenseClass")
    inactive: Flag = Field(None, alias="inactiveFlag")
    admin: Flag = Field(None, alias="adminFlag")
    role: Name = Field("", alias="securityRole")

    def evidence(self) -> MyMember:
        """The plain value."""
        return MyMember(**self.model_dump())


class ApiMemberAnswer(Answer):
    """A row of `/system/apiMembers`."""

    identifier: Text = ""
    name: Text = ""
    inactive: Flag = Field(None, alias="inactiveFlag")
    role: Name = Field("", alias="securityRole")
    level: Name = Field("", alias="structureLevel")
    location: Name = Field("", alias="securityLocation")
    time_zone: Name = Field("", alias="timeZone")
    excluded_boards: Wholes = Field((), alias="excludedServiceBoardIds")

    def evidence(self) -> ApiMember:
        """The plain value."""
        return ApiMember(**self.model_dump())


class SecurityRowAnswer(Answer):
    """A row of `/system/mySecurity`.

    Levels stay as they came: whoever compares them tells null from nonsense.
    """

    module: Text = Field("", alias="moduleName")
    function: Text = Field("", alias="moduleFunctionName")
    add: Level = Field(None, alias="addLevel")
    edit: Level = Field(None, alias="editLevel")
    delete: Level = Field(None, alias="deleteLevel")
    inquire: Level = Field(None, alias="inquireLevel")

    def evidence(self) -> SecurityRow:
        """The plain value."""
        return SecurityRow(self.module, self.function, self.add, self.edit, self.delete, self.inquire)


class CustomizeItemAnswer(Answer):
    """A row of `/system/mySecurity/customizeItems/`."""

    customize: Text = Field("", alias="customizeIdentifier")
    item: Text = Field("", alias="itemIdentifier")

    def evidence(self) -> CustomizeItem:
        """The plain value."""
        return CustomizeItem(self.customize, self.item)


class NameRefAnswer(Answer):
    """A row of any list, by id and name."""

    id: Whole = None
    name: Text = ""
    identifier: Text = ""

    def evidence(self) -> NameRef:
        """The plain value; without an id it is 0."""
        return NameRef(id=self.id or 0, name=self.name or self.identifier, identifier=self.identifier)


class CountAnswer(Answer):
    """`…/count`."""

    count: Whole = None


class ErrorAnswer(Answer):
    """The envelope of errors; a throttled one says `error` where the others say `code`."""

    code: Text = ""
    error: Text = ""
    message: Annotated[str, BeforeValidator(lambda it: it if isinstance(it, str) else "")] = ""


AnswerT = TypeVar("AnswerT", bound=Answer)
EvidenceT = TypeVar("EvidenceT")


def one(kind: type[AnswerT], body: Any) -> AnswerT | None:
    """The body as one object (or the first of a list of them); None where it is neither."""
    if isinstance(body, Sequence) and not isinstance(body, str | bytes) and body:
        body = body[0]
    return kind.model_validate(body) if isinstance(body, Mapping) else None


def many(kind: type[AnswerT], body: Any) -> tuple[AnswerT, ...] | None:
    """The body as a list of objects, others left out; None where it is no list."""
    if not isinstance(body, list):
        return None
    return tuple(kind.model_validate(row) for row in body[:_ROWS_LIMIT] if isinstance(row, Mapping))


class Recall(Generic[EvidenceT]):
    """Reads a list of rows whose like has been read before: every check of a role has a hundred of the same.

    A row is known by the values of its kind's fields, as they came; what they make is made once, and shared.
    """

    def __init__(self, kind: type[Answer], make: Callable[[Any], EvidenceT]) -> None:
        self._kind = kind
        self._make = make
        self._names = tuple(str(it.alias or name) for name, it in kind.model_fields.items())
        self._known: dict[tuple[object, ...], EvidenceT] = {}

    def __call__(self, body: Any) -> tuple[EvidenceT, ...] | None:
        """The evidence of each object in the list, others left out; None where it is no list."""
        if not isinstance(body, list):
            return None
        return tuple(self._read(row) for row in body[:_ROWS_LIMIT] if isinstance(row, Mapping))

    def _read(self, row: Mapping[str, Any]) -> EvidenceT:
        values = tuple(map(row.get, self._names))
        try:
            found = self._known.get(values)
        except TypeError:  # a list or an object among them
            found = None
        if found is None:
            found = self._make(self._kind.model_validate(row))
            if all(map(_is_worth_keeping, values)):
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[values] = found
        return found


def _is_worth_keeping(value: object) -> bool:
    """Texts alone, since 1 and True and 1.0 are the same key; long ones are not worth the memory."""
    return value is None or (type(value) is str and len(value) <= _REMEMBERED_LENGTH)


read_security = Recall(SecurityRowAnswer, SecurityRowAnswer.evidence)
read_items = Recall(CustomizeItemAnswer, CustomizeItemAnswer.evidence)
