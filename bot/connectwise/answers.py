"""ConnectWise's answers as models that survive missing, null and oddly typed members.

A member that is not what the documents say becomes its default; only an answer of the wrong shape altogether
is an error.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, Self, TypeVar, cast

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

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """One of these from a JSON object."""
        return cls.model_validate(row)


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

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """The same as pydantic would, at a fraction of the cost: every check of a role reads a hundred of them."""
        # The names are those of the fields above.
        get = row.get
        made = _construct_row(
            cls,
            _text(get("moduleName")),
            _text(get("moduleFunctionName")),
            _level(get("addLevel")),
            _level(get("editLevel")),
            _level(get("deleteLevel")),
            _level(get("inquireLevel")),
        )
        return cast("Self", made)

    def evidence(self) -> SecurityRow:
        """The plain value."""
        return _make_row(self.module, self.function, self.add, self.edit, self.delete, self.inquire)


_SECURITY_FIELDS: Final = tuple(SecurityRowAnswer.model_fields)
# Frozen, so that all roles may share them.
_make_row = lru_cache(maxsize=_REMEMBERED)(SecurityRow)


@lru_cache(maxsize=_REMEMBERED)
def _construct_row(kind: type[SecurityRowAnswer], *values: str | None) -> SecurityRowAnswer:
    """Of values that are clean."""
    fields: dict[str, Any] = dict(zip(_SECURITY_FIELDS, values, strict=True))
    return kind.model_construct(**fields)


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


def one(kind: type[AnswerT], body: Any) -> AnswerT | None:
    """The body as one object (or the first of a list of them); None where it is neither."""
    if isinstance(body, Sequence) and not isinstance(body, str | bytes) and body:
        body = body[0]
    return kind.model_validate(body) if isinstance(body, Mapping) else None


def many(kind: type[AnswerT], body: Any) -> tuple[AnswerT, ...] | None:
    """The body as a list of objects, others left out; None where it is no list."""
    if not isinstance(body, list):
        return None
    return tuple(kind.read(row) for row in body[:_ROWS_LIMIT] if isinstance(row, Mapping))
