"""Every way in which what is typed cannot be used has an example here, and a sentence that reads well."""

import base64
import re
from collections.abc import Callable

import pytest

from bot.domain.catalogue import explain_error
from bot.domain.errors import InputError
from bot.domain.hygiene import (
    ERROR_KEYS,
    clean_client_id,
    clean_company,
    clean_host,
    clean_keys,
    clean_member,
    clean_name,
    region_host,
)

PUBLIC, PRIVATE = "Ab3dEf6hIj9lMn2p", "Zy8wVu5sRq1oPn4m"
LOGIN = base64.b64encode(f"acme+{PUBLIC}:{PRIVATE}".encode()).decode()


def typed(clean: Callable[..., object], *texts: str, **more: str) -> Callable[[], object]:
    return lambda: clean(*texts, **more)


def pair(public: str, private: str = PRIVATE, **more: str) -> Callable[[], object]:
    return typed(clean_keys, public, private, company="acme", **more)


EXAMPLES: dict[str, Callable[[], object]] = {
    "site_unknown": typed(region_host, "moon"),
    "host_missing": typed(clean_host, "https://"),
    "host_too_long": typed(clean_host, "x" * 5000),
    "host_has_userinfo": typed(clean_host, "https://me:secret@psa.example.com"),
    "host_has_blanks": typed(clean_host, "Acme Managed Services"),
    "host_scheme_unknown": typed(clean_host, "ftp://psa.example.com"),
    "host_port_invalid": typed(clean_host, "psa.example.com:99999"),
    "host_invalid": typed(clean_host, "psa..example.com"),
    "host_ip_not_canonical": typed(clean_host, "0x7f000001"),
    "host_lookalike": typed(clean_host, "n\u0430.myconnectwise.net"),
    "host_region_missing": typed(clean_host, "myconnectwise.net"),
    "company_missing": typed(clean_company, " "),
    "company_looks_like_display_name": typed(clean_company, "Acme Managed Services"),
    "company_looks_like_host": typed(clean_company, "na.myconnectwise.net"),
    "company_includes_key": typed(clean_company, f"acme+{PUBLIC}"),
    "company_invalid": typed(clean_company, "acme/x"),
    "company_too_long": typed(clean_company, "x" * 65),
    "member_too_long": typed(clean_member, "x" * 16),
    "member_looks_like_email": typed(clean_member, "api@example.com"),
    "member_invalid": typed(clean_member, 'a"b'),
    "name_missing": typed(clean_name, ""),
    "name_too_long": typed(clean_name, "x" * 76),
    "name_reserved": typed(clean_name, "all"),
    "key_missing": pair(""),
    "key_has_label": pair(f"Public key: {PUBLIC}"),
    "key_holds_both": pair(f"{PUBLIC}:{PRIVATE}"),
    "key_has_blanks": pair("Ab3dEf6h\nIj9lMn2p"),
    "key_has_foreign_characters": pair("Аb3dEf6hIj9lMn2p"),
    "key_looks_like_base64": pair(LOGIN),
    "key_looks_like_client_id": pair("0c0ffee0-1234-4abc-8def-0123456789ab"),
    "key_includes_company": pair(f"acme+{PUBLIC}"),
    "key_pasted_twice": pair(PUBLIC * 2),
    "key_too_short": pair("Ab3dEf6"),
    "key_too_long": pair("Ab3" * 50 + "x"),
    "keys_identical": pair(PUBLIC, PUBLIC),
    "keys_swapped": pair(PRIVATE, PUBLIC, known_public=PUBLIC),
    "client_id_not_guid": typed(clean_client_id, "my integration"),
}


def test_every_key_has_an_example() -> None:
    assert EXAMPLES.keys() == ERROR_KEYS.keys()


@pytest.mark.parametrize("key", EXAMPLES)
def test_the_example_is_refused_in_words_that_say_what_to_do(key: str) -> None:
    with pytest.raises(InputError) as caught:
        EXAMPLES[key]()
    assert caught.value.key == key
    words = explain_error(caught.value)
    assert words.fix
    assert words.who == "you"
    for text in (words.summary, words.fix):
        assert re.search(r"\{|  | \.$", text) is None, text
        assert not {it for it in (PUBLIC, PRIVATE, LOGIN, "secret") if it in text}
