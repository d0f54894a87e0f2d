"""Who may do what: every action × every kind of person, over signed HTTP; and that a refusal changes nothing.

One stage serves all of it: after whatever was done the store is put back to how it was.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from bot.domain.catalogue import explain
from bot.sandbox.slack.model import Json
from handlers import ids
from handlers.register import register
from tests.handlers.test_ids import _matches, _Recorder, _Services
from tests.security.canaries import search
from tests.security.matrix import NOBODY, PRIVILEGED, ROWS, Row
from tests.security.stage import GONE, MEMBER, PRODUCTION, Answer, Sender, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of person: somebody of it, and the key of the refusal of what they may not do."""

    name: str
    person: str
    may: frozenset[str]
    refusal: str


_ALL = PRIVILEGED | {"guide", "status"}
PEOPLE = (
    Kind("owner", "ada", _ALL, ""),
    Kind("admin", "ben", _ALL, ""),
    Kind("person of CW_BOT_SETUP_USERS", "dan", _ALL, ""),
    Kind("member of a group of CW_BOT_SETUP_USERGROUPS", "cleo", _ALL, ""),
    Kind("member", MEMBER, frozenset({"guide", "status"}), "not_allowed_setup"),
    Kind("guest of many channels", "gus", frozenset(), "not_allowed_guest"),
    Kind("guest of one channel", "sol", frozenset(), "not_allowed_guest"),
    Kind("person of another company", "eve", frozenset(), "not_allowed_outsider"),
    Kind("owner whose account is closed", GONE, frozenset(), "not_allowed_outsider"),
)


def _sentence(key: str) -> str:
    return explain(key).summary


def _secrets(on: Stage) -> dict[str, str]:
    site = on.sandbox.connectwise
    return {"public key": site.public_key, "private key": site.private_key}


async def test_the_table_names_every_id_and_everything_that_is_listened_to() -> None:
    recorder = _Recorder()
    register(recorder, _Services())  # type: ignore[arg-type]  # it remembers, and does nothing else
    named = {(row.surface, row.id.partition(":")[0]) for row in ROWS}
    wanted = {("command", it.value) for it in ids.Command} | {("submission", it.value) for it in ids.Callback}
    assert named >= wanted
    told = {row.id.partition(":")[0] for row in ROWS if row.surface in ("click", "options")}
    assert told == {it.value for it in ids.Action} - {ids.Action.VALUE}
    assert {row.entry for row in ROWS if row.id == ids.Action.INSTANCE_MENU} == {it.value for it in ids.Menu}
    surfaces = {"command": "command", "action": "click", "view": "submission", "options": "options"}
    for kind, surface in surfaces.items():
        for constraint in recorder.listeners[kind]:
            rows = [it for it in ROWS if it.surface == surface and _matches(constraint, it.id)]
            assert rows, f"{surface} {constraint} has no row"
            assert all(it.right != NOBODY for it in rows), constraint
    # Of events, only Home shows or does something for whoever caused it; the rest tells of channels and of leaving.
    assert set(recorder.listeners["event"]) == {
        "app_home_opened",
        "member_joined_channel",
        *(f"{kind}_{what}" for kind in ("channel", "group") for what in ("archive", "unarchive", "rename")),
        "app_uninstalled",
        "tokens_revoked",
    }
    assert not recorder.listeners["shortcut"]
    assert not recorder.listeners["view_closed"]


@pytest.mark.parametrize("kind", PEOPLE, ids=lambda it: str(it.name))
async def test_everybody_may_do_what_is_theirs_and_nothing_else(on: Stage, kind: Kind) -> None:
    sender = on.sender(kind.person)
    failures = []
    for row in ROWS:
        answer = await on.send(row.build(on, sender))
        failures += [f"{row.name}: {it}" for it in _judge(on, row, kind, sender, answer)]
        if answer.changed:
            await on.restore()
    assert failures == []


def _judge(on: Stage, row: Row, kind: Kind, sender: Sender, answer: Answer) -> list[str]:
    if row.right == NOBODY:
        return _complain(
            (answer.status == 404, f"somebody listens: {answer.status}"),
            (not answer.changed, f"changed {answer.changed}"),
            (not answer.deeds, "is in the trail"),
        )
    common = [
        (answer.status == 200, f"status {answer.status}"),
        (not search.find(_secrets(on), {"trail": json.dumps(answer.deeds).encode()}), "a key in the trail"),
    ]
    if row.right in kind.may:
        return _complain(*common, *_as_done(row, kind, sender, answer))
    return _complain(*common, *_as_refused(on, row, kind, sender, answer))


def _complain(*found: tuple[bool, str]) -> list[str]:
    return [said for is_fine, said in found if not is_fine]


def _as_done(row: Row, kind: Kind, sender: Sender, answer: Answer) -> list[tuple[bool, str]]:
    wanted = row.shows_member if row.shows_member and not kind.may & PRIVILEGED else row.shows
    refused = any(_sentence(it) in answer.shown for it in ("not_allowed_setup", "internal", "not_allowed"))
    deeds = [_deed(row, sender, "done")] if row.is_recorded else []
    return [
        (not wanted or any(it in answer.shown for it in wanted), f"not done: {answer.shown[:400]}"),
        (not refused, f"refused: {answer.shown[:400]}"),
        (bool(answer.changed) or not row.changes, "nothing changed"),
        (_without_subject(answer.deeds) == deeds, f"in the trail: {answer.deeds}, not {deeds}"),
    ]


def _as_refused(on: Stage, row: Row, kind: Kind, sender: Sender, answer: Answer) -> list[tuple[bool, str]]:
    deeds = [] if row.surface == "home" else [_deed(row, sender, kind.refusal)]
    names = (PRODUCTION, on.sandbox.connectwise.crib()["Company ID"], on.production)
    said = row.surface == "options" or _sentence(kind.refusal) in answer.shown
    # A member knows what there is; a guest or an outsider is told nothing of it.
    leaks = [] if kind.may else [it for it in names if it in answer.shown]
    return [
        (said, f"not told: {answer.shown[:400]}"),
        (row.surface != "options" or '"options": []' in answer.shown, f"offered: {answer.shown[:400]}"),
        (not any(it in answer.shown for it in row.shows), f"shown: {answer.shown[:400]}"),
        (not leaks, f"told of {leaks}: {answer.shown[:400]}"),
        (not answer.changed, f"changed {answer.changed}"),
        (_without_subject(answer.deeds) == deeds, f"in the trail: {answer.deeds}, not {deeds}"),
    ]


def _deed(row: Row, sender: Sender, outcome: str) -> dict[str, str]:
    return {
        "team": sender.team_id,
        "by": sender.user.id,
        "action": row.right,
        "what": row.what or ".".join(it for it in (row.id.partition(":")[0], row.entry) if it),
        "outcome": outcome,
    }


def _without_subject(deeds: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name: value for name, value in it.items() if name != "subject"} for it in deeds]


FORGED = (
    "0000000000000000",
    "../../T0CONTOSO1",
    "x}:instance:*{",
    "é" * 2900,
)


@pytest.mark.parametrize("forged", FORGED, ids=lambda it: ascii(it)[:24])
async def test_an_id_that_was_made_up_reaches_nothing(on: Stage, forged: str) -> None:
    """By an admin, in every value, block id and private_metadata that names a record."""
    sender = on.sender("ben")
    failures = []
    for row in ROWS:
        if not row.names_record or row.right == NOBODY:
            continue
        body = _forge(row.build(on, sender), {on.production: forged, on.draft: forged})
        answer = await on.send(body)
        is_told = row.surface == "options" or any(
            _sentence(key) in answer.shown for key in ("instance_gone", "onboarding_gone", "bad_id")
        )
        complaints = _complain(
            (answer.status == 200, f"status {answer.status}"),
            (is_told, f"not told: {answer.shown[:300]}"),
            (not answer.changed, f"changed {answer.changed}"),
            (on.production not in answer.shown, "shown"),
        )
        failures += [f"{row.name}: {it}" for it in complaints]
        if answer.changed:
            await on.restore()
    assert failures == []


async def test_the_ids_of_another_workspace_reach_nothing_of_it(on: Stage) -> None:
    """By its owner: what names a record is refused, and what names none shows and changes the own workspace alone."""
    sender = on.sender("contoso-2-owner")
    crib = on.sandbox.connectwise.crib()
    home = f"{{{on.home_team}}}"
    failures = []
    for row in ROWS:
        body = row.build(on, sender)
        typed = json.dumps(body.get("view", {}).get("state", {}), ensure_ascii=False)
        answer = await on.send(body)
        known = (on.production, on.draft, on.sender("ada").user.id, crib["Company ID"])
        theirs = [it for it in known if it not in typed]
        refused = row.surface == "options" or any(
            _sentence(key) in answer.shown
            for key in ("instance_gone", "onboarding_gone", "handover_not_a_member")
        )
        complaints = _complain(
            (not any(home in key for key in answer.changed), f"changed {answer.changed}"),
            (all(it["team"] != on.home_team for it in answer.deeds), f"in their trail: {answer.deeds}"),
            (not any(it in answer.shown for it in theirs), f"shown: {answer.shown[:400]}"),
            (refused or not row.names_record or row.right == NOBODY, f"not refused: {answer.shown[:400]}"),
        )
        failures += [f"{row.name}: {it}" for it in complaints]
        if answer.changed:
            await on.restore()
    assert failures == []


def _forge(value: Any, forged: dict[str, str]) -> Json:
    """The payload with other ids wherever they stand; what is JSON within it stays JSON."""
    if isinstance(value, dict):
        return {key: _forge(it, forged) for key, it in value.items()}
    if isinstance(value, list):
        return [_forge(it, forged) for it in value]  # type: ignore[return-value]  # inside of a payload
    if isinstance(value, str):
        if value.startswith("{"):
            return json.dumps(_forge(json.loads(value), forged))  # type: ignore[return-value]  # same
        for real, other in forged.items():
            value = value.replace(real, other)
    return value  # type: ignore[no-any-return]  # same
