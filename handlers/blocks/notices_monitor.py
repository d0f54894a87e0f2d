"""What the monitor says in a thread: since when, what changed, whose move. Short, and never the same twice."""

from datetime import timedelta
from typing import Final

from bot.domain.catalogue import Who, entries
from bot.domain.digest import Summary
from bot.domain.drift import Drift, Subject
from bot.domain.instance import Outline
from bot.domain.monitor import Health, Notice, NoticeKind
from handlers.blocks import kit
from handlers.blocks.card import Message
from handlers.blocks.kit import JSON
from handlers.ids import Action, Command

_SHOWN: Final = 12
_NAME_SHOWN: Final = 120
_MOVES: Final[dict[Who, str]] = {
    "you": "The next move is yours.",
    "admin": "The next move is a ConnectWise administrator's.",
    "network": "The next move is with whoever runs the network.",
    "nobody": "Nobody needs to do anything: I keep asking, and say when it is back.",
}
_SUBJECTS: Final = {
    Subject.RIGHT: "Role",
    Subject.MEMBER: "API member",
    Subject.VERSION: "ConnectWise",
    Subject.VARIABLE: "Organization variable",
}


def build_notice(instance: Outline, notice: Notice) -> Message:
    """A notice as the thread shows it."""
    name = kit.typed(instance.name, _NAME_SHOWN)
    builders = {
        NoticeKind.DOWN: _down,
        NoticeKind.NEEDS_YOU: _needs_you,
        NoticeKind.RECOVERED: _recovered,
        NoticeKind.DRIFT: _drifted,
    }
    text, blocks = builders[notice.kind](name, notice)
    if notice.changes:
        blocks.append(kit.section(_list_changes(notice.changes)))
    if notice.drops > 1 and notice.kind is not NoticeKind.DRIFT:
        blocks.append(
            kit.context(
                f"It went down {notice.drops} times within a day, so I wait longer before I say more."
            )
        )
    if notice.is_stopped:
        blocks.append(
            kit.actions(kit.button("Enter API keys", Action.ENTER_KEYS, instance.id, style="primary"))
        )
    return Message(text=text, blocks=blocks)


def build_digest(summary: Summary) -> Message:
    """How all of a workspace's instances are, once a day, for those who asked to be told."""
    total, well, unwell = summary.total, summary.counts.get(Health.UP, 0), summary.unwell
    text = f"{well} of {total} ConnectWise instances work." if total > 1 else _say_of_one(well, total)
    light = ":large_green_circle:" if well == total else ":red_circle:"
    blocks = [kit.section(f"{light}  *Today:* {text}")]
    lines = [_say_unwell(it, why) for it, why in unwell[:_SHOWN]]
    if len(unwell) > _SHOWN:
        lines.append(f"… and {len(unwell) - _SHOWN} more. `{Command.STATUS} all` lists them.")
    if lines:
        blocks.append(kit.section("\n".join(lines)))
    return Message(text=text, blocks=blocks)


def build_digest_begun() -> Message:
    """To whoever asked for it."""
    text = (
        "From now on I say in this channel once a day, at this time, how all instances are. "
        f"`{Command.STATUS} digest off` ends it."
    )
    return Message(text=text, blocks=[kit.section(text)])


def build_digest_ended(*, was_there: bool) -> Message:
    """To whoever ended it."""
    text = "The daily digest has ended." if was_there else "There is no daily digest here that could end."
    return Message(text=text, blocks=[kit.section(text)])


def _say_of_one(well: int, total: int) -> str:
    if not total:
        return "no ConnectWise instance is verified yet."
    return "the ConnectWise instance works." if well else "the ConnectWise instance does not work."


def _say_unwell(instance: Outline, why: str) -> str:
    name = f"•  *{kit.typed(instance.name, _NAME_SHOWN)}*"
    return f"{name}: {kit.escape(why)}" if why else name


def spell_duration(span: timedelta) -> str:
    """How long, as one says it."""
    minutes = max(1, round(span.total_seconds() / 60))
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= 2 * size or size == 1:
            many = round(minutes / size)
            return f"{many} {unit}{'s' if many != 1 else ''}"
    return ""


def _down(name: str, notice: Notice) -> tuple[str, list[JSON]]:
    said = f":large_yellow_circle: *{name} does not answer*, since {kit.date(notice.since)}."
    blocks = [kit.section(f"{said}\n{kit.escape(notice.summary)}"), kit.context(_move(notice, "nobody"))]
    return f"{name}: ConnectWise does not answer", blocks


def _needs_you(name: str, notice: Notice) -> tuple[str, list[JSON]]:
    said = f":red_circle: *{name} needs somebody*, since {kit.date(notice.since)}."
    lines = [said, kit.escape(notice.summary), kit.escape(notice.fix)]
    blocks = [kit.section("\n".join(it for it in lines if it))]
    small = [_move(notice, "you")]
    if notice.is_stopped:
        small.append(
            f"I have stopped asking, so that the API member is not locked: new keys, or `{Command.STATUS} "
            f"{name}`, set me going again."
        )
    blocks.append(kit.context(*small))
    return f"{name} needs somebody: {kit.escape(notice.summary)}", blocks


def _recovered(name: str, notice: Notice) -> tuple[str, list[JSON]]:
    lasted = spell_duration(notice.at - notice.since)
    said = (
        f":large_green_circle: *{name} works again.* It did not for {lasted}, since {kit.date(notice.since)}."
    )
    return f"{name} works again, after {lasted}", [kit.section(said)]


def _drifted(name: str, notice: Notice) -> tuple[str, list[JSON]]:
    many = len(notice.changes)
    what = "Something" if many == 1 else f"{many} things"
    said = f":mag: *{what} changed in ConnectWise* for {name}, since {kit.date(notice.since)}."
    worse = any(it.is_worse for it in notice.changes)
    move = _MOVES["admin"] if worse else "It still works: nobody needs to do anything."
    return f"{name}: {what.casefold()} changed in ConnectWise", [kit.section(said), kit.context(move)]


def _move(notice: Notice, otherwise: Who) -> str:
    entry = entries().get(notice.error_key)
    return _MOVES[entry.who if entry else otherwise]


def _list_changes(changes: tuple[Drift, ...]) -> str:
    lines = [
        f"• {_SUBJECTS.get(it.subject, 'ConnectWise')}: {kit.typed(it.name)} {kit.typed(it.before)} → "
        f"*{kit.typed(it.after)}*{'  :warning:' if it.is_worse else ''}"
        for it in changes[:_SHOWN]
    ]
    if len(changes) > _SHOWN:
        lines.append(f"… and {len(changes) - _SHOWN} more.")
    return "\n".join(lines)
