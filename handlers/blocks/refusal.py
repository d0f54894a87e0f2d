"""Why a submission was not taken, as one plain text for a field."""

from bot.domain.errors import CwBotError
from bot.domain.refusal import Refusal
from handlers.blocks import kit, report

# Slack shows a field error of any length, but nobody reads a long one.
_LIMIT = 500


def explain_refusal(refusal: Refusal, *, integration: str) -> str:
    """What happened and what to do."""
    if refusal.report is not None:
        text = report.describe_culprit(refusal.report)
    else:
        text = report.describe_error(refusal.error or CwBotError())
    return kit.clip(text.replace("{integration}", integration), _LIMIT)
