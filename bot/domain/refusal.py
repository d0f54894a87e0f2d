"""Why a submission was not taken: one field to blame, and the error or the report that says why."""

from dataclasses import dataclass

from bot.domain.errors import CwBotError, InputError
from bot.domain.fields import Field
from bot.domain.report import Report

# Which field of the first modal a failing layer, or a finding of it, points at.
COMPANY_FIELD_KEYS = frozenset({"company_unknown", "company_not_found"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One field to blame, and either an error of the catalogue or the report whose culprit says it."""

    field: Field
    error: CwBotError | None = None
    report: Report | None = None


def refuse(error: CwBotError, field: Field | None = None) -> Refusal:
    """The refusal that an error makes; an `InputError` knows its field."""
    if isinstance(error, InputError):
        return Refusal(field=Field(error.field), error=error)
    return Refusal(field=field or Field.NAME, error=error)
