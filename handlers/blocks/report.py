"""A report as people read it: the light, the layers, what is missing by module, and the fix."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.domain.catalogue import explain
from bot.domain.errors import CwBotError
from bot.domain.report import Layer, Outcome, Report, RightFinding, State
from handlers.blocks import kit
from handlers.blocks.kit import JSON

LIGHTS = {
    Outcome.VERIFIED: ":large_green_circle:",
    Outcome.NEEDS_YOU: ":red_circle:",
    Outcome.CANNOT_TELL: ":large_yellow_circle:",
}
VERDICTS = {
    Outcome.VERIFIED: "Verified",
    Outcome.NEEDS_YOU: "Needs you",
    Outcome.CANNOT_TELL: "Cannot tell yet",
}
MARKS = {
    State.OK: ":white_check_mark:",
    State.WARN: ":warning:",
    State.FAIL: ":x:",
    State.SKIPPED: ":heavy_minus_sign:",
    State.UNKNOWN: ":grey_question:",
}
LAYER_NAMES = {
    "dns": "Name",
    "tcp": "Connection",
    "tls": "Certificate",
    "company": "Company",
    "keys": "Keys",
    "member": "API member",
    "rights": "Role",
    "filter": "Filter",
}


def headline(report: Report) -> str:
    """One line: the light, the verdict, and what it hangs on."""
    line = f"{LIGHTS[report.outcome]} *{VERDICTS[report.outcome]}*"
    culprit = report.culprit
    return f"{line}: {kit.escape(culprit.summary)}" if culprit else line


def plain_headline(report: Report) -> str:
    """The same for a notification: plain text, for the `text` beside blocks."""
    culprit = report.culprit
    said = f": {culprit.summary}" if culprit else ""
    return kit.escape(VERDICTS[report.outcome] + said)


def fix(report: Report) -> str:
    """What to click, as mrkdwn; empty when nothing is to be done."""
    culprit = report.culprit
    return f":point_right: {kit.escape(culprit.fix)}" if culprit and culprit.fix else ""


def strip(report: Report) -> str:
    """All layers in one line, each with its mark."""
    return "   ".join(f"{MARKS[layer.state]} {LAYER_NAMES[layer.name]}" for layer in report.layers)


def details(layers: Iterable[Layer]) -> str:
    """A line for each layer that has something to say."""
    lines = [
        f"{MARKS[layer.state]} *{LAYER_NAMES[layer.name]}*  {kit.escape(layer.summary)}"
        for layer in layers
        if layer.state is not State.SKIPPED
    ]
    return "\n".join(lines)


def warnings(report: Report) -> list[str]:
    """What works, but should not stay so."""
    return [
        f":warning: {kit.escape(layer.summary)}"
        + (f"\n:point_right: {kit.escape(layer.fix)}" if layer.fix else "")
        for layer in report.layers
        if layer.state is State.WARN
    ]


def findings(title: str, rights: Sequence[RightFinding], *, verb: str) -> list[JSON]:
    """Rights grouped by module in the grid's order, so that an admin can click them through."""
    if not rights:
        return []
    lines: list[str] = []
    for module, of_module in groupby(rights, key=lambda it: it.module):
        lines.append(f"*{kit.escape(module)}*")
        for function, levels in groupby(of_module, key=lambda it: it.function):
            found = list(levels)
            asked = ", ".join(f"{it.level.capitalize()} {it.have} → *{it.want}*" for it in found)
            why = f"  _{kit.escape(found[0].why)}_" if found[0].why and verb == "missing" else ""
            lines.append(f"•  {kit.escape(function)}: {asked}{why}")
    return [kit.section(chunk) for chunk in _chunks([f"*{title}*", *lines])]


def build_report(report: Report) -> list[JSON]:
    """The verdict, compact: what a thread reply, a modal and `/cw-status` show."""
    blocks = [kit.section("\n".join(part for part in (headline(report), fix(report)) if part))]
    blocks += findings("Missing in the role (System → Security Roles)", report.rights.missing, verb="missing")
    blocks.append(kit.context(strip(report)))
    for note in warnings(report)[:4]:
        blocks.append(kit.section(note))
    return blocks


def describe_error(error: CwBotError) -> str:
    """An error of ours as one plain text: what happened and what to do."""
    said = explain(error.key, **error.params)
    return f"{said.summary} {said.fix}".strip()


def describe_culprit(report: Report) -> str:
    """The failing layer as one plain text, for a field error."""
    culprit = report.culprit
    return f"{culprit.summary} {culprit.fix}".strip() if culprit else ""


def _chunks(lines: Sequence[str], limit: int = 2900) -> list[str]:
    chunks: list[str] = []
    for line in lines:
        if chunks and len(chunks[-1]) + len(line) < limit:
            chunks[-1] += "\n" + line
        else:
            chunks.append(kit.clip(line, limit))
    return chunks[:8]
