"""What becomes of names, companies, members, keys and client ids that somebody typed or pasted."""

import base64
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.fields import (
    FIELD_CLIENT_ID,
    FIELD_COMPANY,
    FIELD_MEMBER,
    FIELD_NAME,
    FIELD_PRIVATE_KEY,
    FIELD_PUBLIC_KEY,
    Field,
)
from bot.domain.hygiene import (
    ERROR_KEYS,
    clean_client_id,
    clean_company,
    clean_keys,
    clean_member,
    clean_name,
    doubt_keys,
)

PUBLIC = "Ab3dEf6hIj9lMn2p"
PRIVATE = "Zy8wVu5sRq1oPn4m"
LOGIN = base64.b64encode(f"acme+{PUBLIC}:{PRIVATE}".encode()).decode()


def test_a_name_is_one_line_without_marks_that_nobody_sees() -> None:
    assert clean_name("  Acme\t \u202eEast\u200b\n(EU) ") == "Acme East (EU)"
    assert clean_name("Cafe\u0301") == "Caf\u00e9"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("", "name_missing"),
        ("\u200e \u0000", "name_missing"),
        ("x" * 76, "name_too_long"),
        ("ALL", "name_reserved"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(typed: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        clean_name(typed)
    assert (caught.value.key, caught.value.field) == (key, FIELD_NAME)
    assert set(caught.value.params) == ERROR_KEYS[key]


def test_a_company_keeps_the_spelling_that_was_typed() -> None:
    assert clean_company(' "AcmeMSP_c"\n') == "AcmeMSP_c"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("\u200b ", "company_missing"),
        ("Acme Managed Services", "company_looks_like_display_name"),
        ("Acme,Inc", "company_looks_like_display_name"),
        ("Acme.", "company_looks_like_display_name"),
        ("na.myconnectwise.net", "company_looks_like_host"),
        ("https://acme", "company_looks_like_host"),
        (f"acme+{PUBLIC}", "company_includes_key"),
        ("acme/../x", "company_invalid"),
        ("..x", "company_invalid"),
        ("x" * 65, "company_too_long"),
    ],
)
def test_what_is_no_company_id_is_refused_for_what_it_looks_like(typed: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        clean_company(typed)
    assert (caught.value.key, caught.value.field) == (key, FIELD_COMPANY)
    assert set(caught.value.params) == ERROR_KEYS[key]


def test_a_member_may_be_absent_and_has_at_most_fifteen_characters() -> None:
    assert clean_member(" \n") == ""
    assert clean_member(" Rewst ") == "Rewst"
    assert clean_member("x" * 15) == "x" * 15


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("x" * 16, "member_too_long"),
        ("api@example.com", "member_looks_like_email"),
        ('a" or "b', "member_invalid"),
    ],
)
def test_what_is_no_member_id_is_refused(typed: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        clean_member(typed)
    assert (caught.value.key, caught.value.field) == (key, FIELD_MEMBER)
    assert set(caught.value.params) == ERROR_KEYS[key]


@pytest.mark.parametrize(
    "typed",
    [
        "0c0ffee0-1234-4abc-8def-0123456789ab",
        " {0C0FFEE0-1234-4ABC-8DEF-0123456789AB} ",
        "0c0ffee012344abc8def0123456789ab",
        "urn:uuid:0c0ffee0-1234-4abc-8def-0123456789ab",
    ],
)
def test_a_client_id_is_a_guid_however_it_is_written(typed: str) -> None:
    assert clean_client_id(typed) == "0c0ffee0-1234-4abc-8def-0123456789ab"


def test_no_client_id_is_no_error() -> None:
    assert clean_client_id("  ") == ""


@pytest.mark.parametrize("typed", ["my integration", "1234", "00000000-0000-0000-0000-000000000000", PUBLIC])
def test_a_client_id_that_is_no_guid_is_refused(typed: str) -> None:
    with pytest.raises(InputError) as caught:
        clean_client_id(typed)
    assert (caught.value.key, caught.value.field) == ("client_id_not_guid", FIELD_CLIENT_ID)


def test_what_pasting_adds_around_keys_is_taken_off() -> None:
    assert clean_keys(f' "{PUBLIC}"\n', f"\u200b`{PRIVATE}` ", company="acme") == (PUBLIC, PRIVATE)


@pytest.mark.parametrize(
    ("pasted", "key"),
    [
        ("", "key_missing"),
        ("“”", "key_missing"),
        ("Ab3dEf6h Ij9lMn2p", "key_has_blanks"),
        ("Ab3dEf6h\nIj9lMn2p", "key_has_blanks"),
        ("Аb3dEf6hIj9lMn2p", "key_has_foreign_characters"),
        (LOGIN, "key_looks_like_base64"),
        (LOGIN.rstrip("="), "key_looks_like_base64"),
        (f"Basic {LOGIN}", "key_looks_like_base64"),
        (f"ACME+{PUBLIC}", "key_includes_company"),
        (f"acme+{PUBLIC}:{PRIVATE}", "key_holds_both"),
        (f"{PUBLIC}:{PRIVATE}", "key_holds_both"),
        (f"Public Key: {PUBLIC} Private Key: {PRIVATE}", "key_holds_both"),
        ("0c0ffee0-1234-4abc-8def-0123456789ab", "key_looks_like_client_id"),
        (PUBLIC * 2, "key_pasted_twice"),
        ("Ab3dEf6", "key_too_short"),
        ("Ab3" * 50 + "x", "key_too_long"),
    ],
)
@pytest.mark.parametrize("field", [FIELD_PUBLIC_KEY, FIELD_PRIVATE_KEY])
def test_what_is_no_key_is_refused_for_what_it_looks_like_in_either_field(
    pasted: str, key: str, field: Field
) -> None:
    other = "Qw7eRt5yUi3oPa1s"
    pair = (pasted, other) if field is FIELD_PUBLIC_KEY else (other, pasted)
    with pytest.raises(InputError) as caught:
        clean_keys(*pair, company="acme")
    assert (caught.value.key, caught.value.field) == (key, field)
    assert set(caught.value.params) == ERROR_KEYS[key]


def test_a_label_pasted_with_its_own_key_is_named_and_not_guessed_away() -> None:
    with pytest.raises(InputError) as caught:
        clean_keys(f"Public Key: {PUBLIC}", PRIVATE)
    assert (caught.value.key, caught.value.field) == ("key_has_label", FIELD_PUBLIC_KEY)


@pytest.mark.parametrize(
    ("public", "private", "known", "field"),
    [
        (f"Private API key={PRIVATE}", PUBLIC, "", FIELD_PUBLIC_KEY),
        (PRIVATE, f"public_key: {PUBLIC}", "", FIELD_PRIVATE_KEY),
        (PRIVATE, PUBLIC, PUBLIC, FIELD_PRIVATE_KEY),
    ],
)
def test_swapped_keys_are_named_where_there_is_evidence(
    public: str, private: str, known: str, field: Field
) -> None:
    with pytest.raises(InputError) as caught:
        clean_keys(public, private, known_public=known)
    assert (caught.value.key, caught.value.field) == ("keys_swapped", field)


def test_swapped_keys_without_evidence_are_left_for_connectwise_to_refuse() -> None:
    assert clean_keys(PRIVATE, PUBLIC) == (PRIVATE, PUBLIC)


def test_the_same_key_twice_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        clean_keys(PUBLIC, f" {PUBLIC}")
    assert (caught.value.key, caught.value.field) == ("keys_identical", FIELD_PRIVATE_KEY)


def test_both_keys_run_together_in_one_field_are_noticed() -> None:
    with pytest.raises(InputError) as caught:
        clean_keys(PUBLIC, PUBLIC + PRIVATE)
    assert (caught.value.key, caught.value.field) == ("key_holds_both", FIELD_PRIVATE_KEY)


def test_a_key_of_unusual_length_is_a_doubt_and_no_error() -> None:
    public, private = clean_keys(PUBLIC[:-1], PRIVATE)
    assert [(it.field, it.length) for it in doubt_keys(public, private)] == [(FIELD_PUBLIC_KEY, 15)]


def attempt(public: str, private: str, company: str) -> tuple[InputError | None, tuple[str, str]]:
    try:
        return None, clean_keys(public, private, company=company)
    except InputError as error:
        return error, ("", "")


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["", "acme", "+"]))
def test_any_pair_is_accepted_or_refused_and_acceptance_is_final(
    public: str, private: str, company: str
) -> None:
    error, pair = attempt(public, private, company)
    if error is None:
        assert attempt(*pair, company) == (None, pair)
    else:
        assert set(error.params) == ERROR_KEYS[error.key]


@given(
    st.sampled_from(
        ["{}", "{} x", "Basic {}", "acme+{}", "{0}:{0}", "{0}{0}", "é{}", "private key: {}", "{}\u2028{}"]
    ),
    st.from_regex(r"[A-Za-z0-9]{7,20}", fullmatch=True),
)
def test_no_error_about_a_key_repeats_any_of_it(shape: str, secret: str) -> None:
    pasted = shape.format(secret, secret)
    error, _ = attempt(pasted, pasted, "acme")
    assert error is not None
    told = "".join(traceback.format_exception_only(error)) + repr(error) + repr(dict(error.params))
    assert secret not in told
    assert error.__cause__ is None
    assert error.__context__ is None
