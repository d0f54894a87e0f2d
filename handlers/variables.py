"""Organization variables between the surfaces: what a form says, and what is shown for each answer."""

from collections.abc import Mapping
from typing import Any

import structlog

from bot.domain.instance import Instance
from bot.domain.variables import OF_BOARD, OF_TYPE, Kind, Pick, Value, Values, id_of, variables
from bot.services.variables import Refused, Saved, Stale, VariablesAnswer, VariablesEntry
from bot.slack.errors import SlackError, ViewGoneError
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.blocks.variables import (
    block_of,
    build_form,
    explain_refused,
    explain_stale,
)
from handlers.blocks.variables_table import build_table
from handlers.payload import Body, Typed, read_actor
from handlers.services import Services

log = structlog.get_logger(__name__)


def read_values(view: Mapping[str, Any]) -> dict[str, Value]:
    """What is chosen and typed in the form. What is no id of a record becomes 0, which no record has."""
    typed = Typed(view)
    values = {}
    for variable in variables():
        block = block_of(variable.name)
        if variable.is_listed:
            value = Value(picks=tuple(_pick(*it) for it in typed.options(block)))
        else:
            value = Value(
                text=typed.choice(block) if variable.kind is Kind.TIME else typed.text(block).strip()
            )
        if not value.is_empty:
            values[variable.name] = value
    return values


def _pick(value: str, text: str) -> Pick:
    return Pick(id=int(value) if value.isascii() and value.isdecimal() and len(value) < 12 else 0, label=text)


def read_entry(body: Body) -> VariablesEntry:
    """A form that was handed in."""
    actor, view = read_actor(body), body["view"]
    meta = Meta.unpack(str(view.get("private_metadata", "")))
    return VariablesEntry(
        team_id=actor.team_id,
        instance_id=meta.instance_id,
        by=actor.user_id,
        edition=meta.edition,
        values=read_values(view),
        view_id=str(view["id"]),
    )


def rebase(values: Values, kept: Values, above: Kind) -> dict[str, Value]:
    """The values after another board or type was chosen: what hung on the former one goes.

    What is kept for the one that is chosen now comes back.
    """
    is_kept = id_of(values, above) == id_of(kept, above) and id_of(values, Kind.BOARD) == id_of(
        kept, Kind.BOARD
    )
    hanging = {it.name for it in variables() if it.kind in (OF_BOARD if above is Kind.BOARD else OF_TYPE)}
    rest = {name: value for name, value in values.items() if name not in hanging}
    return rest | ({name: value for name, value in kept.items() if name in hanging} if is_kept else {})


def kept_values(instance: Instance) -> Values:
    """What is kept with an instance."""
    return instance.variables.values if instance.variables else {}


def build_start(instance: Instance, *, integration: str) -> JSON:
    """The form as it opens."""
    edition = instance.variables.edition if instance.variables else 0
    return build_form(instance, kept_values(instance), edition=edition, integration=integration)


def build_answer(answer: VariablesAnswer, entry: VariablesEntry, *, integration: str) -> JSON:
    """The view that follows a form: the table, or the form again with everything that was chosen and the reason."""
    if isinstance(answer, Saved):
        return build_table(answer.instance, answer.variables, is_new=True, warnings=answer.warnings)
    if isinstance(answer, Stale):
        known = answer.instance.variables
        edition, notice = (known.edition if known else 0), explain_stale(answer)
    else:
        edition, notice = entry.edition, explain_refused(answer.problems, answer.error)
    return build_form(answer.instance, entry.values, edition=edition, integration=integration, notice=notice)


async def tell_answer(services: Services, entry: VariablesEntry, answer: VariablesAnswer) -> None:
    """What a slow form came to: in its window, or beside the thread to whoever handed it in."""
    try:
        view = build_answer(answer, entry, integration=services.integration)
        await services.gateway.update_view(entry.team_id, entry.view_id, view)
    except ViewGoneError:
        if not isinstance(answer, Saved):
            await _whisper(services, entry, answer)
    except SlackError as error:
        log.warning("variables_untold", slack=error.error, instance=entry.instance_id)


async def _whisper(services: Services, entry: VariablesEntry, answer: Refused | Stale) -> None:
    onboarding = await services.onboarding.find(entry.team_id, entry.instance_id)
    if onboarding is None:
        return
    said = (
        explain_stale(answer) if isinstance(answer, Stale) else explain_refused(answer.problems, answer.error)
    )
    try:
        await services.gateway.whisper(
            entry.team_id,
            onboarding.thread.channel_id,
            entry.by,
            text=said,
            thread_ts=onboarding.thread.parent_ts,
        )
    except SlackError as error:
        log.warning("variables_untold", slack=error.error, instance=entry.instance_id)
