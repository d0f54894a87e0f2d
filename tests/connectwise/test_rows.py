"""A role's rows are read without pydantic, for there are many: they have to be what pydantic would make of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectwise.answers import SecurityRowAnswer, many
from bot.domain.rights import SecurityRow

NAMES = [str(it.alias) for it in SecurityRowAnswer.model_fields.values()]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["None", "My", "All", "all", " My ", "Table Setup", "\x00\u202e", "x" * 500]),
    st.text(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)


@given(st.dictionaries(st.sampled_from([*NAMES, "_info"]), ANYTHING))
def test_a_row_is_read_as_pydantic_reads_it(row: dict[str, Any]) -> None:
    assert SecurityRowAnswer.read(row) == SecurityRowAnswer.model_validate(row)


@pytest.mark.parametrize("other", [True, 1.0, "1"])
def test_values_that_are_equal_to_python_stay_apart(other: Any) -> None:
    rows = many(SecurityRowAnswer, [{"moduleName": it} for it in (1, other)])
    assert rows is not None
    assert [it.module for it in rows] == ["1", SecurityRowAnswer.model_validate({"moduleName": other}).module]


def test_a_list_is_its_objects_and_nothing_else() -> None:
    rows = many(SecurityRowAnswer, [None, {"moduleName": "System", "inquireLevel": "All"}, 7])
    assert rows is not None
    assert [it.evidence() for it in rows] == [SecurityRow("System", "", inquire="All")]
    assert many(SecurityRowAnswer, {}) is None
