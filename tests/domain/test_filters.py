"""The company filter's language: what reads, what is refused, where, and what is offered instead."""

import pytest

from bot.domain.filters import (
    DEFAULT_FILTER,
    And,
    Boolean,
    Comparison,
    DateTime,
    FilterError,
    FilterKind,
    Membership,
    Null,
    Number,
    Operator,
    Or,
    String,
    parse,
    print_expression,
)

CONDITIONS, CHILD, CUSTOM = FilterKind.CONDITIONS, FilterKind.CHILD, FilterKind.CUSTOM


def refusal(text: str, kind: FilterKind = CONDITIONS) -> FilterError:
    with pytest.raises(FilterError) as caught:
        parse(text, kind)
    return caught.value


def test_the_default_filter_reads_as_it_is_meant() -> None:
    assert parse(DEFAULT_FILTER.conditions, CONDITIONS) == And(
        (
            Comparison("deletedFlag", Operator.EQUALS, Boolean(value=False)),
            Comparison("status/name", Operator.EQUALS, String("Active")),
        )
    )
    assert parse(DEFAULT_FILTER.child_conditions, CHILD) == Comparison(
        "types/name", Operator.LIKE, String("Client*")
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('name = "Acme"', String("Acme")),
        ("name = 'Acme'", String("Acme")),
        ("name = 'say \"hi\"'", String('say "hi"')),
        ('name = "it\'s"', String("it's")),
        ('name = ""', String("")),
        ('name = "“Acme” C:\\data"', String("“Acme” C:\\data")),
        ("id = 17", Number("17")),
        ("id = -17", Number("-17")),
        ("annualRevenue = 0.50", Number("0.50")),
        ("deletedFlag = TRUE", Boolean(value=True)),
        ("dateDeleted = NULL", Null()),
        ("lastUpdated = [2016-08-20T18:04:26Z]", DateTime("2016-08-20T18:04:26Z")),
    ],
)
def test_every_kind_of_value_is_read(text: str, value: object) -> None:
    tree = parse(text, CONDITIONS)
    assert isinstance(tree, Comparison)
    assert tree.value == value


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("negation", ["", "not "])
def test_every_symbol_compares_with_and_without_not(operator: str, negation: str) -> None:
    tree = parse(f"id {negation}{operator} 3", CONDITIONS)
    assert tree == Comparison("id", Operator(operator), Number("3"), bool(negation))


@pytest.mark.parametrize("operator", ["contains", "like"])
@pytest.mark.parametrize("negation", ["", "NOT "])
def test_every_word_compares_text_with_and_without_not(operator: str, negation: str) -> None:
    tree = parse(f'name {negation}{operator.upper()} "A*"', CONDITIONS)
    assert tree == Comparison("name", Operator(operator), String("A*"), bool(negation))


def test_a_list_is_read_with_and_without_not() -> None:
    assert parse("id in (1, 2)", CONDITIONS) == Membership("id", (Number("1"), Number("2")))
    assert parse('name NOT IN("a")', CONDITIONS) == Membership("name", (String("a"),), negated=True)


def test_and_binds_closer_than_or_and_is_printed_so_that_nobody_has_to_know() -> None:
    tree = parse("id=1 or id=2 and id=3", CONDITIONS)
    assert isinstance(tree, Or)
    assert print_expression(tree) == "id = 1 OR (id = 2 AND id = 3)"
    assert print_expression(parse("(id=1 or id=2) and id=3", CONDITIONS)) == "(id = 1 OR id = 2) AND id = 3"


def test_a_custom_field_is_named_by_its_caption_and_compared_by_its_value() -> None:
    tree = parse('caption="Rewst" AND value = true', CUSTOM)
    assert isinstance(tree, And)
    assert isinstance(parse('caption="Rewst" and (value = 1 or value = 2)', CUSTOM), And)
    assert isinstance(parse('(caption="A" and value=1) or (caption="B" and value=2)', CUSTOM), Or)


@pytest.mark.parametrize(
    ("text", "key", "blamed", "suggestion"),
    [
        ('name == "x"', "filter_operator_unknown", "==", "="),
        ('name <> "x"', "filter_operator_unknown", "<>", "!="),
        ("id => 3", "filter_operator_unknown", "=>", ">="),
        ("id ≥ 3", "filter_operator_unknown", "≥", ">="),
        ("id =~ 3", "filter_operator_unknown", "=~", None),
        ("id=1 && id=2", "filter_operator_unknown", "&&", "AND"),
        ("id=1 || id=2", "filter_operator_unknown", "||", "OR"),
        ('name contians "x"', "filter_operator_unknown", "contians", "contains"),
        ('name equals "x"', "filter_operator_unknown", "equals", "="),
        ("name is null", "filter_operator_unknown", "is", "="),
        ("name is not null", "filter_operator_unknown", "is not", "!="),
        ("name frobs 3", "filter_operator_unknown", "frobs", None),
        ('name "x"', "filter_operator_missing", "", None),
        ("name", "filter_operator_missing", "", None),
        ('name not "x"', "filter_operator_missing", "", None),
        ("name = “Acme”", "filter_smart_quotes", "“Acme”", '"Acme"'),
        ("name = ‘Acme’", "filter_smart_quotes", "‘Acme’", '"Acme"'),
        ('name = „say "hi“', "filter_smart_quotes", '„say "', None),
        ('name = "Acme”', "filter_smart_quotes", '"Acme”', '"Acme"'),
        ("name = “", "filter_smart_quotes", "“", '"'),
        ('name = "Acme', "filter_quote_unclosed", '"', None),
        ('name = "a""b"', "filter_quote_escape", '""', None),
        ('name = "a\\"b"', "filter_quote_escape", '\\"', None),
        ('name = "C:\\"', "filter_quote_escape", '\\"', None),
        ('name = "a\nb"', "filter_line_break", "\n", " "),
        ('name = "a\u200bb"', "filter_invisible_character", "\u200b", ""),
        ("name\u00a0= 3", "filter_invisible_character", "\u00a0", " "),
        ("name = #3", "filter_character_unknown", "#", None),
        ("(id=1", "filter_parenthesis_unclosed", "(", None),
        ("id in (1", "filter_parenthesis_unclosed", "(", None),
        ("id=1)", "filter_parenthesis_unopened", ")", ""),
        ("()", "filter_group_empty", "()", None),
        ("id > [2016-08-20T18:04:26Z", "filter_bracket_unclosed", "[", None),
        ("id > 3]", "filter_bracket_unopened", "]", None),
        ("id > [2016-08-20]", "filter_date_form", "[2016-08-20]", "[2016-08-20T00:00:00Z]"),
        ("id > [2016-8-2 18:04]", "filter_date_form", "[2016-8-2 18:04]", "[2016-08-02T18:04:00Z]"),
        ("id > 2016-08-20", "filter_date_form", "2016-08-20", "[2016-08-20T00:00:00Z]"),
        ("id > [2016-08-20T18:04:26.5Z]", "filter_date_form", "[2016-08-20T18:04:26.5Z]", "[2016-08-20T18:04:26Z]"),
        ("id > [2016-08-20T18:00:00+02:00]", "filter_date_form", "[2016-08-20T18:00:00+02:00]", "[2016-08-20T16:00:00Z]"),
        ("id > [2016-02-30T00:00:00Z]", "filter_date_form", "[2016-02-30T00:00:00Z]", None),
        ("id > [yesterday]", "filter_date_form", "[yesterday]", None),
        ('id in ["a", "b"]', "filter_date_form", '["a", "b"]', '("a", "b")'),
        ("id in ()", "filter_list_empty", "()", None),
        ("id in 3", "filter_list_missing", "", None),
        ("id in (1 2)", "filter_comma_missing", "", ", "),
        ("id in (1,)", "filter_value_missing", "", None),
        ("id in (null)", "filter_null_in_list", "null", None),
        ("id = (1, 2)", "filter_list_needs_in", "(", None),
        ("id =", "filter_value_missing", "", None),
        ("id = and id = 2", "filter_value_missing", "", None),
        ("status/name = Active", "filter_value_needs_quotes", "Active", '"Active"'),
        ("status/name = Not Yet and id=1", "filter_value_missing", "", None),
        ("status/name = New Client id = 3", "filter_value_needs_quotes", "New Client", '"New Client"'),
        ("status/name = In-House Co and id=1", "filter_value_needs_quotes", "In-House Co", '"In-House Co"'),
        ("name = 3com", "filter_value_needs_quotes", "3com", '"3com"'),
        ("name like 5", "filter_text_needed", "5", '"5"'),
        ("name contains true", "filter_text_needed", "true", None),
        ("name < null", "filter_no_order", "null", None),
        ("name >= false", "filter_no_order", "false", None),
        ("and id=1", "filter_connective_leading", "and", ""),
        ("id=1 and", "filter_connective_trailing", "and", ""),
        ("(id=1 or) and id=2", "filter_connective_trailing", "or", ""),
        ("id=1 and or id=2", "filter_connective_double", "or", ""),
        ("id=1 id=2", "filter_connective_missing", "", "AND "),
        ("(id=1 id=2)", "filter_connective_missing", "", "AND "),
        ("id=1 (id=2)", "filter_connective_missing", "", "AND "),
        ("id=1 adn id=2", "filter_connective_unknown", "adn", "AND"),
        ("id=1 und id=2", "filter_connective_unknown", "und", "AND"),
        ("id=1, id=2", "filter_connective_missing", ",", None),
        ("not id = 1", "filter_not_before_field", "not id", "id not"),
        ("not (id = 1)", "filter_not_before_field", "not", None),
        ('"name" = "x"', "filter_field_quoted", '"name"', "name"),
        ('"my name" = "x"', "filter_field_quoted", '"my name"', None),
        ("status.name = 3", "filter_field_invalid", "status.name", "status/name"),
        ("status/ = 3", "filter_field_invalid", "status/", None),
        ("nаme = 3", "filter_field_invalid", "nаme", None),
        ("= 3", "filter_field_missing", "=", None),
        ("null = 3", "filter_field_missing", "null", None),
        (" \n", "filter_empty", "", None),
        ("(" * 40 + "id=1" + ")" * 40, "filter_too_deep", "(", None),
        ("x" * 4001, "filter_too_long", "", None),
    ],
)  # fmt: skip
def test_what_connectwise_would_not_take_is_blamed_exactly(
    text: str, key: str, blamed: str, suggestion: str | None
) -> None:
    error = refusal(text)
    assert error.key == key
    assert text[error.position : error.position + error.length] == blamed
    assert error.suggestion == suggestion


@pytest.mark.parametrize("kind", [CHILD, CUSTOM])
def test_in_is_refused_where_it_is_not_known_and_written_out_instead(kind: FilterKind) -> None:
    error = refusal('value in ("a", "b")', kind)
    assert error.key == "filter_in_not_allowed"
    assert error.suggestion == '(value = "a" OR value = "b")'
    assert refusal('value not in ("a", "b")', kind).suggestion == '(value != "a" AND value != "b")'
    assert refusal('value in ("a")', kind).suggestion == 'value = "a"'


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ('caption = "Rewst"', "filter_custom_needs_value", None),
        ("value = true", "filter_custom_needs_caption", None),
        ('(caption = "A" and value = 1) or value = 2', "filter_custom_needs_caption", None),
        ('caption contains "Rew" and value = 1', "filter_caption_needs_equals", None),
        ('caption not = "Rewst" and value = 1', "filter_caption_needs_equals", None),
        ('Rewst = "x\'s" and value = 1', "filter_custom_form", '(caption = "Rewst" AND value = "x\'s")'),
        ("Rewst = true", "filter_custom_form", '(caption = "Rewst" AND value = true)'),
        ('"Rewst Enabled" = true', "filter_custom_form", 'caption = "Rewst Enabled" AND value'),
    ],
)
def test_a_custom_field_in_another_form_is_refused(text: str, key: str, suggestion: str | None) -> None:
    error = refusal(text, CUSTOM)
    assert (error.key, error.suggestion) == (key, suggestion)
    if error.corrected is not None:
        assert isinstance(parse(error.corrected, CUSTOM), And)


def test_the_fault_is_pointed_at_with_carets() -> None:
    assert refusal('name == "x"').caret_line() == 'name == "x"\n     ^^'
    assert refusal("id =").caret_line() == "id =\n    ^"


def test_a_long_text_is_shown_around_its_fault() -> None:
    text = " and ".join(f"id = {it}" for it in range(100, 200)) + " and nope"
    shown, carets = refusal(text).caret_line().split("\n")
    assert shown.startswith("…")
    assert shown.endswith("nope")
    assert len(shown) < 80
    assert carets.strip() == "^"
    middle = refusal(text.replace("id = 150", "id == 150")).caret_line()
    shown, carets = middle.split("\n")
    assert shown[carets.index("^") : carets.index("^") + 2] == "=="


def test_line_breaks_do_not_move_the_carets() -> None:
    assert refusal('id = 1\nand name == "x"').caret_line() == 'id = 1 and name == "x"\n                ^^'


def test_a_text_that_needs_both_quotation_marks_cannot_be_printed() -> None:
    with pytest.raises(ValueError, match="no quotation mark"):
        print_expression(Comparison("name", Operator.EQUALS, String("\"'")))
