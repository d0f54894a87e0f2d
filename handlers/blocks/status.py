"""`/cw-status`: one instance in detail, or all of them in short."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.domain.drift import RIGHT_SEPARATOR, Drift, Drifts, Subject
from bot.domain.instance import Instance, Outline, Standing
from bot.domain.onboarding import Onboarding
from bot.domain.report import Report
from bot.services.status import Overview
from handlers.blocks import kit, report
from handlers.blocks.card import Message
from handlers.blocks.kit import JSON
from handlers.blocks.manage import build_buttons
from handlers.ids import Action, Block, Command

_STANDINGS = {
    Standing.DRAFT: ":white_circle: *Not connected yet*",
    Standing.UNVERIFIED: ":large_yellow_circle: *Not verified yet*",
    Standing.VERIFIED: ":large_green_circle: *Verified*",
    Standing.NEEDS_YOU: ":red_circle: *Needs you*",
}
_WORDS = {
    Standing.DRAFT: "not connected yet",
    Standing.UNVERIFIED: "not verified yet",
    Standing.VERIFIED: "verified",
    Standing.NEEDS_YOU: "needs you",
}

# What drifted is news for so long.
_DRIFT_SHOWN = timedelta(days=7)
_DRIFTS_LISTED = 6

# Keys older than this are worth a word.
_OLD_KEYS_DAYS = 365

# A message takes 50 blocks, a section 3,000 characters.
_SECTION = 2800
_LISTED = 100
_LIST_SECTIONS = 40


def build_status(
    instance: Instance,
    onboarding: Onboarding | None,
    *,
    now: datetime,
    checking: bool = False,
    others: Sequence[Outline] = (),
    note: str = "",
) -> Message:
    """What is known of an instance, how old it is, and what one can do. `others` can be looked at next."""
    blocks: list[JSON] = [kit.header(instance.name)]
    if note:
        blocks.append(kit.section(note))
    blocks += build_knowledge(instance, onboarding, now=now)
    if checking:
        blocks.append(kit.context(":hourglass_flowing_sand: Asking ConnectWise now…"))
    blocks += build_buttons(instance, onboarding)
    if others:
        blocks.append(_picker(others))
    return Message(text=describe_status(instance), blocks=blocks)


def build_asking(instance: Outline, onboarding: Onboarding | None, *, now: datetime) -> Message:
    """What is known of an instance in one line, while ConnectWise is asked; all the rest comes with the answer."""
    blocks = [
        kit.section(short_line(instance, onboarding, now=now)),
        kit.context(":hourglass_flowing_sand: Asking ConnectWise now… The fresh verdict follows."),
    ]
    return Message(text=describe_status(instance), blocks=blocks)


def build_asking_all(number: int) -> Message:
    """Before any of many instances has been looked at: how many there are, and that the list follows."""
    blocks = [
        kit.section(f"*{number} ConnectWise instances*"),
        kit.context(
            ":hourglass_flowing_sand: Asking ConnectWise now… What is known of each follows, then the fresh verdicts."
        ),
    ]
    return Message(text=f"{number} ConnectWise instances", blocks=blocks)


def build_shared(instance: Instance, onboarding: Onboarding | None, *, by: str, now: datetime) -> Message:
    """The same for everybody in a channel: no buttons, and who has shared it."""
    blocks: list[JSON] = [kit.header(instance.name)]
    blocks += build_knowledge(instance, onboarding, now=now, details=False)
    blocks.append(kit.context(f"Shared by {kit.user(by)}. `{Command.STATUS}` shows you the newest."))
    return Message(text=describe_status(instance), blocks=blocks)


def build_knowledge(
    instance: Instance, onboarding: Onboarding | None, *, now: datetime, details: bool = True
) -> list[JSON]:
    """Where it is, the light, what is missing, what is too much, what drifted, and the facts in small print."""
    known = instance.report or (onboarding.report if onboarding else None)
    blocks: list[JSON] = [kit.section(_where(instance))]
    if known is not None:
        blocks += report.build_report(known, details_of=instance.id if details else "")
        blocks += _excess(known, details=details)
    else:
        blocks.append(kit.section(_STANDINGS[instance.standing]))
    blocks += _drift(instance.drift, now)
    if instance.new_keys is not None:
        waiting = instance.new_keys
        blocks.append(
            kit.context(
                f":lock: A new pair of keys by {kit.user(waiting.by)} from {kit.date(waiting.at)} waits, sealed. "
                "The pair in use stays until it is verified."
            )
        )
    facts = _facts(instance, now)
    return [*blocks, kit.context(*facts)] if facts else blocks


def build_list(
    overview: Overview[Outline],
    *,
    now: datetime,
    waiting: Collection[str] = (),
    failed: Collection[str] = (),
) -> Message:
    """All instances, a line each. `waiting` are being asked, `failed` could not be."""
    shown = overview.instances[:_LISTED]
    lines = []
    for instance in shown:
        line = short_line(instance, overview.onboardings.get(instance.id), now=now)
        if instance.id in waiting:
            line += "  ·  :hourglass_flowing_sand: asking…"
        elif instance.id in failed:
            line += "  ·  could not be asked just now"
        lines.append(line)
    if left := len(overview.instances) - len(shown):
        lines.append(f"… and {left} more. `{Command.STATUS} NAME` shows one.")
    blocks: list[JSON] = [kit.header("ConnectWise instances")]
    blocks += [kit.section(it) for it in pack(lines)[:_LIST_SECTIONS]]
    if waiting:
        asking = f":hourglass_flowing_sand: Asking {len(waiting)} of them now… The answers follow."
        blocks.append(kit.context(asking))
    else:
        blocks.append(kit.context(f"`{Command.STATUS} NAME` checks one of them live."))
    blocks.append(_picker(overview.instances))
    return Message(text=_count(overview), blocks=blocks)


def build_nothing() -> Message:
    """No instance at all."""
    text = f"No ConnectWise is connected here yet. Start with `{Command.SETUP}`."
    return Message(text=text, blocks=[kit.section(text)])


def build_unknown(overview: Overview[Outline], name: str) -> Message:
    """No instance of that name; the nearest ones as buttons, and all of them in a menu."""
    near = overview.nearest(name)
    asked = _ask(len(near))
    text = f"There is no instance {kit.code(name, 75)} here. {asked}"
    blocks = [kit.section(text)]
    offered = near or overview.instances[:3]
    blocks.append(
        kit.actions(
            *(kit.button(it.name, f"{Action.STATUS_NEAR}:{n}", it.id) for n, it in enumerate(offered))
        )
    )
    if len(overview.instances) > len(offered):
        blocks.append(_picker(overview.instances))
    names = ", ".join(kit.typed(it.name, 75) for it in offered)
    return Message(text=f"There is no instance of that name. {asked} {names}", blocks=blocks)


def _ask(near: int) -> str:
    if not near:
        return "This is what there is:"
    return "Did you mean this one?" if near == 1 else "Did you mean one of these?"


def short_line(instance: Outline, onboarding: Onboarding | None, *, now: datetime) -> str:
    """An instance in one line of mrkdwn."""
    light = _STANDINGS[instance.standing].split(" ", 1)[0]
    parts = [f"{light}  *{kit.typed(instance.name, 75)}*  {kit.code(instance.company, 64)}"]
    if instance.is_default:
        parts.append("default")
    if onboarding is not None and not onboarding.is_finished:
        parts.append(f"{onboarding.completed} of {len(onboarding.steps)} steps")
    culprit = instance.report.culprit if instance.report else None
    if culprit is not None:
        parts.append(kit.escape(kit.clip(culprit.summary, 120)))
    if instance.report is not None:
        parts.append(f"checked {ago(instance.report.checked_at, now)}")
    return "  ·  ".join(parts)


def describe_status(instance: Outline) -> str:
    """For a notification."""
    said = report.plain_headline(instance.report) if instance.report else _WORDS[instance.standing]
    return f"{kit.typed(instance.name, 75)}: {said}"


def ago(at: datetime, now: datetime) -> str:
    """How long ago, in words."""
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def pack(lines: Sequence[str], limit: int = _SECTION) -> list[str]:
    """Lines joined into as few texts of at most `limit` characters as it takes, in their order."""
    texts: list[str] = []
    for line in lines:
        if texts and kit.measure(texts[-1]) + 1 + kit.measure(line) <= limit:
            texts[-1] += "\n" + line
        else:
            texts.append(kit.fit(line, limit))
    return texts


def _count(overview: Overview[Outline]) -> str:
    number = len(overview.instances)
    return f"{number} ConnectWise instance{'' if number == 1 else 's'}"


def _picker(instances: Sequence[Outline]) -> JSON:
    menu = kit.select(
        [kit.option(it.name, it.id) for it in instances], placeholder="Look at another instance"
    )
    return kit.actions({**menu, "action_id": Action.STATUS_PICK}, block_id=Block.PICKER)


def _where(instance: Instance) -> str:
    line = f"{kit.code(instance.company)} at {kit.code(instance.host)}"
    name = instance.report.facts.get("company_name") if instance.report else None
    line = f"*{kit.typed(str(name))}*  ·  {line}" if name else f"Company {line}"
    line += "  ·  the default" if instance.is_default else ""
    return f"{line}\n{kit.typed(instance.description, 400)}" if instance.description else line


def _excess(known: Report, *, details: bool) -> list[JSON]:
    beyond = known.rights.excess
    if not beyond:
        return []
    functions = len({(it.module, it.function) for it in beyond})
    more = " *Details* lists them." if details else ""
    levels = "1 level" if len(beyond) == 1 else f"{len(beyond)} levels"
    of_them = "1 function" if functions == 1 else f"{functions} functions"
    return [
        kit.context(
            f":scissors: The role may do more than it needs: {levels} in {of_them} beyond the list.{more}"
        )
    ]


def _drift(drift: Drifts | None, now: datetime) -> list[JSON]:
    if drift is None or now - drift.at > _DRIFT_SHOWN:
        return []
    # What does not fit of the variables the verdict itself names, for as long as it is so.
    changes = [it for it in drift.changes if it.subject is not Subject.VARIABLE]
    if not changes:
        return []
    grouped = _group(changes)
    lines = [_drifted(it) for it in grouped[:_DRIFTS_LISTED]]
    if left := len(grouped) - len(lines):
        lines.append(f"… and {left} more.")
    head = f":twisted_rightwards_arrows: *Changed in ConnectWise* since {kit.date(drift.since)}"
    return [kit.section("\n".join([head, *lines]))]


def _group(changes: Sequence[Drift]) -> list[Drift]:
    """Levels of one function that changed alike as one: `Project › Project Headers › Add, Edit`."""
    groups: dict[tuple[str, ...], Drift] = {}
    for number, change in enumerate(changes):
        function, _, level = change.name.rpartition(RIGHT_SEPARATOR)
        is_right = change.subject is Subject.RIGHT and bool(function)
        key = (function, change.before, change.after) if is_right else (str(number),)
        known = groups.get(key)
        name = f"{known.name}, {level}" if known else change.name
        groups[key] = change.model_copy(update={"name": name})
    return list(groups.values())


def _drifted(change: Drift) -> str:
    mark = ":warning: " if change.is_worse else ""
    name = kit.typed(change.name, 120)
    if change.subject is Subject.RIGHT:
        name = f"Role: {name}"
    return f"•  {mark}{name}: {kit.typed(change.before, 80)} → *{kit.typed(change.after, 80)}*"


def _facts(instance: Instance, now: datetime) -> list[str]:
    known = instance.report
    facts = []
    if known is not None:
        facts.append(f"Checked {kit.date(known.checked_at)}, {ago(known.checked_at, now)}")
        version = known.facts.get("version")
        region = known.facts.get("region")
        if version:
            where = f", {kit.typed(str(region), 60)}" if region else ""
            facts.append(f"ConnectWise {kit.typed(str(version), 60)}{where}")
        latency = known.facts.get("latency_ms")
        if latency is not None:
            facts.append(f"{int(latency)} ms per answer")
    if instance.keys_entered_at:
        facts.append(_keys_age(instance, instance.keys_entered_at, now))
    return facts


def _keys_age(instance: Instance, entered_at: datetime, now: datetime) -> str:
    days = (now - entered_at).days
    old = " Time to rotate them." if days > _OLD_KEYS_DAYS else ""
    by = kit.user(instance.keys_entered_by)
    if days < 1:
        return f"Keys entered less than a day ago by {by}"
    day = kit.date(entered_at, "{date_short_pretty}")
    return f"Keys entered {days} day{'s' if days > 1 else ''} ago by {by} ({day}).{old}"
