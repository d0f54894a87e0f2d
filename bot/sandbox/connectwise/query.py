"""The query string of a list: filter, order, page and fields, applied to rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.connectwise.answers import RefusalError, bad_condition, invalid
from bot.sandbox.connectwise.conditions import Condition, ConditionError, parse
from bot.sandbox.connectwise.matching import Names, check_name, check_names, find, meets
from bot.sandbox.connectwise.world import Row

_PAGE_SIZE: Final = 25
_LARGEST_PAGE: Final = 1000
_CUSTOM_FIELD_NAMES: Final = (
    "id",
    "caption",
    "type",
    "entryMethod",
    "numberOfDecimals",
    "value",
    "connectWiseId",
)


def _custom_field_names() -> Names:
    names = Names()
    for name in _CUSTOM_FIELD_NAMES:
        names.add(name)
    return names


_CUSTOM_FIELDS: Final = _custom_field_names()


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a list call; see `parse_query`."""

    conditions: Condition | None
    child_conditions: Condition | None
    custom_field_conditions: Condition | None
    order_by: tuple[tuple[str, bool], ...]
    page: int
    page_size: int
    fields: tuple[str, ...]

    def select(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that meet every condition."""
        return [row for row in rows if self._meets(row)]

    def arrange(self, rows: Sequence[Row]) -> list[Row]:
        """Order the rows, cut the page, keep the fields asked for."""
        ordered = list(rows)
        for name, descending in reversed(self.order_by):
            path = name.casefold().split("/")
            ordered.sort(key=lambda row, path=path: _sort_key(find(row, path)), reverse=descending)  # type: ignore[misc]
        start = (self.page - 1) * self.page_size
        return [self.keep_fields(row) for row in ordered[start : start + self.page_size]]

    def keep_fields(self, row: Row) -> Row:
        """The row with the fields asked for only."""
        return _prune(row, _tree(self.fields)) if self.fields else row

    def _meets(self, row: Row) -> bool:
        return (
            (self.conditions is None or meets(row, self.conditions))
            and (self.child_conditions is None or meets(row, self.child_conditions))
            and (
                self.custom_field_conditions is None
                or any(meets(entry, self.custom_field_conditions) for entry in row.get("customFields", ()))
            )
        )


def parse_query(parameters: Mapping[str, str], names: Names, resource: str) -> Query:
    """Read the query string (names of parameters in any case). Raises RefusalError with ConnectWise's 400."""
    given = {key.casefold(): value for key, value in parameters.items()}
    try:
        return Query(
            conditions=_condition(given.get("conditions"), names),
            child_conditions=_condition(given.get("childconditions"), names, children=True),
            custom_field_conditions=_custom_fields(given.get("customfieldconditions")),
            order_by=_order(given.get("orderby", ""), names),
            page=_number(given, "page", 1, resource),
            page_size=_number(given, "pageSize", _PAGE_SIZE, resource, _LARGEST_PAGE),
            fields=tuple(
                part.strip().casefold() for part in given.get("fields", "").split(",") if part.strip()
            ),
        )
    except ConditionError as error:
        raise RefusalError(bad_condition(str(error))) from error


def _condition(text: str | None, names: Names, *, children: bool = False) -> Condition | None:
    if text is None or not text.strip():
        return None
    condition = parse(text, allow_in=not children)
    check_names(condition, names, children=children)
    return condition


def _custom_fields(text: str | None) -> Condition | None:
    if text is None or not text.strip():
        return None
    condition = parse(text, allow_in=False)
    check_names(condition, _CUSTOM_FIELDS, children=False)
    return condition


def _order(text: str, names: Names) -> tuple[tuple[str, bool], ...]:
    order: list[tuple[str, bool]] = []
    for part in text.split(","):
        name, _, direction = part.strip().partition(" ")
        if name:
            check_name(name, names)
            order.append((name, direction.strip().casefold() == "desc"))
    return tuple(order)


def _number(
    given: Mapping[str, str], name: str, default: int, resource: str, highest: int | None = None
) -> int:
    text = given.get(name.casefold())
    if text is None or text == "":
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1 or (highest and int(text) > highest):
        limit = f"1 and {highest}" if highest else "1 and more"
        raise RefusalError(invalid(resource, name, f"{name} must be between {limit}"))
    return int(text)


def _sort_key(values: Sequence[Any]) -> tuple[bool, float, str]:
    """Nulls first, then numbers by value, then text whatever its capitals."""
    value = values[0] if values else None
    number = float(value) if isinstance(value, int | float) else 0.0
    return value is not None, number, "" if isinstance(value, int | float) else str(value).casefold()


def _tree(paths: Sequence[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in paths:
        node = tree
        for part in path.split("/"):
            node = node.setdefault(part, {})
    return tree


def _prune(value: Any, tree: Mapping[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_prune(element, tree) for element in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _prune(inner, tree[key.casefold()]) for key, inner in value.items() if key.casefold() in tree
    }
