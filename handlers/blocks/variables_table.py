"""Organization variables that were chosen: the table to paste from, and what ConnectWise says against them now."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.catalogue import explain
from bot.domain.instance import Instance
from bot.domain.onboarding import Onboarding, Phase, StepName
from bot.domain.report import Report
from bot.domain.text import drop_invisible
from bot.domain.variable_checks import Problem
from bot.domain.variables import VARIABLES_DRIFT, Row, Variables, list_rows, write_csv
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.ids import Action, Callback

TITLE: Final = "Organization variables"

_LABEL_SHOWN: Final = 80
_VALUE_WIDTH: Final = 6
_PREFORMATTED_LIMIT: Final = 2900
_DRIFT_SHOWN: Final = 4
_FIELD_ERROR_LIMIT: Final = 500


def explain_problem(problem: Problem) -> str:
    """A problem as plain text: what is wrong and what to do."""
    said = explain(problem.key, **problem.params)
    return kit.clip(f"{said.summary} {said.fix}".strip(), _FIELD_ERROR_LIMIT)


def build_table(
    instance: Instance,
    chosen: Variables,
    *,
    as_csv: bool = False,
    is_new: bool = False,
    warnings: Iterable[Problem] = (),
) -> JSON:
    """What is kept, to paste from: as a table or as CSV."""
    head = (
        ":white_check_mark: *Saved.* ConnectWise has all of it. Copy"
        if is_new
        else f"*{kit.typed(instance.name)}*: copy"
    )
    blocks = [kit.section(f"{head} the values into the form with the organization variables.")]
    blocks += [kit.section(f":warning: {kit.escape(explain_problem(it))}") for it in warnings]
    blocks += _preformat(write_csv(chosen.values)) if as_csv else _preformat(_align(list_rows(chosen.values)))
    other = ("Show as a table", "table") if as_csv else ("Show as CSV", "csv")
    blocks.append(
        kit.actions(
            kit.button(other[0], Action.VARIABLES_FORMAT, f"{instance.id}:{other[1]}"),
            kit.button("Choose again", Action.CHOOSE_VARIABLES, instance.id),
        )
    )
    blocks.append(kit.context(_who(chosen)))
    if instance.report is not None:
        blocks += build_drift(instance.report)
    return kit.modal(
        callback_id=Callback.NOTICE,
        title=TITLE,
        blocks=blocks,
        private_metadata=Meta(instance_id=instance.id).pack(),
    )


def build_reply(onboarding: Onboarding) -> list[JSON]:
    """The table in the thread, and what is wrong with it by now; nothing where nothing was chosen.

    A finished thread is compact: there the table is behind its button.
    """
    chosen = onboarding.variables
    if chosen is None:
        return []
    blocks = build_drift(onboarding.report) if onboarding.report else []
    if not onboarding.is_finished:
        blocks += _preformat(_align(list_rows(chosen.values)))
    if onboarding.phase is not Phase.CLOSED:
        row = (
            kit.button("Copy or export", Action.SHOW_VARIABLES, onboarding.id),
            kit.button("Choose again", Action.CHOOSE_VARIABLES, onboarding.id),
        )
        blocks.append(kit.actions(*row, block_id="variables"))
    return blocks


def build_buttons(onboarding: Onboarding) -> list[JSON]:
    """*Choose variables* in the row of a step that is open, as soon as there are keys to read the lists by."""
    if onboarding.variables is not None or not onboarding.step(StepName.VERIFIED).is_complete:
        return []
    return [kit.button("Choose variables", Action.CHOOSE_VARIABLES, onboarding.id)]


def build_drift(checked: Report) -> list[JSON]:
    """What the last check found wrong with the variables that are kept."""
    found = checked.facts.get(VARIABLES_DRIFT)
    problems = [Problem.model_validate(it) for it in found] if isinstance(found, list) else []
    lines = [f"•  {kit.escape(explain_problem(it))}" for it in problems[:_DRIFT_SHOWN]]
    if left := len(problems) - len(lines):
        lines.append(f"•  … and {left} more.")
    if not lines:
        return []
    return [
        kit.section("\n".join([":warning: *Organization variables do not fit ConnectWise any more*", *lines]))
    ]


def _who(chosen: Variables) -> str:
    return f"Chosen by {kit.user(chosen.by)}, {kit.date(chosen.at)}"


def _align(rows: Sequence[Row]) -> str:
    """Names, values and labels in columns; a long value does not widen its column."""
    width = max((len(it.name) for it in rows), default=0)
    values = max((len(it.value) for it in rows if len(it.value) <= _VALUE_WIDTH), default=0)
    lines = (
        f"{it.name:<{width}}  {it.value:<{values}}  {kit.clip(drop_invisible(it.label), _LABEL_SHOWN)}"
        for it in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _preformat(text: str) -> list[JSON]:
    """Text as it is, to be copied: neither markup nor mentions mean anything in it."""
    return [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": chunk}]}],
        }
        for chunk in _chunks(text.splitlines())
    ]


def _chunks(lines: Iterable[str]) -> list[str]:
    chunks: list[str] = []
    for line in lines:
        if chunks and len(chunks[-1]) + len(line) < _PREFORMATTED_LIMIT:
            chunks[-1] += "\n" + line
        else:
            chunks.append(kit.clip(line, _PREFORMATTED_LIMIT))
    return chunks
