"""The judge of what the keys may do: the role's levels, read from ConnectWise or tried out."""

from collections.abc import Sequence
from typing import Final, Literal

from bot.domain import rights
from bot.domain.instance import Profile
from bot.domain.report import Layer, RightFinding, Rights, State
from bot.services.verification_evidence import Answer, Evidence
from bot.services.verification_layers import fault, finding, findings
from bot.services.verification_member import member_params

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
    audited = evidence.hold_against_list(rows)
    if audited.rights.missing:
        return _missing_layer(evidence, audited.rights.missing, duration_ms)
    params = {
        **_role(evidence),
        "list": _sentence(_beyond(audited), column="have"),
        "tables": _hidden_tables(evidence),
        "functions": "; ".join(f"{it.module} → {it.function}" for it in audited.unreadable),
    }
    if _is_customized_away(evidence):
        key = "rights_customized_away"
        return finding(evidence, "rights", State.FAIL, key, duration_ms=duration_ms, **params)
    doubts = _doubts(evidence, audited)
    state = State.WARN if doubts else State.OK
    return findings(evidence, "rights", state, doubts or ("rights_ok",), duration_ms=duration_ms, **params)


def _is_customized_away(evidence: Evidence) -> bool:
    """Whether service boards are refused although the level allows them: only "(customize)" does that."""
    is_used = evidence.target.profile is not Profile.CONNECT
    return is_used and evidence.boards is not None and evidence.boards.is_role_gap


def audit(evidence: Evidence) -> Rights:
    """Missing and excess rights, as far as they are known."""
    security = evidence.security
    if security is not None and security.value:
        return evidence.hold_against_list(security.value).rights
    return Rights(missing=_probed_missing(evidence))


def _doubts(evidence: Evidence, audited: rights.RightsAudit) -> tuple[str, ...]:
    """Everything about a role that suffices which should not stay so. An administrator's needs no list of excess."""
    is_admin = _is_admin(evidence) or audited.is_admin_like
    found = {
        "rights_admin": is_admin,
        "rights_unreadable": bool(audited.unreadable),
        "rights_customized": bool(_hidden_tables(evidence)),
        "rights_excess": not is_admin and bool(_beyond(audited)),
    }
    return tuple(key for key, is_so in found.items() if is_so)


def _is_admin(evidence: Evidence) -> bool:
    return evidence.me is not None and evidence.me.value is not None and evidence.me.value.admin is True


def _beyond(audited: rights.RightsAudit) -> tuple[RightFinding, ...]:
    """What not even the full list grants: the rest is unused by this profile, yet nothing to worry about."""
    within = {(it.module, it.function, it.level) for it in audited.excess_within_full}
    return tuple(it for it in audited.rights.excess if (it.module, it.function, it.level) not in within)


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
    params = {"list": _sentence(missing), "number": len(missing), **_role(evidence)}
    return finding(evidence, "rights", State.FAIL, key, duration_ms=duration, **params)


def _judge_probes(evidence: Evidence, security: Answer[tuple[rights.SecurityRow, ...]]) -> Layer | None:
    if evidence.probes is None or evidence.boards is None:
        return None
    probes = _probes(evidence)
    duration = security.duration_ms + max(it.duration_ms for it in probes.values())
    missing = _probed_missing(evidence)
    if missing:
        params = {"list": _sentence(missing), "number": len(missing), **_role(evidence)}
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
    doubts = ("rights_admin", "rights_probed") if _is_admin(evidence) else ("rights_probed",)
    return findings(evidence, "rights", State.WARN, doubts, duration_ms=duration, **_role(evidence))


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


def _role(evidence: Evidence) -> dict[str, object]:
    """How sentences call the role, and where it is opened."""
    name = member_params(evidence)["role"]
    shown = name or "the API member's role"
    return {"role": name or "of the API member", "where": f"System → Security Roles → {shown}"}


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
