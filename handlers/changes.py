"""The answer to a form about an instance, as the view that comes next: saved, or the form again with the reason."""

from bot.domain.instance import Instance
from bot.services.revisions import (
    ChangeAnswer,
    EditEntry,
    Entry,
    FilterEntry,
    Rejected,
    Rotated,
    RotationAnswer,
    Saved,
    Stale,
)
from handlers.blocks import kit
from handlers.blocks.edit import EditForm, build_edit
from handlers.blocks.filters import build_filter
from handlers.blocks.keys import build_rotation
from handlers.blocks.kit import JSON
from handlers.blocks.manage import build_rotated, build_saved, explain_stale
from handlers.blocks.refusal import explain_refusal


def build_answer(answer: ChangeAnswer, *, integration: str) -> JSON:
    """After a slow change."""
    if isinstance(answer, Saved):
        return build_saved(answer)
    if isinstance(answer, Rejected):
        said = kit.escape(explain_refusal(answer.refusal, integration=integration))
        return build_form(
            answer.instance, answer.entry, integration=integration, notice=f":warning: *Not saved.* {said}"
        )
    return build_stale(answer, integration=integration)


def build_stale(stale: Stale, *, integration: str) -> JSON:
    """The form again, on the newest edition, with what was typed and what has changed meanwhile."""
    if stale.entry is None:
        raise ValueError("a form is shown again from what was typed")
    return build_form(stale.instance, stale.entry, integration=integration, notice=explain_stale(stale))


def build_form(instance: Instance, entry: Entry, *, integration: str, notice: str, round_: int = 0) -> JSON:
    """The form that an entry came from, with what was typed."""
    if isinstance(entry, FilterEntry):
        return build_filter(instance, entry.filter, integration=integration, notice=notice, round_=round_)
    return build_edit(instance, _form(entry), integration=integration, notice=notice)


def build_rotation_answer(
    instance: Instance, answer: RotationAnswer, *, member: str, integration: str
) -> JSON:
    """After new keys were judged slowly. What was typed into the key fields is not kept, so it is not shown again."""
    if isinstance(answer, Rotated):
        return build_rotated(answer)
    if isinstance(answer, Stale):
        return build_rotation(answer.instance, member=member, notice=explain_stale(answer))
    said = kit.escape(explain_refusal(answer, integration=integration))
    return build_rotation(instance, member=member, notice=f":warning: *Not saved.* {said}")


def _form(entry: EditEntry) -> EditForm:
    return EditForm(
        name=entry.name,
        description=entry.description,
        host=entry.host,
        company=entry.company,
        profile=entry.profile,
    )
