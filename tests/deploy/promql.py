"""What a query asks for, compared with what the bot really counts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.runtime.metrics import LABELS, Metrics

# What the bot does not say itself: Prometheus puts these to every series.
TARGET_LABELS = frozenset({"job", "instance", "le", "alertname"})
_SERIES = re.compile(r"\b(cw_bot_[a-z0-9_]+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
_LEGEND = re.compile(r"\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}")


@dataclass(frozen=True)
class Family:
    """One metric: the names of its series, its labels."""

    name: str
    kind: str
    series: frozenset[str]
    labels: frozenset[str]


def exported() -> dict[str, Family]:
    """Every family of the real registry, by the name of each of its series."""
    found: dict[str, Family] = {}
    for family in Metrics().registry.collect():
        endings = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(family.type, ("",))
        series = frozenset(family.name + it for it in endings)
        labels = frozenset(LABELS.get(family.name, {}))
        found |= {name: Family(family.name, family.type, series, labels) for name in series}
    return found


def find_faults(query: str, legend: str = "") -> list[str]:
    """What a query asks for that does not exist: series, labels, values of labels."""
    known = exported()
    faults: list[str] = []
    labels: set[str] = set()
    for name, matchers in _SERIES.findall(query):
        family = known.get(name)
        if family is None:
            faults.append(f"there is no series {name}")
            continue
        labels |= family.labels
        faults += _check_matchers(family, matchers)
        if family.kind in ("counter", "histogram") and not _is_rated(query, name) and "offset" not in query:
            faults.append(f"{name} only grows: it is of use by its rate")
    grouped = {it.strip() for group in _GROUPING.findall(query) for it in group.split(",")}
    faults += [f"no series here has the label {it}" for it in grouped - labels - TARGET_LABELS]
    shown = set(_LEGEND.findall(legend))
    return faults + [f"{it} is not in the result" for it in shown - TARGET_LABELS - grouped]


def _is_rated(query: str, name: str) -> bool:
    return bool(re.search(rf"(rate|increase)\(\s*{name}\b", query))


def _check_matchers(family: Family, matchers: str) -> Iterator[str]:
    for label, sign, text in _MATCHER.findall(matchers):
        if label in TARGET_LABELS:
            continue
        if label not in family.labels:
            yield f"{family.name} has no label {label}"
            continue
        values = text.split("|") if sign in ("=~", "!~") else [text]
        for value in values:
            if value not in LABELS[family.name][label]:
                yield f"{family.name} never has {label}={value}"
