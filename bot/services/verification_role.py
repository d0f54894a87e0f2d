"""The judges of what the keys may do.

The member, its role, and the companies that the filter lets through.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.domain import rights
from bot.domain.evidence import ApiMember, MyMember, NameRef
from bot.domain.fields import Field
from bot.domain.filters import FilterError
from bot.domain.filters import check as check_filter
from bot.domain.instance import Filter, Profile
from bot.domain.report import Layer, RightFinding, Rights, State
from bot.services.verification_evidence import Answer, Evidence, Target
from bot.services.verification_layers import fault, finding

# One list path a function, read with `pageSize=1`: a 200 tells at least My, a 403 tells None.
PROBES: Final[dict[str, tuple[str, str]]] = {
    "/company/companies": ("Companies", "Company Maintenance"),
    "/company/configurations": ("Companies", "Configurations"),
    "/company/contacts": ("Companies", "Contacts"),
    "/service/tickets": ("Service Desk", "Service Tickets"),
    "/service/boards": ("System", "Table Setup"),
    "/project/projects": ("Project", "Project Headers"),
    "/project/tickets": ("Project", "Project Ticket"),
    "/time/entries": ("Time & Expense", "Time Entry"),
    "/finance/agreements": ("Finance", "Agreements"),
    "/procurement/catalog": ("Procurement", "Product Catalog"),
    "/system/members": ("System", "Member Maintenance"),
}
BOARDS: Final = "/service/boards"
FURTHER_PROBES: Final = tuple(
    path for path in PROBES if path != BOARDS
)  # service boards are always asked for
_LISTED: Final = 4
_LEVEL_NUMBER: Final = re.compile(r"\blevel\s*(\d+)", re.IGNORECASE)
_QUOTED_NAME: Final = re.compile(
    r"^\s*[\"'“]?([A-Za-z_][\w/.]*)[\"'”]? is not a recognized name", re.IGNORECASE
)


def judge_member(evidence: Evidence) -> Layer | None:
    """Whether the keys are the API member's that was named, and what its record hides."""
    me, record = evidence.me, evidence.member
    if me is None or record is None:
        return None
    duration = max(me.duration_ms, record.duration_ms)
    mine = me.value
    if mine is None and record.value is None:
        return _untold_member(evidence, me, record, duration)
    key = _member_problem(evidence.target.member, mine, record.value)
    params = _member_params(mine, record.value)
    if key in _MEMBER_FAILURES:
        return finding(evidence, "member", State.FAIL, key, duration_ms=duration, **params)
    if record.error is not None and record.error.transient:
        return fault(evidence, "member", record.error, duration_ms=duration)
    if key:
        return finding(evidence, "member", State.WARN, key, duration_ms=duration, **params)
    known = "member_ok" if record.value is not None else "member_ok_partly"
    return finding(evidence, "member", State.OK, known, duration_ms=duration, **params)


_MEMBER_FAILURES: Final = frozenset({"member_inactive", "member_other"})


def _untold_member(
    evidence: Evidence, me: Answer[MyMember], record: Answer[ApiMember | None], duration: int
) -> Layer:
    error = next((it for it in (me.error, record.error) if it is not None and it.transient), None)
    if error is not None:
        return fault(evidence, "member", error, duration_ms=duration)
    if record.error is None and evidence.target.member:
        return finding(evidence, "member", State.FAIL, "member_not_found", duration_ms=duration)
    return finding(evidence, "member", State.UNKNOWN, "member_unreadable", duration_ms=duration)


def _hidden_by_record(record: ApiMember) -> str:
    found = _LEVEL_NUMBER.search(record.level)
    if found and int(found[1]) > 1:
        return "member_level_low"
    return "member_boards_restricted" if record.excluded_boards else ""


def _member_problem(typed: str, mine: MyMember | None, record: ApiMember | None) -> str:
    if (mine and mine.inactive) or (record and record.inactive):
        return "member_inactive"
    if typed and mine and mine.identifier.casefold() != typed.casefold():
        return "member_other"
    if mine and mine.license_class not in {"", "A"}:
        return "member_not_api"
    return _hidden_by_record(record) if record else ""


def _member_params(mine: MyMember | None, record: ApiMember | None) -> dict[str, object]:
    return {
        "identifier": mine.identifier if mine else (record.identifier if record else ""),
        "role": (record.role if record else "") or (mine.role if mine else ""),
        "level": record.level if record else "",
        "boards": len(record.excluded_boards) if record else 0,
        "license_class": mine.license_class if mine else "",
    }


def judge_rights(evidence: Evidence) -> Layer | None:
    """Whether the role grants what the profile's list asks for, and not much more."""
    security = evidence.security
    if security is None:
        return None
    if security.error is not None and security.error.transient:
        return fault(evidence, "rights", security.error, duration_ms=security.duration_ms)
    if not security.value:
        return _judge_probes(evidence, security)
    if evidence.items is None or evidence.boards is None:
        return None
    return _judge_levels(evidence, security.value, duration_ms=security.duration_ms)


def _judge_levels(evidence: Evidence, rows: tuple[rights.SecurityRow, ...], *, duration_ms: int) -> Layer:
    audited = rights.compare(rows, evidence.target.profile)
    if audited.rights.missing:
        return _missing_layer(evidence, audited.rights.missing, duration_ms)
    params = {"list": _sentence(_beyond(audited), column="have"), "tables": _hidden_tables(evidence)}
    key, state = _rights_doubt(evidence, rows, audited), State.WARN
    if _is_customized_away(evidence):
        key, state = "rights_customized_away", State.FAIL
    if not key:
        key, state = "rights_ok", State.OK
    return finding(evidence, "rights", state, key, duration_ms=duration_ms, role=_role(evidence), **params)


def _is_customized_away(evidence: Evidence) -> bool:
    """Whether service boards are refused although the level allows them: only "(customize)" does that."""
    is_used = evidence.target.profile is not Profile.CONNECT
    return is_used and evidence.boards is not None and evidence.boards.is_role_gap


def audit(evidence: Evidence) -> Rights:
    """Missing and excess rights, as far as they are known."""
    security = evidence.security
    if security is not None and security.value:
        return rights.compare(security.value, evidence.target.profile).rights
    return Rights(missing=_probed_missing(evidence))


def _rights_doubt(evidence: Evidence, rows: Sequence[rights.SecurityRow], audited: rights.RightsAudit) -> str:
    is_admin = evidence.me is not None and evidence.me.value is not None and evidence.me.value.admin
    if is_admin or rights.admin_like(rows):
        return "rights_admin"
    if audited.unreadable:
        return "rights_unreadable"
    if _hidden_tables(evidence):
        return "rights_customized"
    return "rights_excess" if _beyond(audited) else ""


def _beyond(audited: rights.RightsAudit) -> tuple[RightFinding, ...]:
    """What not even the full list grants: the rest is unused by this profile, yet nothing to worry about."""
    return tuple(it for it in audited.rights.excess if it not in audited.excess_within_full)


def _hidden_tables(evidence: Evidence) -> str:
    """Needed tables that "(customize)" may hide; only the profiles that use Table Setup care."""
    if evidence.target.profile is Profile.CONNECT or evidence.items is None or not evidence.items.value:
        return ""
    notes = rights.customize_notes(evidence.items.value)
    return ", ".join(table.table for note in notes for table in note.hidden)


def _missing_layer(evidence: Evidence, missing: tuple[RightFinding, ...], duration: int) -> Layer:
    functions = {it.function for it in missing}
    if all(it.have == "My" for it in missing):
        key = "rights_my_only"
    elif functions == {"Member Maintenance"}:
        key = "rights_member_maintenance"
    elif functions == {"Table Setup"}:
        key = "rights_table_setup"
    else:
        key = "rights_missing"
    params = {"list": _sentence(missing), "number": len(missing), "role": _role(evidence)}
    return finding(evidence, "rights", State.FAIL, key, duration_ms=duration, **params)


def _judge_probes(evidence: Evidence, security: Answer[tuple[rights.SecurityRow, ...]]) -> Layer | None:
    if evidence.probes is None or evidence.boards is None:
        return None
    probes = _probes(evidence)
    duration = security.duration_ms + max(it.duration_ms for it in probes.values())
    missing = _probed_missing(evidence)
    if missing:
        params = {"list": _sentence(missing), "number": len(missing), "role": _role(evidence)}
        return finding(
            evidence, "rights", State.FAIL, "rights_missing_probed", duration_ms=duration, **params
        )
    expected = {row.key for row in rights.rows_for(evidence.target.profile)}
    errors = [
        answer.error
        for path, answer in probes.items()
        if answer.error is not None and rights.fold_key(*PROBES[path]) in expected
    ]
    if errors or not evidence.probes:
        error = next((it for it in errors if it.transient), None)
        if error is not None:
            return fault(evidence, "rights", error, duration_ms=duration)
        return finding(evidence, "rights", State.UNKNOWN, "rights_untold", duration_ms=duration)
    return finding(evidence, "rights", State.WARN, "rights_probed", duration_ms=duration)


def _probes(evidence: Evidence) -> dict[str, Answer[None]]:
    boards = {BOARDS: evidence.boards} if evidence.boards is not None else {}
    return {**boards, **(evidence.probes or {})}


def _probed_missing(evidence: Evidence) -> tuple[RightFinding, ...]:
    """Functions that could not even be read. What a probe cannot see (writing, My or All) is not claimed."""
    refused = {
        rights.fold_key(*PROBES[path]) for path, answer in _probes(evidence).items() if answer.is_role_gap
    }
    nothing = rights.compare((), evidence.target.profile).rights.missing
    return tuple(
        it for it in nothing if it.level == "inquire" and rights.fold_key(it.module, it.function) in refused
    )


def _role(evidence: Evidence) -> str:
    params = _member_params(
        evidence.me.value if evidence.me else None, evidence.member.value if evidence.member else None
    )
    return str(params["role"] or "the API member's role")


def _sentence(findings: Sequence[RightFinding], *, column: Literal["want", "have"] = "want") -> str:
    """Levels in the words of ConnectWise's grid: `System → Member Maintenance: Inquire All; …`."""
    functions: dict[str, list[str]] = {}
    for it in findings:
        functions.setdefault(f"{it.module} → {it.function}", []).append(
            f"{it.level.capitalize()} {getattr(it, column)}"
        )
    lines = [f"{name}: {', '.join(levels)}" for name, levels in functions.items()]
    rest = len(lines) - _LISTED
    return "; ".join(lines[:_LISTED]) + (f"; and {rest} more" if rest > 0 else "")


def find_fault(which: Filter) -> FilterError | None:
    """What makes a filter unfit to be sent at all."""
    return next((problem.error for problem in check_filter(which) if problem.is_error), None)


def sent_filter(target: Target) -> Filter:
    """The filter to ask with: one that cannot be read is never sent."""
    return Filter() if find_fault(target.filter) else target.filter


def judge_filter(evidence: Evidence) -> Layer | None:
    """Whether the filter is understood, and lets anything through."""
    unreadable = find_fault(evidence.target.filter)
    if unreadable is not None:
        layer = finding(evidence, "filter", State.FAIL, unreadable.key, **dict[str, Any](unreadable.params))
        return layer.model_copy(update={"fix": f"{layer.fix} {unreadable.hint()}".strip()})
    count, sample = evidence.count, evidence.sample
    if count is None or sample is None:
        return None
    duration = max(count.duration_ms, sample.duration_ms)
    which = evidence.target.filter
    if count.error is not None:
        key = "companies_refused" if count.is_role_gap else ""
        params = {"field": _FIELD_NAMES[find_blamed(evidence)]}
        return fault(evidence, "filter", count.error, key=key, duration_ms=duration, **params)
    matches = count.value or 0
    if matches == 0:
        key = "companies_none_visible" if which.is_empty else "filter_matches_nothing"
        return finding(evidence, "filter", State.FAIL, key, duration_ms=duration)
    key = "filter_none" if which.is_empty else "filter_ok"
    params = {"matches": f"{matches:,}", "names": _names(sample)}
    return finding(evidence, "filter", State.OK, key, duration_ms=duration, **params)


def _names(sample: Answer[tuple[NameRef, ...]]) -> str:
    names = [ref.name for ref in sample.value or ()]
    return f" For example: {', '.join(names)}." if names else ""


@dataclass(frozen=True, slots=True)
class _Part:
    field: Field
    text: str


_FIELD_NAMES: Final = {
    Field.CONDITIONS: "company query conditions",
    Field.CHILD_CONDITIONS: "child conditions",
    Field.CUSTOM_FIELD_CONDITIONS: "custom-field conditions",
}


def find_blamed(evidence: Evidence) -> Field:
    """Which of the three parts of the filter a refusal or an empty result is most likely about."""
    which = evidence.target.filter
    parts = [
        _Part(Field.CONDITIONS, which.conditions),
        _Part(Field.CHILD_CONDITIONS, which.child_conditions),
        _Part(Field.CUSTOM_FIELD_CONDITIONS, which.custom_field_conditions),
    ]
    used = [part for part in parts if part.text] or parts[:1]
    message = evidence.count.error.message if evidence.count and evidence.count.error else ""
    named = _QUOTED_NAME.search(message)
    if named:
        name = named[1].casefold()
        used = [part for part in used if name in part.text.casefold()] or used
    return used[0].field
