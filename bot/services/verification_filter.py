"""The judge of the company filter: read by us first, then counted by ConnectWise."""

import re
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.evidence import NameRef
from bot.domain.fields import Field
from bot.domain.filters import FilterError
from bot.domain.filters import check as check_filter
from bot.domain.instance import Filter
from bot.domain.report import Layer, State
from bot.services.verification_evidence import Answer, Evidence, Target
from bot.services.verification_layers import fault, finding

_QUOTED_NAME: Final = re.compile(
    r"^\s*[\"'“]?([A-Za-z_][\w/.]*)[\"'”]? is not a recognized name", re.IGNORECASE
)


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
    params = {**_count(matches), "names": _names(sample)}
    return finding(evidence, "filter", State.OK, key, duration_ms=duration, **params)


def _count(matches: int) -> dict[str, str]:
    if matches == 1:
        return {"found": "1 company matches", "visible": "1 company is visible"}
    return {"found": f"{matches:,} companies match", "visible": f"{matches:,} companies are visible"}


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
