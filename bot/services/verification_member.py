"""The judge of whose keys these are: the API member, and what its record hides from the integration."""

import re
from typing import Final

from bot.domain.evidence import ApiMember, MyMember
from bot.domain.report import Layer, State
from bot.services.verification_evidence import Answer, Evidence
from bot.services.verification_layers import fault, finding, findings

_LEVEL_NUMBER: Final = re.compile(r"\blevel\s*(\d+)", re.IGNORECASE)


def judge_member(evidence: Evidence) -> Layer | None:
    """Whether the keys are the API member's that was named, and what its record hides."""
    me, record = evidence.me, evidence.member
    if me is None or record is None:
        return None
    duration = max(me.duration_ms, record.duration_ms)
    mine = me.value
    if mine is None and record.value is None:
        return _untold(evidence, me, record, duration)
    params = member_params(evidence)
    failure = _failure(evidence.target.member, mine, record.value)
    if failure:
        return finding(evidence, "member", State.FAIL, failure, duration_ms=duration, **params)
    if record.error is not None and record.error.transient:
        return fault(evidence, "member", record.error, duration_ms=duration)
    doubts = _doubts(mine, record.value)
    if doubts:
        return findings(evidence, "member", State.WARN, doubts, duration_ms=duration, **params)
    return finding(evidence, "member", State.OK, _known(record.value), duration_ms=duration, **params)


def member_params(evidence: Evidence) -> dict[str, object]:
    """What sentences may mention of the member and its role; empty where it is not known."""
    mine = evidence.me.value if evidence.me else None
    record = evidence.member.value if evidence.member else None
    location = record.location if record else ""
    return {
        "identifier": mine.identifier if mine else (record.identifier if record else ""),
        "role": (record.role if record else "") or (mine.role if mine else ""),
        "level": record.level if record else "",
        "place": f" at {location}" if location else "",
        "boards": len(record.excluded_boards) if record else 0,
        "license_class": mine.license_class if mine else "",
    }


def _untold(
    evidence: Evidence, me: Answer[MyMember], record: Answer[ApiMember | None], duration: int
) -> Layer:
    error = next((it for it in (me.error, record.error) if it is not None and it.transient), None)
    if error is not None:
        return fault(evidence, "member", error, duration_ms=duration)
    if record.error is None and evidence.target.member:
        return finding(evidence, "member", State.FAIL, "member_not_found", duration_ms=duration)
    return finding(evidence, "member", State.UNKNOWN, "member_unreadable", duration_ms=duration)


def _failure(typed: str, mine: MyMember | None, record: ApiMember | None) -> str:
    if (mine and mine.inactive) or (record and record.inactive):
        return "member_inactive"
    is_other = typed and mine and mine.identifier.casefold() != typed.casefold()
    return "member_other" if is_other else ""


def _doubts(mine: MyMember | None, record: ApiMember | None) -> tuple[str, ...]:
    """Everything that hides records without an error, or should not stay so."""
    number = _level_of(record)
    found = {
        "member_not_api": mine is not None and mine.license_class not in {"", "A"},
        "member_level_low": number is not None and number > 1,
        "member_boards_restricted": record is not None and bool(record.excluded_boards),
    }
    return tuple(key for key, is_so in found.items() if is_so)


def _known(record: ApiMember | None) -> str:
    if record is None:
        return "member_ok_partly"
    # A level is called as the company likes; only one that says its number can be judged.
    return "member_ok_level_named" if record.level and _level_of(record) is None else "member_ok"


def _level_of(record: ApiMember | None) -> int | None:
    found = _LEVEL_NUMBER.search(record.level) if record else None
    return int(found[1]) if found else None
