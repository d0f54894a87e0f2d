"""A backup opens with its passphrase alone, unaltered, or not at all, and asks no more of a machine than it may."""

import base64
import json
from typing import Any

import pytest

from bot.vault.backup import SHORTEST_PASSPHRASE, BackupError, open_backup, seal_backup

# Of this file alone: a real one costs a third of a second a guess.
COST = 10
PASSPHRASE = "correct horse battery staple"
SECRET = b'{"private_key": "Canary5Backup8Key"}'


@pytest.fixture(scope="module")
def backup() -> str:
    return seal_backup(SECRET, PASSPHRASE, cost=COST)


def changed(backup: str, **changes: Any) -> str:
    document = json.loads(backup)
    for name, value in changes.items():
        holder = document["scrypt"] if name in ("n", "r", "p", "salt") else document
        holder[name] = value
    return json.dumps(document)


def test_it_opens_with_its_passphrase_and_nothing_in_it_stands_in_the_clear(backup: str) -> None:
    assert open_backup(backup, PASSPHRASE) == SECRET
    sealed = base64.b64decode(json.loads(backup)["sealed"])
    assert b"Canary5" not in backup.encode() + sealed
    assert PASSPHRASE not in backup


def test_the_same_records_never_give_the_same_file(backup: str) -> None:
    again = seal_backup(SECRET, PASSPHRASE, cost=COST)
    assert json.loads(again)["sealed"] != json.loads(backup)["sealed"]
    assert json.loads(again)["scrypt"]["salt"] != json.loads(backup)["scrypt"]["salt"]


@pytest.mark.parametrize("wrong", ["", "correct horse battery stapl", PASSPHRASE + " ", PASSPHRASE.upper()])
def test_another_passphrase_opens_nothing(backup: str, wrong: str) -> None:
    with pytest.raises(BackupError, match="passphrase is wrong"):
        open_backup(backup, wrong)


def test_the_passphrase_may_be_typed_on_another_keyboard() -> None:
    composed, apart = "M\u00fcller und S\u00f6hne", "Mu\u0308ller und So\u0308hne"
    assert open_backup(seal_backup(SECRET, composed, cost=COST), apart) == SECRET


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(BackupError, match=str(SHORTEST_PASSPHRASE)):
        seal_backup(SECRET, "x" * (SHORTEST_PASSPHRASE - 1), cost=COST)


def test_a_byte_changed_anywhere_does_not_open(backup: str) -> None:
    sealed = base64.b64decode(json.loads(backup)["sealed"])
    # The envelope's own tests try every bit; here it is one in each part of it.
    for at in (0, 1, 5, 20, 50, 80, len(sealed) - 20, len(sealed) - 1):
        altered = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(BackupError):
            open_backup(changed(backup, sealed=base64.b64encode(altered).decode()), PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [
        {"n": 2**11},
        {"salt": base64.b64encode(b"x" * 16).decode()},
        {"n": 2**21},
        {"n": 2**9},
        {"n": 1025},
        {"n": -1},
        {"r": 16},
        {"p": 2},
        {"salt": ""},
        {"salt": base64.b64encode(b"x" * 15).decode()},
        {"format": "cw-bot backup 2"},
        {"sealed": "%%%"},
        {"sealed": ""},
        {"more": 1},
    ],
    ids=str,
)
def test_no_parameter_can_be_weakened_or_made_to_eat_the_machine(
    backup: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(BackupError):
        open_backup(changed(backup, **changes), PASSPHRASE)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "x", '{"sealed": 1}', "[" * 9000])
def test_what_is_no_backup_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BackupError) as caught:
        open_backup(text, PASSPHRASE)
    assert str(caught.value) in (
        "The file is no backup of cw-bot.",
        "The passphrase is wrong, or the file was changed.",
    )
    assert caught.value.__cause__ is None
