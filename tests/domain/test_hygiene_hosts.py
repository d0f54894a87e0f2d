"""What becomes of a host that somebody typed or pasted."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.fields import FIELD_HOST, FIELD_SITE
from bot.domain.hygiene import (
    ERROR_KEYS,
    REGIONS,
    ChangeKind,
    CleanHost,
    Region,
    clean_host,
    describe_change,
    region_host,
)

CLOUDS = {
    "na.myconnectwise.net": "api-na.myconnectwise.net",
    "eu.myconnectwise.net": "api-eu.myconnectwise.net",
    "au.myconnectwise.net": "api-au.myconnectwise.net",
    "aus.myconnectwise.net": "api-aus.myconnectwise.net",
    "za.myconnectwise.net": "api-za.myconnectwise.net",
    "staging.connectwisedev.com": "api-staging.connectwisedev.com",
}


def refusal(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        clean_host(text)
    assert caught.value.field == FIELD_HOST
    assert set(caught.value.params) == ERROR_KEYS[caught.value.key]
    return caught.value


@pytest.mark.parametrize(("web", "api"), CLOUDS.items())
def test_every_cloud_is_reached_by_its_web_host_and_by_its_api_host(web: str, api: str) -> None:
    from_web, from_api = clean_host(web), clean_host(api)
    assert (from_web.host, from_web.web_host) == (from_api.host, from_api.web_host) == (api, web)
    assert from_web.is_cloud
    assert from_api.is_cloud
    assert [it.kind for it in from_web.changes] == [ChangeKind.API_HOST]
    assert from_api.changes == ()


def test_the_regions_of_the_select_are_the_known_clouds() -> None:
    assert {it.web_host: it.api_host for it in REGIONS} == CLOUDS
    assert [it.label for it in REGIONS] == [
        "North America",
        "Europe",
        "Australia",
        "Australia (aus)",
        "South Africa",
        "Staging",
    ]


@pytest.mark.parametrize("region", REGIONS, ids=lambda it: it.key)
def test_a_region_picked_from_the_select_gives_the_host_that_typing_gives(region: Region) -> None:
    picked, typed = region_host(region.key), clean_host(region.web_host)
    assert (picked.host, picked.web_host, picked.region) == (typed.host, typed.web_host, typed.region)


def test_an_unknown_region_is_blamed_on_the_site_field() -> None:
    with pytest.raises(InputError) as caught:
        region_host("moon")
    assert (caught.value.key, caught.value.field) == ("site_unknown", FIELD_SITE)


@pytest.mark.parametrize(
    ("pasted", "host", "kinds"),
    [
        ("https://eu.myconnectwise.net/v4_6/x?a=b", "api-eu.myconnectwise.net", "scheme path api_host"),
        ("api-na.myconnectwise.net/v4_6_release/apis/3.0", "api-na.myconnectwise.net", "path"),
        ("  psa.example.com\n", "psa.example.com", "blanks"),
        ("“psa.example.com”", "psa.example.com", "blanks"),
        ("psa.\u200bexample.com\u202c", "psa.example.com", "invisible"),
        ("PSA.Example.COM", "psa.example.com", "capitals"),
        ("psa.example.com.", "psa.example.com", "dot"),
        ("psa.example.com/", "psa.example.com", "path"),
        ("psa.example.com#login", "psa.example.com", "path"),
        ("psa.example.com?token=hunter2", "psa.example.com", "path"),
        ("https:\\\\psa.example.com\\cw", "psa.example.com", "scheme path"),
        ("https://https://psa.example.com", "psa.example.com", "scheme scheme"),
        ("http//psa.example.com", "psa.example.com", "scheme"),
        ("//psa.example.com", "psa.example.com", "scheme"),
        ("http://psa.example.com:80", "psa.example.com", "scheme port"),
        ("psa.example.com:443", "psa.example.com", "port"),
        ("psa.example.com:", "psa.example.com", "port"),
        ("psa.example.com:8443", "psa.example.com:8443", ""),
        ("https:8443", "https:8443", ""),
        ("<https://psa.example.com|psa.example.com>", "psa.example.com", "link scheme"),
        ("psa。example．com", "psa.example.com", "unicode"),
        ("psa‑one.example.com", "psa-one.example.com", "unicode"),
        ("psa.müller.example", "psa.xn--mller-kva.example", "idna"),
        ("почта.рф", "xn--80a1acny.xn--p1ai", "idna"),
        ("日本語.jp", "xn--wgv71a119e.jp", "idna"),
        ("na", "api-na.myconnectwise.net", "region api_host"),
        ("na.myconnectwise.net:8443", "api-na.myconnectwise.net:8443", "api_host"),
        ("acme.myconnectwise.net", "acme.myconnectwise.net", ""),
        ("192.0.2.7", "192.0.2.7", ""),
        ("[2001:DB8::1]:8443", "[2001:db8::1]:8443", "capitals"),
        ("2001:db8::1", "[2001:db8::1]", "brackets"),
        ("localhost:8080", "localhost:8080", ""),
    ],
)  # fmt: skip
def test_what_surrounds_a_host_is_left_out_and_told(pasted: str, host: str, kinds: str) -> None:
    clean = clean_host(pasted)
    assert clean.host == host
    assert " ".join(it.kind for it in clean.changes) == kinds


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("", "host_missing"),
        (" \u200b ", "host_missing"),
        ("https:///", "host_missing"),
        (".", "host_missing"),
        ("Acme Managed Services", "host_has_blanks"),
        ("na.myconnect\nwise.net", "host_has_blanks"),
        ("https://user:secret@psa.example.com", "host_has_userinfo"),
        ("admin@example.com", "host_has_userinfo"),
        ("ftp://psa.example.com", "host_scheme_unknown"),
        ("psa.example.com:0", "host_port_invalid"),
        ("psa.example.com:65536", "host_port_invalid"),
        ("psa.example.com:https", "host_port_invalid"),
        ("psa.example.com:0443", "host_port_invalid"),
        ("psa..example.com", "host_invalid"),
        ("-psa.example.com", "host_invalid"),
        ("psa_one.example.com", "host_invalid"),
        ("a" * 64 + ".example.com", "host_invalid"),
        ("psa.exam℀ple.com", "host_invalid"),
        ("xn--a.example", "host_invalid"),
        ("[fe80::1%25eth0]", "host_invalid"),
        ("[::1", "host_invalid"),
        (".".join(["abcdefghi"] * 26), "host_too_long"),
        ("x" * 5000, "host_too_long"),
        ("2130706433", "host_ip_not_canonical"),
        ("0x7f000001", "host_ip_not_canonical"),
        ("0177.0.0.1", "host_ip_not_canonical"),
        ("127.1", "host_ip_not_canonical"),
        ("①②⑦.1", "host_ip_not_canonical"),
        ("192.0.2.300", "host_ip_not_canonical"),
        ("::ffff:192.0.2.1", "host_ip_not_canonical"),
        ("2001:0db8:0:0:0:0:0:1", "host_ip_not_canonical"),
        ("myconnectwise.net", "host_region_missing"),
    ],
)
def test_what_is_no_host_is_refused_with_its_reason(typed: str, key: str) -> None:
    assert refusal(typed).key == key


@pytest.mark.parametrize(
    ("typed", "character"),
    [
        ("n\u0430.myconnectwise.net", "\u0430"),  # Cyrillic a among Latin letters
        ("\u0430\u0440\u0440\u04cf\u0435.com", "\u0430"),  # a whole label of look-alikes
        ("xn--80ak6aa92e.com", "\u0430"),  # the same, already written the network's way
        ("na.myconnectw\u0131se.net", "\u0131"),  # the dotless i of the Latin alphabet itself
        ("na.myconnectwisé.net", "é"),  # an accent away from the real thing
        ("psa.ex\u0251mple.com", "\u0251"),
        ("psa.\u03bfmega.com", "\u03bf"),
    ],
)
def test_a_letter_that_passes_for_another_is_refused_by_name(typed: str, character: str) -> None:
    error = refusal(typed)
    assert error.key == "host_lookalike"
    assert error.params["character"] == character
    assert f"U+{ord(character):04X}" in str(error.params["character_name"])


def test_a_refused_login_in_a_url_is_not_repeated() -> None:
    error = refusal("https://admin:hunter2@psa.example.com")
    assert "hunter2" not in f"{error!r} {error} {dict(error.params)}"


def test_what_stood_in_a_query_is_not_repeated() -> None:
    clean = clean_host("https://psa.example.com/a?token=hunter2")
    assert "hunter2" not in repr(clean)
    assert "hunter2" not in "".join(describe_change(it) for it in clean.changes)


def test_every_kind_of_change_has_its_sentence() -> None:
    pasted = [
        "<https://NA.myconnectwise.net./x>",
        "\u200b psa.example.com:443",
        "na",
        "2001:db8::1",
        "psa。müller.example",
    ]
    changes = [it for text in pasted for it in clean_host(text).changes]
    assert {it.kind for it in changes} == set(ChangeKind)
    for change in changes:
        sentence = describe_change(change)
        assert sentence.endswith(".")
        assert "{" not in sentence


def attempt(text: str) -> CleanHost | InputError:
    try:
        return clean_host(text)
    except InputError as error:
        return error


@given(
    st.text(max_size=60) | st.from_regex(r"(https?://)?[a-zа-я0-9.:\[\]-]{1,30}(/.{0,9})?", fullmatch=True)
)
@example("xn--.example")
@example("a.xn--99999999999999999999")
def test_any_text_is_refused_with_a_known_key_or_gives_a_host_that_stays_as_it_is(text: str) -> None:
    clean = attempt(text)
    if isinstance(clean, InputError):
        assert set(clean.params) == ERROR_KEYS[clean.key]
        return
    assert clean.host.isascii()
    again = clean_host(clean.host)
    assert (again.host, again.web_host, again.changes) == (clean.host, clean.web_host, ())
