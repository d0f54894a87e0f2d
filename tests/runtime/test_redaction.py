"""What the redactor knows, it masks: by key, by pattern, by live value, in every usual encoding."""

import base64
import html
import json
import pickle
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.redaction import MASK, Redactor

SECRET = "pA55/+word&key\"x'ü"
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=8, max_size=60)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        quote(SECRET, safe=""),
        json.dumps(SECRET)[1:-1],
        repr(SECRET)[1:-1],
        html.escape(SECRET),
    ],
)
def test_a_live_value_is_masked_in_every_encoding(form: str) -> None:
    assert Redactor([SECRET]).text(f"a {form} b") == f"a {MASK} b"


@given(secrets, st.binary(max_size=7), st.binary(max_size=7))
def test_a_value_inside_longer_base64_is_masked(secret: str, before: bytes, after: bytes) -> None:
    packed = base64.b64encode(before + secret.encode() + after).decode()
    assert MASK in Redactor([secret]).text(packed)


@given(secrets, st.text(max_size=30), st.text(max_size=30))
def test_a_live_value_never_stays(secret: str, before: str, after: str) -> None:
    redacted = Redactor([secret]).text(before + secret + after)
    assert secret not in redacted


def test_the_password_of_a_redis_is_masked_by_itself_too() -> None:
    from bot.runtime.settings import load_settings

    settings = load_settings(_env_file=None, redis_url="redis://user:hunter%2F22@db:6379/0")
    redacted = Redactor(settings.secrets()).text("AUTH hunter/22 and hunter%2F22 refused")
    assert redacted == f"AUTH {MASK} and {MASK} refused"


def test_a_value_that_is_no_unicode_is_masked_as_well() -> None:
    """What is typed comes as JSON, and in JSON anything can stand."""
    assert Redactor(["half\ud800a pair"]).text("a half\ud800a pair b") == f"a {MASK} b"


def test_a_value_that_holds_another_is_masked_whole() -> None:
    assert Redactor(["abcdefgh", "abcdefgh-ijklmnop"]).text("abcdefgh-ijklmnop") == MASK


def test_a_value_is_masked_as_long_as_somebody_uses_it() -> None:
    redactor = Redactor()
    redactor.register("a-secret-1")
    redactor.register("a-secret-1")
    redactor.forget("a-secret-1")
    assert redactor.text("a-secret-1") == MASK
    redactor.forget("a-secret-1")
    assert redactor.text("a-secret-1") == "a-secret-1"


@pytest.mark.parametrize(
    "text",
    [
        "xoxb-123-abc",
        "xapp-1-A1-2-abc",
        "xoxe.xoxp-1-abc",
        "Authorization: Basic Y29tcGFueStwdWI6cHJpdg==",
        "bearer abcdefgh12345",
        "https://hooks.slack.com/commands/T1/2/abc",
        "http://127.0.0.1:9/actions/T1/2/abc",
        "redis://user:hunter22@db:6379",
        "redis+sentinel://:hunter22@a:1,b:2/m",
        "https://user:hunter22@proxy.example",
        "v0=" + "a" * 64,
        "k1:" + base64.b64encode(bytes(32)).decode(),
    ],
)
def test_what_looks_like_a_secret_is_masked_although_nobody_registered_it(text: str) -> None:
    redacted = Redactor().text(f"error at {text} today")
    assert MASK in redacted
    for part in ("hunter22", "abc", "Y29tcGFu", "A" * 20, "a" * 20):
        assert part not in redacted.replace("at", "")


@pytest.mark.parametrize(
    "key",
    [
        "private_key",
        "Public Key",
        "token",
        "Authorization",
        "Set-Cookie",
        "passphrase",
        "response_url",
        "body",
    ],
)
def test_a_key_that_names_a_secret_hides_its_value_however_deep(key: str) -> None:
    assert Redactor().value({"a": [{key: "plain"}]}) == {"a": [{key: MASK}]}


def test_endless_nesting_is_cut_off() -> None:
    deep: dict[str, object] = {}
    deep["again"] = deep
    assert MASK in json.dumps(Redactor().value(deep))


def test_the_redactor_tells_nothing_of_what_it_knows() -> None:
    redactor = Redactor(["a-secret-1"])
    assert "a-secret" not in repr(redactor)
    with pytest.raises(TypeError):
        pickle.dumps(redactor)


@given(
    st.lists(secrets, min_size=1, max_size=6),
    st.lists(st.text(max_size=12), min_size=1, max_size=7),
    st.data(),
)
def test_of_many_values_none_stays_however_they_stand_together(
    known: list[str], between: list[str], data: st.DataObject
) -> None:
    said = "".join(part + data.draw(st.sampled_from(known)) for part in between)
    redacted = Redactor(known).text(said)
    assert not [it for it in known if it in redacted.replace(MASK, "")]
    assert MASK in redacted


def test_values_that_overlap_are_masked_as_one() -> None:
    redactor = Redactor(["first-secret", "secret-second"])
    assert redactor.text("a first-secret-second b") == f"a {MASK} b"
    assert redactor.text("first-secretsecret-second") == f"{MASK}{MASK}"


def test_what_merely_begins_like_a_value_is_left_as_it_is() -> None:
    assert Redactor(["private-0001"]).text("the private-0002 key, private") == "the private-0002 key, private"


def test_what_is_forgotten_leaves_nothing_behind_and_takes_nothing_along() -> None:
    redactor = Redactor(["stays-here"])
    # They share their beginning with each other and with what stays.
    goes = [f"stays-{number:04}" for number in range(500)]
    for _ in range(2):
        redactor.register(*goes)
    redactor.forget(*goes)
    assert redactor.text("stays-0007 stays-here") == f"{MASK} {MASK}"
    redactor.forget(*goes)
    assert redactor.text("stays-0007 stays-here") == f"stays-0007 {MASK}"
    redactor.forget("stays-here")
    assert (redactor._forms, redactor._by_beginning) == ({}, {})
