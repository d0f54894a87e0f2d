"""Whether a record meets a condition, and which names a condition may use."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any, Final

from bot.sandbox.connectwise.conditions import Comparison, Condition, ConditionError, Group, read_moment


@dataclass(slots=True)
class Names:
    """The fields that a list returns, as a tree; `many` marks an array."""

    children: dict[str, "Names"] = field(default_factory=dict)
    many: bool = False

    def add(self, path: str) -> None:
        """Declare a field that may be absent from every record at hand."""
        node = self
        for part in path.split("/"):
            node = node.children.setdefault(part.casefold(), Names())


def learn_names(records: Iterable[Mapping[str, Any]]) -> Names:
    """The tree of names that occur in records."""
    root = Names()
    for record in records:
        _learn(root, record)
    return root


def _learn(node: Names, value: Any) -> None:
    if isinstance(value, list):
        node.many = True
        for element in value:
            _learn(node, element)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _learn(node.children.setdefault(key.casefold(), Names()), inner)


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison of a condition, from left to right."""
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from comparisons(part)
    else:
        yield condition


def check_names(condition: Condition, names: Names, *, children: bool) -> None:
    """Raise ConditionError on a name that the list does not return.

    Plain conditions cannot reach into arrays; child conditions (`children`) have to.
    """
    for comparison in comparisons(condition):
        check_name(comparison.name, names, children=children)


def check_name(name: str, names: Names, *, children: bool = False) -> None:
    """Raise ConditionError if the name cannot be used."""
    node, through_array = names, False
    for part in name.casefold().split("/"):
        through_array = through_array or node.many
        if part not in node.children:
            raise ConditionError(f"{name} is not a recognized name.")
        node = node.children[part]
    if through_array != children:
        raise ConditionError(f"{name} is not a recognized name.")


def meets(record: Any, condition: Condition) -> bool:
    """Whether a record meets a condition; a name that leads into an array asks for any element that does."""
    if isinstance(condition, Group):
        test = all if condition.joint == "and" else any
        return test(meets(record, part) for part in condition.parts)
    return any(compare(value, condition) for value in find(record, condition.name.casefold().split("/")))


def find(value: Any, path: list[str]) -> list[Any]:
    """The values at a path: one, or one for each element of an array on the way."""
    if isinstance(value, list):
        return [found for element in value for found in find(element, path)]
    if not path:
        return [value]
    if not isinstance(value, Mapping):
        return [None]
    inner = next((value[key] for key in value if key.casefold() == path[0]), None)
    return find(inner, path[1:])


def _equal(left: Any, right: Any) -> bool:
    """Equality as a case-insensitive database sees it, numbers and dates in strings included."""
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return _as_text(left) == _as_text(right)
    pair = _comparable(left, right)
    return pair is not None and pair[0] == pair[1]


def _as_text(value: Any) -> str:
    return str(value).casefold()


def _comparable(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Both sides in one type, or None where they cannot be compared."""
    if isinstance(right, datetime):
        moment = read_moment(left) if isinstance(left, str) else None
        return None if moment is None else (moment, right)
    if isinstance(left, int | float) or isinstance(right, int | float):
        try:
            return float(left), float(right)
        except (TypeError, ValueError):
            return None
    return _as_text(left), _as_text(right)


_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def compare(value: Any, comparison: Comparison) -> bool:
    """Whether one value satisfies one comparison. `null` is never less, greater, like or contained."""
    return _holds(value, comparison.operator, comparison.value) is not comparison.negated


def _holds(value: Any, operator: str, wanted: Any) -> bool:
    if operator == "=":
        return _equal(value, wanted)
    if operator == "!=":
        return not _equal(value, wanted)
    if operator in _ORDER:
        pair = None if value is None or wanted is None else _comparable(value, wanted)
        return pair is not None and _ORDER[operator](*pair)
    return _among(value, operator, wanted)


def _among(value: Any, operator: str, wanted: Any) -> bool:
    if operator == "in":
        return any(_equal(value, one) for one in wanted)
    if value is None:
        return False
    if operator == "contains":
        return str(wanted).casefold() in _as_text(value)
    return _pattern(wanted).fullmatch(str(value)) is not None


def _pattern(text: str) -> re.Pattern[str]:
    """`like`: both `*` and `%` stand for anything."""
    parts = re.split(r"([*%])", text)
    expression = "".join(".*" if part in {"*", "%"} else re.escape(part) for part in parts)
    return re.compile(expression, re.IGNORECASE | re.DOTALL)
