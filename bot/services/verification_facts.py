"""What a verification learnt beside the verdict, as the report's `facts`.

Only what is known, JSON values only.
"""

from dataclasses import asdict
from typing import Any, Final

from bot.domain.evidence import CompanyInfo, SystemInfo
from bot.domain.rights import customize_notes
from bot.services.verification_evidence import Answer, Evidence
from bot.services.verification_filter import find_blamed, find_fault

_LISTED: Final = 40


def gather_facts(evidence: Evidence) -> dict[str, Any]:
    """The facts under their documented names; a name is missing where nothing is known."""
    company = evidence.company.value if evidence.company else None
    info = evidence.info.value if evidence.info else None
    facts = {
        **(_of_company(company) if company else {}),
        **(_of_system(info) if info else {}),
        **_of_member(evidence),
        **_of_filter(evidence),
        "customized": _of_customize(evidence),
        "method": _method(evidence),
        "retry_after": _longest_wait(evidence),
        "correlation_id": _correlation_id(evidence),
    }
    return {name: value for name, value in facts.items() if value not in (None, "", {})}


def _of_company(info: CompanyInfo) -> dict[str, Any]:
    return {
        "company_name": info.name,
        "company_id": info.company_id,
        "codebase": info.codebase.strip("/"),
        "version": info.version,
        "is_cloud": info.is_cloud,
        "site_url": info.site_url,
        "latency_ms": info.answer_ms,
    }


def _of_system(info: SystemInfo) -> dict[str, Any]:
    found = {
        "version": info.version,
        "region": info.region,
        "is_cloud": info.is_cloud,
        "time_zone": info.time_zone,
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _of_member(evidence: Evidence) -> dict[str, Any]:
    mine = evidence.me.value if evidence.me else None
    record = evidence.member.value if evidence.member else None
    known = {**(asdict(record) if record else {}), **(_known(asdict(mine)) if mine else {})}
    known["excluded_boards"] = list(known.get("excluded_boards", ()))
    member = _known(known)
    return {"member": member, "role": member.get("role")} if mine or record else {}


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _of_filter(evidence: Evidence) -> dict[str, Any]:
    unreadable = find_fault(evidence.target.filter)
    if unreadable is not None:
        return {"filter_field": unreadable.field}
    count, sample = evidence.count, evidence.sample
    found: dict[str, Any] = {}
    if count is not None and count.error is None:
        found["matches"] = count.value
    if sample is not None and sample.value is not None:
        found["samples"] = [ref.name for ref in sample.value]
    refused = count is not None and count.error is not None and count.error.key == "filter_refused"
    if (refused or found.get("matches") == 0) and not evidence.target.filter.is_empty:
        found["filter_field"] = str(find_blamed(evidence))
    return found


def _of_customize(evidence: Evidence) -> dict[str, list[str]]:
    """What the "(customize)" links of the role list, by function: which entries they leave is not documented."""
    items = evidence.items.value if evidence.items else None
    return {it.function: list(it.entries[:_LISTED]) for it in customize_notes(items or ())}


def _method(evidence: Evidence) -> str | None:
    if evidence.security is not None and evidence.security.value:
        return "mySecurity"
    return "probes" if evidence.probes else None


def _answers(evidence: Evidence) -> list[Answer[object]]:
    found = [evidence.company, *evidence.keyed, *(evidence.probes or {}).values()]
    return [answer for answer in found if answer is not None]


def _longest_wait(evidence: Evidence) -> float | None:
    waits = [it.error.retry_after for it in _answers(evidence) if it.error and it.error.retry_after]
    return max(waits, default=None)


def _correlation_id(evidence: Evidence) -> str | None:
    """How ConnectWise calls the request in its own logs: the failed one's, which is the one to ask about."""
    for answer in _answers(evidence):
        if answer.error is not None and "request_id" in answer.error.params:
            return str(answer.error.params["request_id"])
    return evidence.info.value.request_id if evidence.info and evidence.info.value else None
