"""How a verdict looks in a terminal: the layers as they are told, then what to do, and the role's gaps as a grid."""

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from bot.domain.catalogue import split_causes
from bot.domain.matrix import COLUMNS
from bot.domain.report import LAYERS, Layer, LayerName, Outcome, Report, RightFinding, State

TITLES: Final[dict[LayerName, str]] = {
    "dns": "Name",
    "tcp": "Connection",
    "tls": "Certificate",
    "company": "Company",
    "keys": "Keys",
    "member": "API member",
    "rights": "Role",
    "filter": "Companies",
}
_MARKS: Final[dict[State, tuple[str, str]]] = {
    State.OK: ("✓", "green"),
    State.WARN: ("!", "yellow"),
    State.FAIL: ("✗", "red"),
    State.SKIPPED: ("·", "bright_black"),
    State.UNKNOWN: ("?", "magenta"),
}
_DIM: Final = "bright_black"
_EXCESS_SHOWN: Final = 12
_FACTS: Final = {"version": "ConnectWise {}", "region": "region {}", "method": "rights read by {}"}


class Board:
    """The layers as they are told, with a spinner on the one that is being looked at."""

    def __init__(self, output: Console) -> None:
        self._output = output
        self._layers: list[Layer] = []
        self.live = Live(self._progress(), console=output, refresh_per_second=12, transient=True)

    def add(self, layer: Layer) -> None:
        """Show one more layer."""
        self._layers.append(layer)
        if self.live.is_started:
            self.live.update(self._progress())

    def finish(self, report: Report) -> None:
        """The whole once more, to stay: the layers, the outcome, what to do, and what is known besides."""
        out = self._output
        out.print(_table(report.layers))
        sentence, style = _outcome(report)
        out.print(Text(f"\n{sentence}", style=style))
        for layer in _to_mend(report):
            out.print(Padding(_advice(layer, report), (0, 0, 0, 2)))
        if report.rights.missing:
            out.print(Padding(_grid(report.rights.missing), (1, 0, 0, 2)))
        if report.layer("rights").error_key == "rights_excess":
            out.print(Padding(_excess(report.rights.excess), (1, 0, 0, 2)))
        out.print(Text(f"\n{_footer(report)}", style=_DIM))

    def _progress(self) -> Table:
        table = _table(self._layers)
        if len(self._layers) < len(LAYERS):
            table.add_row(
                Spinner("dots", style="cyan"), Text(TITLES[LAYERS[len(self._layers)]]), Text("…", style=_DIM)
            )
        return table


def _table(layers: Iterable[Layer]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    told = list(layers)
    for layer in told:
        if layer.state is State.SKIPPED:
            continue
        mark, style = _MARKS[layer.state]
        emphasis = "" if layer.state is State.OK else style
        took = Text(f"{layer.duration_ms} ms", style=_DIM)
        table.add_row(
            Text(mark, style=style), Text(TITLES[layer.name]), Text(layer.summary, style=emphasis), took
        )
    skipped = [TITLES[it.name] for it in told if it.state is State.SKIPPED]
    if skipped:
        mark, style = _MARKS[State.SKIPPED]
        names = ", ".join(skipped)
        table.add_row(
            Text(mark, style=style), Text(""), Text(f"Not looked at: {names}.", style=style), Text("")
        )
    return table


def _to_mend(report: Report) -> list[Layer]:
    """What somebody should do: about the culprit where there is one, else about each doubt."""
    culprit = report.culprit
    if culprit is not None:
        return [culprit]
    return [it for it in report.layers if it.state is State.WARN]


def _advice(layer: Layer, report: Report) -> Table:
    """A line for each thing to do, and below it the causes that look alike."""
    table = Table.grid(padding=(0, 1))
    fix = layer.fix
    if layer.name == "rights" and report.rights.missing:  # the grid below lists them
        role = report.facts.get("role") or "the API member's role"
        fix = f"Open System → Security Roles → {role}, set the levels below, and press Save."
    for line in fix.splitlines():
        lead, causes = split_causes(line)
        table.add_row(Text("→", style="bold"), Text(lead))
        if causes:
            table.add_row("", Text("Most likely first:", style=_DIM))
        for number, cause in enumerate(causes, start=1):
            table.add_row("", Text(f"{number}. {cause}"))
    return table


def _outcome(report: Report) -> tuple[str, str]:
    if report.outcome is Outcome.NEEDS_YOU:
        return "Needs you: one thing has to be put right, then check again.", "bold red"
    if report.outcome is Outcome.CANNOT_TELL:
        return "Cannot tell yet: not everything could be asked.", "bold magenta"
    if _to_mend(report):
        return "Verified: it works. This should not stay so:", "bold green"
    return "Verified: ConnectWise is connected as it should be.", "bold green"


def _grid(missing: Iterable[RightFinding]) -> Table:
    """The missing levels as ConnectWise's own grid has them, module by module: what is set, and what to set."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_DIM)
    table.add_column("Missing in the role")
    for column in COLUMNS:
        table.add_column(column.capitalize())
    for module, of_module in groupby(missing, key=lambda it: it.module):
        table.add_row(Text(module, style="bold"))
        for function, levels in groupby(of_module, key=lambda it: it.function):
            asked = {it.level: it for it in levels}
            cells = [_cell(asked.get(column)) for column in COLUMNS]
            table.add_row(Text(f"  {function}"), *cells)
    return table


def _cell(found: RightFinding | None) -> Text:
    if found is None:
        return Text("")
    return Text.assemble((f"{found.have} → ", _DIM), (found.want, "bold"))


def _excess(excess: Iterable[RightFinding]) -> Text:
    lines = []
    for name, levels in groupby(excess, key=lambda it: f"{it.module} → {it.function}"):
        lines.append(f"  {name}: " + ", ".join(f"{it.level.capitalize()} {it.have}" for it in levels))
    more = [f"  … and {len(lines) - _EXCESS_SHOWN} functions more"] if len(lines) > _EXCESS_SHOWN else []
    return Text("\n".join(["Beyond the list", *lines[:_EXCESS_SHOWN], *more]), style=_DIM)


def _footer(report: Report) -> str:
    facts = [text.format(report.facts[name]) for name, text in _FACTS.items() if name in report.facts]
    reference = report.facts.get("correlation_id") if report.outcome is not Outcome.VERIFIED else None
    asked = [f"reference {reference}"] if reference else []
    return " · ".join([report.site, *facts, *asked, f"{report.duration_ms} ms"])
