"""App Home: the dashboard."""

from collections.abc import Collection
from datetime import datetime

from bot.domain.errors import CwBotError
from bot.domain.instance import Instance, Outline
from bot.domain.onboarding import Onboarding, Phase
from bot.services.status import Overview
from handlers.blocks import kit, report, status
from handlers.blocks.card import describe_next
from handlers.blocks.kit import JSON
from handlers.blocks.manage import build_buttons
from handlers.ids import Action, Command

# Slack takes 100 blocks. With everything beside it an instance takes three to five; in short, one.
_ROOM = 96
_SHORT_SHOWN = 90
MOST_IN_FULL = _ROOM // 3


def build_home(
    overview: Overview[Instance], *, now: datetime, integration: str, checking: Collection[str] = ()
) -> JSON:
    """Every instance with its light, what is next, and its buttons; in short where they do not fit."""
    rows = [
        _row(
            it,
            overview.onboardings.get(it.id),
            now=now,
            integration=integration,
            is_checking=it.id in checking,
        )
        for it in overview.instances
    ]
    blocks = [*_head(overview), *(block for row in rows for block in row)]
    if len(blocks) <= _ROOM:
        return {"type": "home", "blocks": blocks}
    return build_home_in_short(overview, now=now, checking=checking)


def build_home_in_short(
    overview: Overview[Outline], *, now: datetime, checking: Collection[str] = ()
) -> JSON:
    """A line for each of many."""
    head = _head(overview)
    room = _SHORT_SHOWN - len(_orphans(overview))
    return {"type": "home", "blocks": [*head, *_short(overview, now=now, checking=checking, room=room)]}


def _head(overview: Overview[Outline]) -> list[JSON]:
    orphans = _orphans(overview)
    is_empty = not overview.instances and not orphans
    said = (
        f"Nothing is connected yet. Begin here, or with `{Command.SETUP}` in your team's channel."
        if is_empty
        else "What is connected, and how it is."
    )
    connect = kit.button(
        "Connect ConnectWise" if is_empty else "Connect another",
        Action.START_SETUP,
        style="primary" if is_empty else "",
    )
    waiting = (
        kit.section(f":hourglass_flowing_sand: *{kit.typed(it.name, 75)}*: looking for its host…")
        for it in orphans
    )
    return [kit.header("ConnectWise"), kit.section(said, accessory=connect), *waiting]


def build_home_refusal(error: CwBotError) -> JSON:
    """For people who may not see it."""
    return {
        "type": "home",
        "blocks": [
            kit.header("ConnectWise"),
            kit.section(kit.escape(report.describe_error(error))),
        ],
    }


def _orphans(overview: Overview[Outline]) -> list[Onboarding]:
    """Those whose host is still being looked up: there is no instance yet."""
    known = {it.id for it in overview.instances}
    found = [it for it in overview.onboardings.values() if it.phase is Phase.CHECKING and it.id not in known]
    return found[:3]


def _row(
    instance: Instance,
    onboarding: Onboarding | None,
    *,
    now: datetime,
    integration: str,
    is_checking: bool,
) -> list[JSON]:
    blocks = [kit.divider(), kit.section(status.short_line(instance, onboarding, now=now))]
    said = [report.fix(instance.report)] if instance.report else []
    if not any(said) and onboarding is not None and not onboarding.is_finished:
        said.append(describe_next(onboarding, integration=integration))
    if is_checking:
        said.append(":hourglass_flowing_sand: Asking ConnectWise now…")
    said = [it for it in said if it]
    if said:
        blocks.append(kit.context(*said))
    blocks += build_buttons(instance, onboarding)
    return blocks


def _short(overview: Overview[Outline], *, now: datetime, checking: Collection[str], room: int) -> list[JSON]:
    blocks = [kit.divider()]
    for instance in overview.instances[:room]:
        line = status.short_line(instance, overview.onboardings.get(instance.id), now=now)
        if instance.id in checking:
            line += "  ·  :hourglass_flowing_sand: asking…"
        manage = kit.button(
            "Manage…", Action.MANAGE, instance.id, label=f"Manage {kit.clip(instance.name, 60)}"
        )
        blocks.append(kit.section(line, accessory=manage))
    if len(overview.instances) > room:
        blocks.append(
            kit.context(f"… and {len(overview.instances) - room} more. `{Command.STATUS} NAME` shows one.")
        )
    return blocks
