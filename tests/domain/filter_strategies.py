"""Filters made up by hypothesis: valid trees for each parameter."""

from datetime import datetime

from hypothesis import strategies as st

from bot.domain.filters import (
    And,
    Boolean,
    Comparison,
    DateTime,
    Expression,
    FilterKind,
    Membership,
    Null,
    Number,
    Operator,
    Or,
    String,
    Value,
)
from bot.domain.filters.nodes import join_and, join_or

_RESERVED = {"and", "or", "not", "in", "like", "contains", "true", "false", "null"}
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda it: it.lower() not in _RESERVED
)
fields = st.lists(names, min_size=1, max_size=3).map("/".join)

_contents = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs"), exclude_characters="\"'"), max_size=12
).filter(lambda it: not it.endswith("\\"))
strings = st.builds(
    lambda content, mark: String(content[:6] + mark + content[6:] if content else content),
    _contents.filter(lambda it: not it[:6].endswith("\\")),
    st.sampled_from(["", "'", '"']),
)
numbers = st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,4})?", fullmatch=True).map(Number)
dates = st.datetimes(datetime(1000, 1, 1)).map(  # noqa: DTZ001 - the zone is in the form itself
    lambda it: DateTime(f"{it.replace(microsecond=0).isoformat()}Z")
)
booleans = st.booleans().map(Boolean)
nulls = st.just(Null())
ordered: st.SearchStrategy[Value] = st.one_of(strings, numbers, dates)
listed: st.SearchStrategy[Value] = st.one_of(ordered, booleans)
values: st.SearchStrategy[Value] = st.one_of(listed, nulls)

_EQUAL = (Operator.EQUALS, Operator.DIFFERS)
_TEXT = (Operator.CONTAINS, Operator.LIKE)
_ORDER = tuple(it for it in Operator if it not in _EQUAL + _TEXT)


def comparisons(field: st.SearchStrategy[str]) -> st.SearchStrategy[Comparison]:
    def of(operators: tuple[Operator, ...], value: st.SearchStrategy[Value]) -> st.SearchStrategy[Comparison]:
        return st.builds(Comparison, field, st.sampled_from(operators), value, st.booleans())

    return of(_EQUAL, values) | of(_ORDER, ordered) | of(_TEXT, strings)


memberships = st.builds(
    Membership, fields, st.lists(listed, min_size=1, max_size=4).map(tuple), st.booleans()
)


def _joined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return several.map(join_and) | several.map(join_or)


def _custom_pair(caption: String, value: Comparison) -> Expression:
    return And((Comparison("caption", Operator.EQUALS, caption), value))


_terms: dict[FilterKind, st.SearchStrategy[Expression]] = {
    FilterKind.CONDITIONS: comparisons(fields) | memberships,
    FilterKind.CHILD: comparisons(fields),
    FilterKind.CUSTOM: st.builds(_custom_pair, strings, comparisons(st.sampled_from(["value", "Value"]))),
}
expressions = {kind: st.recursive(it, _joined, max_leaves=8) for kind, it in _terms.items()}
kinds = st.sampled_from(FilterKind)


@st.composite
def filters(draw: st.DrawFn) -> tuple[FilterKind, Expression]:
    """A parameter and a tree that is valid in it."""
    kind = draw(kinds)
    return kind, draw(expressions[kind])


__all__ = ["And", "Or", "expressions", "filters", "kinds"]
