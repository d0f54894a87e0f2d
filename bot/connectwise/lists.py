"""ConnectWise's lists behind the organization variables: boards, statuses, types, priorities, members and so on.

Where a list needs a right that the role may lack and has a twin with fewer fields that needs none (`…/info`), the twin is
asked instead. Everything here only reads and raises `ConnectWiseError`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

from pydantic import AliasChoices, BeforeValidator, Field

from bot.connectwise.answers import Answer, Flag, Text, Whole, Wholes
from bot.connectwise.client import ConnectWiseLogin, ConnectWiseSite, quoted
from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import Budget
from bot.domain.instance import Instance
from bot.domain.variables import UNREADABLE_KEYS, Entry, Kind, Listing

PAGE_SIZE: Final = 1000
# A list that is longer than this is searched by ConnectWise instead of here.
_MOST_PAGES: Final = 3
_SEARCH_LIMIT: Final = 60


class Sites(Protocol):
    """Where logins come from (`ConnectWiseSites`)."""

    def site(self, host: str) -> ConnectWiseSite:
        """The site at `host[:port]`."""
        ...


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a kind's records are; `{board}` stands for a board's id."""

    path: str
    fields: str = "id,name"
    order: str = "name"
    twin: str = ""
    twin_fields: str = ""
    searched: tuple[str, ...] = ("name",)


_ACTIVE: Final = "id,name,inactiveFlag"
_SOURCES: Final[Mapping[Kind, _Source]] = {
    Kind.BOARD: _Source("/service/info/boards", "id,name,inactiveFlag,projectFlag"),
    Kind.STATUS: _Source(
        "/service/boards/{board}/statuses",
        "id,name,inactive,closedStatus,timeEntryNotAllowed",
        order="sortOrder",
        twin="/service/boards/{board}/statuses/info",
        twin_fields="id,name,inactiveFlag,closedFlag",
    ),
    Kind.TYPE: _Source("/service/boards/{board}/types", _ACTIVE),
    Kind.SUBTYPE: _Source("/service/boards/{board}/subtypes", f"{_ACTIVE},typeAssociationIds"),
    Kind.ITEM: _Source("/service/boards/{board}/items", _ACTIVE),
    Kind.PRIORITY: _Source("/service/priorities", order="sortOrder"),
    Kind.SOURCE: _Source("/service/sources"),
    Kind.MEMBER: _Source(
        "/system/info/members",
        "id,identifier,firstName,lastName,inactiveFlag",
        order="firstName",
        searched=("firstName", "lastName", "identifier"),
    ),
    Kind.WORK_ROLE: _Source("/time/workRoles", _ACTIVE),
    Kind.WORK_TYPE: _Source("/time/workTypes", _ACTIVE),
    Kind.COMPANY_STATUS: _Source("/company/companies/statuses", _ACTIVE),
    Kind.COMPANY_TYPE: _Source("/company/companies/types"),
}


class EntryAnswer(Answer):
    """A row of any of these lists; the same thing has different names in a list and in its twin."""

    id: Whole = None
    name: Text = ""
    identifier: Text = ""
    first_name: Text = Field("", alias="firstName")
    last_name: Text = Field("", alias="lastName")
    inactive: Flag = Field(None, validation_alias=AliasChoices("inactive", "inactiveFlag"))
    closed: Flag = Field(None, validation_alias=AliasChoices("closedStatus", "closedFlag"))
    no_time: Flag = Field(None, alias="timeEntryNotAllowed")
    project: Flag = Field(None, alias="projectFlag")
    types: Wholes = Field((), alias="typeAssociationIds")

    def evidence(self) -> Entry:
        """The plain value."""
        full_name = " ".join(part for part in (self.first_name, self.last_name) if part)
        return Entry(
            id=self.id or 0,
            name=self.name or full_name or self.identifier or str(self.id),
            note=self.identifier,
            inactive=bool(self.inactive),
            closed=self.closed,
            takes_time=not self.no_time,
            types=self.types,
            is_project=bool(self.project),
        )


def _id_of(value: object) -> object:
    return value.get("id") if isinstance(value, Mapping) else None


class AssociationAnswer(Answer):
    """A row of a board's associations of type, subtype and item; of the item its id alone."""

    item_id: Annotated[Whole, BeforeValidator(_id_of)] = Field(None, alias="item")


class ConnectWiseLists:
    """Reads lists in the name of an instance's API member."""

    def __init__(self, sites: Sites, *, default_client_id: str = "") -> None:
        self._sites = sites
        self._default_client_id = default_client_id

    async def read(self, instance: Instance, kind: Kind, *, board_id: int = 0, search: str = "") -> Listing:
        """The list, or what of it contains `search`; incomplete when there is more than a few thousand."""
        source = _SOURCES[kind]
        conditions = _containing(search, source.searched)
        entries: list[Entry] = []
        for page in range(1, _MOST_PAGES + 1):
            found = await self._page(instance, source, board_id, page=page, conditions=conditions)
            entries += found
            if len(found) < PAGE_SIZE:
                return Listing(tuple(entries))
        return Listing(tuple(entries), is_complete=False)

    async def find(
        self, instance: Instance, kind: Kind, ids: Collection[int], *, board_id: int = 0
    ) -> dict[int, Entry]:
        """Those of the list that have one of these ids."""
        if not ids:
            return {}
        conditions = f"id in ({','.join(str(int(it)) for it in sorted(ids))})"
        found = await self._page(instance, _SOURCES[kind], board_id, page=1, conditions=conditions)
        return {it.id: it for it in found if it.id in ids}

    async def knows_agreement(self, instance: Instance, name: str) -> bool | None:
        """Whether there is an agreement of that name; None where the member may not look."""
        params: dict[str, str | int] = {"conditions": f"name={quoted(name)}", "pageSize": 1, "fields": "id"}
        try:
            return bool(await self._login(instance).rows(EntryAnswer, "/finance/agreements", params))
        except ConnectWiseError as error:
            if error.key in UNREADABLE_KEYS:
                return None
            raise

    async def item_fits(
        self, instance: Instance, *, board_id: int, type_id: int, subtype_id: int, item_id: int
    ) -> bool | None:
        """Whether the item goes with type and subtype; None where ConnectWise does not tell, or ties no item to them."""
        path = f"/service/boards/{int(board_id)}/typeSubTypeItemAssociations"
        params: dict[str, str | int] = {
            "conditions": f"type/id={int(type_id)} and subType/id={int(subtype_id)}",
            "pageSize": PAGE_SIZE,
        }
        try:
            rows = await self._login(instance).rows(AssociationAnswer, path, params)
        except ConnectWiseError as error:
            if error.key in UNREADABLE_KEYS:
                return None
            raise
        items = {it.item_id for it in rows} - {None}
        return item_id in items if items else None

    async def _page(
        self, instance: Instance, source: _Source, board_id: int, *, page: int, conditions: str
    ) -> tuple[Entry, ...]:
        params: dict[str, str | int] = {"pageSize": PAGE_SIZE, "page": page, "orderBy": f"{source.order} asc"}
        if conditions:
            params["conditions"] = conditions
        try:
            return await self._rows(instance, source.path, board_id, params | {"fields": source.fields})
        except ConnectWiseError as error:
            if not source.twin or error.key not in UNREADABLE_KEYS:
                raise
        return await self._rows(instance, source.twin, board_id, params | {"fields": source.twin_fields})

    async def _rows(
        self, instance: Instance, path: str, board_id: int, params: Mapping[str, str | int]
    ) -> tuple[Entry, ...]:
        rows = await self._login(instance).rows(EntryAnswer, path.format(board=int(board_id)), params)
        return tuple(row.evidence() for row in rows if row.id)

    def _login(self, instance: Instance) -> ConnectWiseLogin:
        if instance.credentials is None:
            raise ConnectWiseError("keys_missing")
        client_id = instance.client_id or self._default_client_id
        site = self._sites.site(instance.host)
        return site.login(
            instance.company, instance.credentials, client_id=client_id, budget=Budget.INTERACTIVE
        )


def _containing(search: str, names: tuple[str, ...]) -> str:
    """A condition for rows with that text in one of these fields; wildcards that were typed are taken for blanks."""
    text = " ".join(re.sub(r"[%*]", " ", search[:_SEARCH_LIMIT]).split())
    pattern = quoted(f"%{text}%")
    return " or ".join(f"{name} like {pattern}" for name in names) if text else ""
