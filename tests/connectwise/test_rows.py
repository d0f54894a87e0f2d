"""A role's rows are recalled, for there are many: they have to be what they would be made anew."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectwise import answers
from bot.connectwise.answers import Recall, SecurityRowAnswer
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


ROWS = st.dictionaries(st.sampled_from([*NAMES, "_info"]), ANYTHING)


@given(st.lists(ROWS, max_size=20))
def test_a_row_is_recalled_as_it_would_be_made(rows: list[dict[str, Any]]) -> None:
    read = Recall(SecurityRowAnswer, SecurityRowAnswer.evidence)
    made = tuple(SecurityRowAnswer.model_validate(row).evidence() for row in rows)
    assert read(rows) == made
    assert read(rows) == made  # once more, of what is known by now


@pytest.mark.parametrize("other", [True, 1.0, "1"])
def test_values_that_are_equal_to_python_stay_apart(other: Any) -> None:
    read = Recall(SecurityRowAnswer, SecurityRowAnswer.evidence)
    rows = read([{"moduleName": it} for it in (1, other)] * 2)
    assert rows is not None
    alone = SecurityRowAnswer.model_validate({"moduleName": other}).module
    assert [it.module for it in rows] == ["1", alone] * 2


def test_equal_rows_are_one_and_there_is_an_end_to_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_REMEMBERED", 3)
    read = Recall(SecurityRowAnswer, SecurityRowAnswer.evidence)
    rows = read([{"moduleName": "System", "_info": number} for number in range(2)])
    assert rows is not None
    assert rows[0] is rows[1]
    for number in range(10):
        read([{"moduleName": f"M{number}"}, {"moduleName": "x" * 10_000, "addLevel": str(number)}])
        assert len(read._known) <= 3
        assert not any("x" * 10_000 in key for key in read._known)


def test_a_list_is_its_objects_and_nothing_else() -> None:
    read = Recall(SecurityRowAnswer, SecurityRowAnswer.evidence)
    assert read([None, {"moduleName": "System", "inquireLevel": "All"}, 7]) == (
        SecurityRow("System", "", inquire="All"),
    )
    assert read({}) is None
