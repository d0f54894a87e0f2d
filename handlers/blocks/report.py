"""A report as people read it: the light, the layers, what is missing by module, and the fix."""

from collections.abc import Sequence
from itertools import groupby

from bot.domain.catalogue import explain, split_causes
from bot.domain.errors import CwBotError
from bot.domain.filters import FilterError
from bot.domain.report import Layer, Outcome, Report, RightFinding, State, Verdict
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.blocks.variables_table import build_drift
from handlers.ids import Action, Callback

# More levels than these are counted, not listed: an administrator's role has hundreds.
_EXCESS_SHOWN = 40

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
    "member": "API\u00a0member",
    "rights": "Role",
    "filter": "Filter",
}


def headline(report: Verdict) -> str:
    """One line: the light, the verdict, and what it hangs on."""
    line = f"{LIGHTS[report.outcome]} *{VERDICTS[report.outcome]}*"
    culprit = report.culprit
    return f"{line}: {kit.escape(culprit.summary)}" if culprit else line


def plain_headline(report: Verdict) -> str:
    """The same for a notification: plain text, for the `text` beside blocks."""
    culprit = report.culprit
    said = f": {culprit.summary}" if culprit else ""
    return kit.escape(VERDICTS[report.outcome] + said)


def fix(report: Report) -> str:
    """What to click, as mrkdwn; empty when nothing is to be done."""
    culprit = report.culprit
    if culprit and culprit.name == "rights" and report.rights.missing:
        role = kit.typed(str(report.facts.get("role") or "the role"))
        return (
            f":point_right: In *System → Security Roles* open *{role}*, set the missing levels, and *Save*."
        )
    return advice(culprit.fix) if culprit else ""


def advice(text: str) -> str:
    """A fix as mrkdwn: a line for each thing to do, and below it the causes that look alike, the likeliest first."""
    lines: list[str] = []
    for line in text.splitlines():
        lead, causes = split_causes(line)
        lines.append(f":point_right: {kit.escape(lead)}")
        lines += ["       _Most likely first:_"] if causes else []
        lines += [f"       {number}.  {kit.escape(it)}" for number, it in enumerate(causes, start=1)]
    return "\n".join(lines)


def strip(report: Report) -> str:
    """All layers in one line, each with its mark."""
    # A no-break space keeps each mark with its word.
    return "   ".join(f"{MARKS[layer.state]}\u00a0{LAYER_NAMES[layer.name]}" for layer in report.layers)


def warnings(report: Report) -> list[str]:
    """What works, but should not stay so."""
    return [
        "\n".join(part for part in (f":warning: {kit.escape(layer.summary)}", advice(layer.fix)) if part)
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


def build_report(report: Report, *, details_of: str = "") -> list[JSON]:
    """The verdict, compact: what a thread reply, a modal and `/cw-status` show.

    With an instance's id in `details_of` it gets a button that opens everything else.
    """
    more = kit.button("Details", Action.REPORT_DETAILS, details_of) if details_of else None
    blocks = [
        kit.section("\n".join(part for part in (headline(report), fix(report)) if part), accessory=more)
    ]
    blocks += findings("Missing in the role (System → Security Roles)", report.rights.missing, verb="missing")
    blocks.append(kit.context(strip(report)))
    for note in warnings(report)[:4]:
        blocks.append(kit.section(note))
    blocks += build_drift(report)
    return blocks


def build_details(report: Report) -> JSON:
    """Everything that was found, as a modal: each layer with its sentence and time, the facts, what is in excess."""
    blocks = [kit.section(headline(report))]
    blocks += [_layer(layer) for layer in report.layers]
    blocks += findings("Missing in the role", report.rights.missing, verb="missing")
    blocks += _excess(report)
    blocks += build_drift(report)
    blocks.append(kit.context(*_facts(report)))
    return kit.modal(callback_id=Callback.NOTICE, title="The verdict", blocks=blocks)


def _layer(layer: Layer) -> JSON:
    took = f"  _{layer.duration_ms} ms_" if layer.state is not State.SKIPPED else ""
    lines = [f"{MARKS[layer.state]} *{LAYER_NAMES[layer.name]}*  {kit.escape(layer.summary)}{took}"]
    if layer.fix:
        lines.append(advice(layer.fix))
    if layer.error_key:
        lines.append(f"`{layer.error_key}`")
    return kit.section("\n".join(lines))


def _excess(report: Report) -> list[JSON]:
    shown = report.rights.excess[:_EXCESS_SHOWN]
    blocks = findings("Beyond the list", shown, verb="excess")
    if left := len(report.rights.excess) - len(shown):
        blocks.append(kit.context(f"… and {left} levels more."))
    return blocks


def _facts(report: Report) -> list[str]:
    facts = report.facts
    named = {
        "ConnectWise": facts.get("version"),
        "Region": facts.get("region"),
        "Rights read by": facts.get("method"),
        "Companies matched": facts.get("matches"),
        "Reference": facts.get("correlation_id"),
    }
    said = [f"{name}: {kit.typed(str(value))}" for name, value in named.items() if value not in (None, "")]
    return [f"Checked {kit.date(report.checked_at)} in {report.duration_ms} ms", *said]


def describe_error(error: CwBotError) -> str:
    """An error of ours as one plain text: what happened and what to do."""
    said = explain(error.key, **error.params)
    place = error.hint() if isinstance(error, FilterError) else ""
    return " ".join(part for part in (said.summary, said.fix, place) if part)


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
