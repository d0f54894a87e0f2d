import base64
import copy
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import SealError
from bot.vault import KeyRing, KeyRingError, RootKey, generate_key

SECRET = bytes(range(200, 232))
STANDARD = base64.b64encode(SECRET).decode()
URLSAFE = base64.urlsafe_b64encode(SECRET).decode()


def write_private(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_first_key_seals_and_all_are_there() -> None:
    ring = KeyRing.parse(f"{generate_key('new')},{generate_key('old')}")
    assert ring.primary.id == "new"
    assert ring.ids == ("new", "old")
    assert len(ring) == 2


@pytest.mark.parametrize("text", [STANDARD, STANDARD.rstrip("="), URLSAFE, URLSAFE.rstrip("=")])
def test_either_base64_is_read_padded_or_not(text: str) -> None:
    assert "/" in STANDARD
    assert KeyRing.parse(f"a:{text}").primary.reveal() == SECRET


def test_blanks_line_breaks_and_comments_around_entries_do_not_matter() -> None:
    ring = KeyRing.parse(
        f"# the ring\n  {generate_key('a')} ,\n\n {generate_key('b')}\n{generate_key('c')},\n"
    )
    assert ring.ids == ("a", "b", "c")


def test_generated_keys_are_all_different() -> None:
    assert len({generate_key("a") for _ in range(100)}) == 100


def test_a_generated_key_parses() -> None:
    assert KeyRing.parse(generate_key("2026-11_a")).ids == ("2026-11_a",)


@pytest.mark.parametrize("key_id", ["", "a b", "a:b", "a,b", "ü", "x" * 33, "a\n"])
def test_a_key_id_that_could_be_misread_is_refused(key_id: str) -> None:
    with pytest.raises(KeyRingError):
        generate_key(key_id)


@pytest.mark.parametrize("text", ["", "  ", ",,", "\n# nothing\n"])
def test_no_key_at_all_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(KeyRingError, match="cw-bot keys generate"):
        KeyRing.parse(text)


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(KeyRingError, match="twice"):
        KeyRing.parse(f"{generate_key('a')},{generate_key('a')}")


@pytest.mark.parametrize(
    "text",
    [
        STANDARD,
        f"{STANDARD}:a",
        f":{STANDARD}",
        f"a:{STANDARD[:-3]}",
        f"a:{STANDARD}AAAA",
        f"a:{STANDARD[:20]}!{STANDARD[21:]}",
        f"a:{STANDARD[:20]} {STANDARD[20:]}",
        f"a={STANDARD}",
        f"ok:{STANDARD},b:{STANDARD}=",
        f"a:b:{STANDARD}",
        f"a:{SECRET.hex()}",
    ],
)
def test_a_malformed_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(KeyRingError) as caught:
        KeyRing.parse(text)
    shown = f"{caught.value} {caught.value!r} {caught.value.params} {caught.value.__cause__}"
    for start in range(0, len(STANDARD) - 8, 4):
        assert STANDARD[start : start + 8] not in shown
    assert SECRET.hex()[:8] not in shown


def read_ring(text: str) -> str:
    try:
        return repr(KeyRing.parse(text))
    except KeyRingError as error:
        return str(error)


@given(st.text(max_size=120))
def test_any_text_is_a_ring_or_a_sentence(text: str) -> None:
    assert read_ring(text).endswith((")", ".", "cw-bot keys generate"))


def test_neither_ring_nor_key_shows_its_secret() -> None:
    ring = KeyRing.parse(f"a:{STANDARD}")
    assert (repr(ring), repr(ring.primary)) == ("KeyRing(a)", "RootKey(a)")
    assert STANDARD[:8] not in f"{ring} {ring.primary} {vars(ring)}"


def test_a_key_is_neither_pickled_nor_copied() -> None:
    key = RootKey("a", SECRET)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(key)


def test_the_check_value_tells_keys_apart_and_is_the_same_again() -> None:
    first, again = KeyRing.parse(f"a:{STANDARD}"), KeyRing.parse(f"b:{URLSAFE}")
    assert first.check_values()["a"] == again.check_values()["b"]
    assert KeyRing.parse(generate_key("a")).check_values()["a"] != first.check_values()["a"]


def test_the_check_value_is_short_and_no_part_of_the_key() -> None:
    value = RootKey("a", SECRET).check_value
    assert len(value) == 16
    assert value not in SECRET.hex()


def test_keys_are_read_from_a_private_file(tmp_path: Path) -> None:
    path = write_private(tmp_path / "keys", f"# comment\na:{STANDARD}\n{generate_key('b')}\n")
    assert KeyRing.from_file(path).ids == ("a", "b")
    path.chmod(0o400)
    assert KeyRing.from_file(path).ids == ("a", "b")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601, 0o644, 0o777])
def test_a_file_that_others_may_reach_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = write_private(tmp_path / "keys", f"a:{STANDARD}", mode)
    with pytest.raises(KeyRingError, match="chmod 600"):
        KeyRing.from_file(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = write_private(tmp_path / "keys", f"a:{STANDARD}")
    os.chown(path, 12345, -1)
    with pytest.raises(KeyRingError, match="another user"):
        KeyRing.from_file(path)


@pytest.mark.parametrize("name", ["absent", "folder", "binary", "long"])
def test_a_file_that_cannot_hold_keys_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    write_private(tmp_path / "binary", "").write_bytes(b"\xff\xfe")
    write_private(tmp_path / "long", "#" * 70_000)
    with pytest.raises(KeyRingError, match=name):
        KeyRing.from_file(tmp_path / name)


def test_a_ring_s_refusal_is_a_refusal_to_seal() -> None:
    assert issubclass(KeyRingError, SealError)
