"""The alerts and the dashboard ask for what the bot counts, by its names, its labels and their values."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.places import DEPLOY, ROOT, find_tool, read_yaml
from tests.deploy.promql import exported, find_faults

ALERTS: list[dict[str, Any]] = [
    rule for group in read_yaml(DEPLOY / "prometheus" / "alerts.yaml")["groups"] for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
PANELS: list[dict[str, Any]] = [it for it in DASHBOARD["panels"] if it["type"] != "row"]


def queries() -> Iterator[tuple[str, str, str]]:
    """Every query: where it stands, its text, and the text that shows its labels."""
    for rule in ALERTS:
        yield rule["alert"], rule["expr"], " ".join(rule["annotations"].values())
    for panel in PANELS:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"], target["legendFormat"]


QUERIES = list(queries())


@pytest.mark.parametrize(("where", "query", "legend"), QUERIES, ids=[it[0] for it in QUERIES])
def test_a_query_asks_for_what_is_counted(where: str, query: str, legend: str) -> None:
    shown = legend.replace("{{ $value }}", "").replace("{{ $value | humanizeDuration }}", "")
    faults = find_faults(query, shown)
    assert faults == []
    assert 'job="cw-bot"' in query or 'job=~"$job"' in query


@pytest.mark.parametrize(("where", "query", "legend"), QUERIES, ids=[it[0] for it in QUERIES])
def test_prometheus_own_grammar_takes_every_query(where: str, query: str, legend: str) -> None:
    promql = pytest.importorskip("promql_parser", reason="promql-parser is not installed: make deploy-tools")
    assert promql.parse(query.replace("$__rate_interval", "5m")).prettify()


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("cw_bot_redy == 0", "there is no series cw_bot_redy"),
        ("rate(cw_bot_ack_seconds[5m])", "there is no series cw_bot_ack_seconds"),
        ("sum by (method) (rate(cw_bot_jobs_total[5m]))", "no series here has the label method"),
        ('rate(cw_bot_jobs_total{outcome="fine"}[5m])', "cw_bot_jobs never has outcome=fine"),
        ('cw_bot_tasks{kind="x"}', "cw_bot_tasks has no label kind"),
        ("cw_bot_jobs_total > 5", "cw_bot_jobs_total only grows: it is of use by its rate"),
    ],
)
def test_a_query_that_has_drifted_is_found_out(query: str, fault: str) -> None:
    assert find_faults(query) == [fault]


def test_every_metric_is_shown_somewhere() -> None:
    text = " ".join(query for _, query, _ in QUERIES)
    unseen = {
        it.name
        for it in exported().values()
        if not any(re.search(rf"\b{name}\b", text) for name in it.series)
    }
    assert unseen == set()


@pytest.mark.parametrize("rule", ALERTS, ids=lambda it: it["alert"])
def test_an_alert_says_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"CwBot[A-Z][A-Za-z]+", rule["alert"])
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    file, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / file).read_text(), re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", it.lower()).replace(" ", "-") for it in headings}


def test_no_two_alerts_have_one_name() -> None:
    names = [it["alert"] for it in ALERTS]
    assert len(set(names)) == len(names)


def test_the_alerts_say_what_they_should_when_they_should() -> None:
    promtool = find_tool("promtool", "apt-get install prometheus")
    for command in (
        ("check", "rules", DEPLOY / "prometheus" / "alerts.yaml"),
        ("test", "rules", ROOT / "tests" / "deploy" / "alerts_test.yaml"),
    ):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_can_be_imported_anywhere() -> None:
    assert DASHBOARD["uid"] == "cw-bot"
    variables = {it["name"] for it in DASHBOARD["templating"]["list"]}
    assert variables == {"source", "job", "instance"}
    source = {"type": "prometheus", "uid": "${source}"}
    for panel in PANELS:
        assert panel["datasource"] == source
        assert all(it["datasource"] == source for it in panel["targets"])
        assert panel["description"]
    used = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(DASHBOARD)))
    assert used <= variables


def test_no_two_panels_have_one_id_or_one_place() -> None:
    ids = [it["id"] for it in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for place in (it["gridPos"] for it in DASHBOARD["panels"]):
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
