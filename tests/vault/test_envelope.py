import base64
import json
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import SealError
from bot.domain.sealing import Place
from bot.vault import EnvelopeSealer, KeyRing, RootKey, open_envelope, parse_envelope, seal_envelope
from bot.vault.envelope import COMMITMENT_BYTES, SALT_BYTES, TAG_BYTES, _associate

KEY_A, KEY_B = bytes(range(32)), bytes(range(32, 64))
PLACE = Place("T0TEAM", "inst1", "instance/1", 7)
PLAIN = b'{"private_key": "canary-private-9d1f"}'
VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))

texts = st.text(max_size=20)
places = st.builds(Place, texts, texts, texts, st.integers(0, 2**64 - 1))


def make_sealer(*keys: tuple[str, bytes]) -> EnvelopeSealer:
    return EnvelopeSealer(KeyRing(RootKey(key_id, secret) for key_id, secret in keys))


SEALER = make_sealer(("a", KEY_A))


@given(st.binary(max_size=2000), places)
def test_what_is_sealed_opens_at_its_place(plaintext: bytes, place: Place) -> None:
    assert SEALER.open(SEALER.seal(plaintext, place), place) == plaintext


def test_what_is_sealed_cannot_be_read() -> None:
    sealed = SEALER.seal(PLAIN, PLACE)
    for secret in (b"canary", b"private_key", KEY_A, base64.b64encode(PLAIN)):
        assert secret not in sealed


def test_nothing_of_the_place_stands_in_the_envelope_but_the_key_id() -> None:
    sealed = SEALER.seal(PLAIN, PLACE)
    for part in (PLACE.team_id, PLACE.record_id, PLACE.schema):
        assert part.encode() not in sealed


def test_the_same_plaintext_never_gives_the_same_bytes() -> None:
    envelopes = [parse_envelope(SEALER.seal(PLAIN, PLACE)) for _ in range(500)]
    for field in ("salt", "commitment", "ciphertext"):
        assert len({getattr(it, field) for it in envelopes}) == 500


def test_a_million_seals_keep_distinct_salts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each seal draws its own from the system's generator, and a million of these differ in their first quarter."""
    drawn: list[int] = []

    def draw(many: int) -> bytes:
        drawn.append(many)
        return token_bytes(many)

    monkeypatch.setattr("bot.vault.envelope.secrets.token_bytes", draw)
    salts = {parse_envelope(SEALER.seal(PLAIN, PLACE)).salt for _ in range(100)}
    assert (len(salts), drawn) == (100, [SALT_BYTES] * 100)
    monkeypatch.undo()
    assert len({token_bytes(SALT_BYTES)[: SALT_BYTES // 4] for _ in range(1_000_000)}) == 1_000_000


def test_a_bit_flipped_anywhere_does_not_open() -> None:
    sealed = SEALER.seal(PLAIN, PLACE)
    for index in range(len(sealed)):
        for bit in range(8):
            altered = bytearray(sealed)
            altered[index] ^= 1 << bit
            with pytest.raises(SealError):
                SEALER.open(bytes(altered), PLACE)


def test_a_record_cut_anywhere_does_not_open() -> None:
    sealed = SEALER.seal(PLAIN, PLACE)
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            SEALER.open(sealed[:length], PLACE)
        with pytest.raises(SealError):
            SEALER.open(sealed[len(sealed) - length :], PLACE)


def test_a_record_with_something_added_does_not_open() -> None:
    sealed = SEALER.seal(PLAIN, PLACE)
    for altered in (sealed + b"\0", b"\0" + sealed, sealed + sealed):
        with pytest.raises(SealError):
            SEALER.open(altered, PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param(replace(PLACE, team_id="T0OTHER"), id="workspace"),
        pytest.param(replace(PLACE, record_id="inst2"), id="instance"),
        pytest.param(replace(PLACE, schema="submission/1"), id="schema"),
        pytest.param(replace(PLACE, schema="instance/2"), id="version of the schema"),
        pytest.param(replace(PLACE, revision=6), id="older revision"),
        pytest.param(replace(PLACE, revision=8), id="newer revision"),
        pytest.param(Place("T0TEAMi", "nst1", "instance/1", 7), id="shifted border"),
        pytest.param(Place("inst1", "T0TEAM", "instance/1", 7), id="swapped"),
    ],
)
def test_a_record_moved_elsewhere_does_not_open(elsewhere: Place) -> None:
    with pytest.raises(SealError):
        SEALER.open(SEALER.seal(PLAIN, PLACE), elsewhere)


@given(places, places)
def test_no_two_places_are_written_the_same(one: Place, other: Place) -> None:
    assert (_associate(1, b"a", one) == _associate(1, b"a", other)) == (one == other)


def test_an_unknown_key_id_does_not_open() -> None:
    with pytest.raises(SealError):
        make_sealer(("b", KEY_A)).open(SEALER.seal(PLAIN, PLACE), PLACE)


def test_another_key_of_the_same_id_does_not_open() -> None:
    with pytest.raises(SealError):
        make_sealer(("a", KEY_B)).open(SEALER.seal(PLAIN, PLACE), PLACE)


def test_a_record_renamed_to_another_id_of_the_same_key_does_not_open() -> None:
    sealed = SEALER.seal(PLAIN, PLACE)
    renamed = sealed[:2] + b"b" + sealed[3:]
    with pytest.raises(SealError):
        make_sealer(("a", KEY_A), ("b", KEY_A)).open(renamed, PLACE)


def test_a_ciphertext_opens_under_one_of_two_keys_only() -> None:
    envelope = parse_envelope(SEALER.seal(PLAIN, PLACE))
    assert open_envelope(envelope, PLACE, root_key=KEY_A) == PLAIN
    with pytest.raises(SealError):
        open_envelope(envelope, PLACE, root_key=KEY_B)


def test_the_commitment_alone_refuses_even_where_the_ciphertext_is_right() -> None:
    first = parse_envelope(SEALER.seal(PLAIN, PLACE))
    other = parse_envelope(make_sealer(("a", KEY_B)).seal(PLAIN, PLACE))
    with pytest.raises(SealError):
        open_envelope(replace(first, commitment=other.commitment), PLACE, root_key=KEY_A)


def test_a_new_first_key_seals_and_the_old_one_still_opens() -> None:
    before = SEALER.seal(PLAIN, PLACE)
    rotated = make_sealer(("b", KEY_B), ("a", KEY_A))
    after = rotated.seal(PLAIN, PLACE)
    assert rotated.open(before, PLACE) == rotated.open(after, PLACE) == PLAIN
    assert (rotated.key_id, rotated.key_id_of(before), rotated.key_id_of(after)) == ("b", "a", "b")
    with pytest.raises(SealError):
        SEALER.open(after, PLACE)


def test_after_the_old_key_is_retired_only_the_new_records_open() -> None:
    before = SEALER.seal(PLAIN, PLACE)
    retired = make_sealer(("b", KEY_B))
    assert retired.open(retired.seal(PLAIN, PLACE), PLACE) == PLAIN
    with pytest.raises(SealError):
        retired.open(before, PLACE)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_the_same_words(junk: bytes) -> None:
    with pytest.raises(SealError) as caught:
        SEALER.open(junk, PLACE)
    assert (str(caught.value), caught.value.params) == ("seal", {})


@given(st.binary(max_size=200))
def test_any_bytes_after_a_right_beginning_are_refused(junk: bytes) -> None:
    with pytest.raises(SealError):
        SEALER.open(b"\x01\x01a" + junk, PLACE)


@given(st.data())
def test_any_part_exchanged_for_other_bytes_is_refused(data: st.DataObject) -> None:
    sealed = SEALER.seal(PLAIN, PLACE)
    start = data.draw(st.integers(0, len(sealed) - 1))
    end = data.draw(st.integers(start + 1, len(sealed)))
    put = data.draw(st.binary(max_size=40).filter(lambda it: it != sealed[start:end]))
    with pytest.raises(SealError):
        SEALER.open(sealed[:start] + put + sealed[end:], PLACE)


def test_a_refusal_carries_no_cause_that_could_hold_bytes() -> None:
    sealed = bytearray(SEALER.seal(PLAIN, PLACE))
    sealed[-1] ^= 1
    with pytest.raises(SealError) as caught:
        SEALER.open(bytes(sealed), PLACE)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("revision", [-1, 2**64])
def test_a_revision_that_does_not_fit_is_not_sealed(revision: int) -> None:
    with pytest.raises(SealError):
        SEALER.seal(PLAIN, replace(PLACE, revision=revision))


def test_a_place_that_is_no_text_is_not_sealed() -> None:
    with pytest.raises(SealError):
        SEALER.seal(PLAIN, replace(PLACE, record_id="\ud800"))


def test_an_envelope_is_no_longer_than_its_parts() -> None:
    assert len(SEALER.seal(b"", PLACE)) == 2 + len("a") + SALT_BYTES + COMMITMENT_BYTES + TAG_BYTES


def _unpack(vector: dict[str, Any]) -> tuple[bytes, Place, bytes]:
    place = Place(vector["team_id"], vector["record_id"], vector["schema"], vector["revision"])
    return bytes.fromhex(vector["root_key"]), place, bytes.fromhex(vector["sealed"])


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda it: it["comment"])
def test_the_format_is_the_one_that_was_agreed(vector: dict[str, Any]) -> None:
    root_key, place, sealed = _unpack(vector)
    plaintext = bytes.fromhex(vector["plaintext"])
    salt = bytes.fromhex(vector["salt"])
    assert seal_envelope(plaintext, place, key_id=vector["key_id"], root_key=root_key, salt=salt) == sealed
    assert open_envelope(parse_envelope(sealed), place, root_key=root_key) == plaintext


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda it: it["comment"])
def test_what_was_agreed_to_be_wrong_does_not_open(vector: dict[str, Any]) -> None:
    root_key, place, sealed = _unpack(vector)
    with pytest.raises(SealError):
        make_sealer((vector["key_id"], root_key)).open(sealed, place)
