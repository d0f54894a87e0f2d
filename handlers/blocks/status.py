"""`/cw-status`: one instance in detail, or all of them in short."""

from bot.domain.instance import Instance, Standing
from bot.domain.onboarding import Onboarding
from bot.services.status import Overview
from handlers.blocks import kit, report
from handlers.blocks.card import Message
from handlers.blocks.kit import JSON
from handlers.ids import Action, Command

_STANDINGS = {
    Standing.DRAFT: ":white_circle: *Not connected yet*",
    Standing.UNVERIFIED: ":large_yellow_circle: *Not verified yet*",
    Standing.VERIFIED: ":large_green_circle: *Verified*",
    Standing.NEEDS_YOU: ":red_circle: *Needs you*",
}


def build_status(instance: Instance, onboarding: Onboarding | None, *, checking: bool = False) -> Message:
    """What is known of an instance, and how old it is."""
    known = instance.report or (onboarding.report if onboarding else None)
    blocks: list[JSON] = [kit.header(instance.name), kit.section(_where(instance))]
    if known is not None:
        blocks += report.build_report(known, details_of=instance.id)
    else:
        blocks.append(kit.section(_STANDINGS[instance.standing]))
    facts = _facts(instance)
    if facts:
        blocks.append(kit.context(*facts))
    if checking:
        blocks.append(kit.context(":hourglass_flowing_sand: Asking ConnectWise now…"))
    blocks.append(kit.actions(*_buttons(instance, onboarding)))
    said = report.plain_headline(known) if known else "not connected yet"
    return Message(text=f"{kit.typed(instance.name)}: {said}", blocks=blocks)


def build_list(overview: Overview) -> Message:
    """All instances, a line each."""
    lines = [short_line(instance, overview.onboardings.get(instance.id)) for instance in overview.instances]
    blocks: list[JSON] = [kit.header("ConnectWise instances")]
    blocks += [
        kit.section("\n".join(lines[start : start + 8])) for start in range(0, min(len(lines), 320), 8)
    ]
    blocks.append(kit.context(f"`{Command.STATUS} NAME` checks one of them live."))
    return Message(text=f"{len(overview.instances)} ConnectWise instances", blocks=blocks)


def build_nothing() -> Message:
    """No instance at all."""
    text = f"No ConnectWise is connected here yet. Start with `{Command.SETUP}`."
    return Message(text=text, blocks=[kit.section(text)])


def build_unknown(overview: Overview, name: str) -> Message:
    """No instance of that name; the nearest ones."""
    near = overview.nearest(name) or tuple(it.name for it in overview.instances[:3])
    offers = ", ".join(f"*{kit.typed(it)}*" for it in near)
    text = f"There is no instance {kit.code(name, 75)} here. Did you mean {offers}? `{Command.STATUS} all` lists them."
    return Message(text=text, blocks=[kit.section(text)])


def _where(instance: Instance) -> str:
    line = f"Company {kit.code(instance.company)} at {kit.code(instance.host)}"
    name = instance.report.facts.get("company_name") if instance.report else None
    return f"{line} ({kit.typed(str(name))})" if name else line


def _facts(instance: Instance) -> list[str]:
    known = instance.report
    facts = []
    if known is not None:
        facts.append(f"Checked {kit.date(known.checked_at)}")
        version = known.facts.get("version")
        region = known.facts.get("region")
        if version:
            facts.append(
                f"ConnectWise {kit.typed(str(version))}" + (f", {kit.typed(str(region))}" if region else "")
            )
        latency = known.facts.get("latency_ms")
        if latency is not None:
            facts.append(f"{int(latency)} ms an answer")
    if instance.keys_entered_at:
        facts.append(
            f"Keys by {kit.user(instance.keys_entered_by)} on {kit.date(instance.keys_entered_at, '{date_short_pretty}')}"
        )
    return facts


def _buttons(instance: Instance, onboarding: Onboarding | None) -> list[JSON]:
    buttons = []
    waits = onboarding is not None and onboarding.pending is not None
    if instance.credentials is not None or waits:
        buttons.append(kit.button("Check again", Action.STATUS_CHECK, instance.id, style="primary"))
    if onboarding is not None and (instance.credentials is None or waits):
        buttons.append(kit.button("Enter API keys", Action.ENTER_KEYS, onboarding.id))
    if onboarding is not None and onboarding.thread.permalink:
        buttons.append(
            kit.button("Open the thread", Action.OPEN_THREAD, onboarding.id, url=onboarding.thread.permalink)
        )
    return buttons or [kit.button("Check again", Action.STATUS_CHECK, instance.id)]


def short_line(instance: Instance, onboarding: Onboarding | None) -> str:
    """An instance in one line of mrkdwn."""
    light = _STANDINGS[instance.standing].split(" ", 1)[0]
    default = "  · default" if instance.is_default else ""
    steps = f"  · {onboarding.completed} of {len(onboarding.steps)} steps" if onboarding else ""
    checked = f"  · checked {kit.date(instance.report.checked_at)}" if instance.report else ""
    return f"{light}  *{kit.typed(instance.name, 75)}*  {kit.code(instance.company)}{default}{steps}{checked}"
