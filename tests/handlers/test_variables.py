"""The form, its lists and the table: Slack takes them whatever ConnectWise calls its records."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.errors import ConnectWiseError, CwBotError
from bot.domain.instance import Instance
from bot.domain.onboarding import Onboarding, Thread, accept_variables, close
from bot.domain.report import Outcome, Report
from bot.domain.variable_checks import Problem
from bot.domain.variables import (
    MOST_CHOICES,
    OF_BOARD,
    TIME_ENTRIES,
    VARIABLES_DRIFT,
    Entry,
    Kind,
    Pick,
    Value,
    Variables,
    first_of,
    variables,
)
from bot.sandbox.slack.blocks import validate_message_blocks, validate_view
from bot.sandbox.slack.objects import check_choices
from bot.sandbox.slack.problems import Findings
from bot.services.variables import MOST_OFFERED, Offer, Refused, Stale, VariablesEntry
from handlers.blocks import variables as form
from handlers.blocks import variables_table as table
from handlers.payload import Typed
from handlers.variables import build_answer, read_values, rebase

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
NAMES = (
    "Help Desk",
    "<!channel> <@U0ADA00001> *all* `x` <https://evil.example|click>",
    "```\nend of the block",
    "\u202eright to left\u202c\u200b",
    "👩🏽‍🚀" * 75,
    "x" * 3000,
    "=HYPERLINK(1)",
    "",
)
INSTANCE = Instance(
    id="0123456789abcdef",
    team_id="T1",
    name=NAMES[1],
    host="h.example",
    company="acme",
    created_by="U1",
    created_at=NOW,
)


def full(label: str, most: int = MOST_CHOICES) -> dict[str, Value]:
    """Everything chosen, as much of it as can be."""
    values = {}
    for variable in variables():
        if variable.is_listed:
            ids = range(900_000_000, 900_000_000 + (most if variable.many else 1))
            values[variable.name] = Value(picks=tuple(Pick(id=it, label=label) for it in ids))
        elif variable.kind is Kind.TIME:
            values[variable.name] = Value(text=TIME_ENTRIES)
        elif not variable.fixed:
            values[variable.name] = Value(text=label[:200])
    return values


def texts(built: Any) -> str:
    return json.dumps(built, ensure_ascii=False)


@pytest.mark.parametrize("label", NAMES)
def test_slack_takes_every_view_whatever_the_records_are_called(label: str) -> None:
    chosen = Variables(values=full(label), by="U1", at=NOW)
    warning = Problem(
        variable="x", key="variable_gone", params={"choice": label, "label": label}, is_error=False
    )
    stale = Stale(INSTANCE, "U2", NOW, tuple(it.label for it in variables()))
    views = [
        form.build_form(INSTANCE, {}, edition=0, integration=label or "Rewst"),
        form.build_form(
            INSTANCE, full(label), edition=3, integration="Rewst", notice=form.explain_stale(stale)
        ),
        form.build_checking(INSTANCE),
        table.build_table(INSTANCE, chosen, is_new=True, warnings=(warning,)),
        table.build_table(INSTANCE, chosen, as_csv=True),
    ]
    for view in views:
        assert validate_view(view) == []


@pytest.mark.parametrize("label", NAMES)
def test_slack_takes_the_reply_and_its_drift(label: str) -> None:
    problems = [
        {"variable": it.name, "key": "variable_gone", "params": {"choice": label, "label": it.label}}
        for it in variables()
    ]
    report = Report(
        outcome=Outcome.VERIFIED, site="h", company="c", checked_at=NOW, facts={VARIABLES_DRIFT: problems}
    )
    start = Onboarding(
        id="0123456789abcdef",
        team_id="T1",
        name="P",
        host="h",
        company="c",
        started_by="U1",
        started_at=NOW,
        thread=Thread(channel_id="C1"),
    ).model_copy(update={"report": report})
    chosen = accept_variables(start, Variables(values=full(label), by="U1", at=NOW), at=NOW)
    blocks = table.build_reply(chosen)
    assert validate_message_blocks(blocks) == []
    assert "<!channel>" not in texts([it for it in blocks if it["type"] == "section"])
    assert table.build_reply(start) == []
    assert not [it for it in table.build_reply(close(chosen, by="U1", at=NOW)) if it["type"] == "actions"]


@pytest.mark.parametrize("label", NAMES)
@pytest.mark.parametrize("variable", [it for it in variables() if it.is_listed], ids=lambda it: it.name)
def test_slack_takes_what_a_list_offers(label: str, variable: Any) -> None:
    entries = tuple(
        Entry(it, label or "–", note=label, closed=it % 2 == 0) for it in range(1, MOST_OFFERED + 1)
    )
    offers = [
        Offer(entries, total=len(entries)),
        Offer(entries, total=4711),
        Offer(entries, total=len(entries), is_old=True),
        Offer(is_slow=True),
        Offer(error=ConnectWiseError("tcp_timeout", transient=True)),
        Offer(error=CwBotError("variable_unreadable", label=variable.label)),
    ]
    for offer in offers:
        findings = Findings()
        check_choices(findings, form.build_options(variable, offer), "")
        assert findings == []


def test_what_cannot_be_offered_is_said_in_the_list_and_is_no_choice() -> None:
    variable = first_of(Kind.PRIORITY)
    for offer in (Offer(is_slow=True), Offer(error=ConnectWiseError("server_down", transient=True))):
        (group,) = form.build_options(variable, offer)["option_groups"]
        (option,) = group["options"]
        state = {form.block_of(variable.name): {"variable": {"selected_option": option}}}
        (value,) = read_values({"state": {"values": state}}).values()
        assert value.ids == (0,)


def test_where_nothing_fits_slack_says_so_itself() -> None:
    assert form.build_options(first_of(Kind.PRIORITY), Offer()) == {"options": []}


def test_more_than_slack_shows_is_said() -> None:
    entries = tuple(Entry(it, f"№ {it}") for it in range(MOST_OFFERED))
    (group,) = form.build_options(first_of(Kind.SOURCE), Offer(entries, total=336))["option_groups"]
    assert group["label"]["text"] == "The first 100 of 336: type to narrow them down"


def test_a_form_comes_back_as_it_was_filled_in() -> None:
    values = full("Name")
    view = form.build_form(INSTANCE, values, edition=2, integration="Rewst")
    assert read_values({"state": {"values": _state(view)}}) == values


def _state(view: Any) -> dict[str, Any]:
    """The state of a form that nobody has touched."""
    found: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            found[block["block_id"]] = {
                element["action_id"]: {
                    "selected_option": element.get("initial_option"),
                    "selected_options": element.get("initial_options"),
                    "value": element.get("initial_value"),
                }
            }
    return found


@pytest.mark.parametrize("value", ["", "-1", "1e3", "٣", "99999999999999", "1;2", "0x1", None])
def test_what_is_no_id_is_no_record(value: str | None) -> None:
    block = form.block_of(first_of(Kind.BOARD).name)
    state = {block: {"variable_board": {"selected_option": {"value": value, "text": {"text": "X"}}}}}
    (found,) = read_values({"state": {"values": state}}).values()
    assert found.ids == (0,)


def test_what_hangs_on_the_board_has_other_ids_with_another_board_and_nothing_else_has() -> None:
    board = first_of(Kind.BOARD).name
    one, two = full("Name"), full("Name") | {board: Value(picks=(Pick(id=8, label="Other"),))}
    ids = [
        {
            it["block_id"]
            for it in form.build_form(INSTANCE, values, edition=0, integration="R")["blocks"]
            if it["type"] == "input"
        }
        for values in (one, two)
    ]
    changed = {form.read_block_id(it)[0] for it in ids[0] - ids[1]}
    assert changed == {it.name for it in variables() if it.kind in OF_BOARD}
    assert form.read_block_id("variable:psa_new_user_ticket_subtype/12.34") == (
        "psa_new_user_ticket_subtype",
        12,
        34,
    )
    assert form.read_block_id("name/12") == ("", 12, 0)


def test_another_board_forgets_what_hung_on_the_former_and_the_kept_board_brings_its_own_back() -> None:
    board = first_of(Kind.BOARD).name
    kept = full("Kept")
    other = kept | {board: Value(picks=(Pick(id=8, label="Other"),))}
    hanging = {it.name for it in variables() if it.kind in OF_BOARD}
    assert hanging.isdisjoint(rebase(other, kept, Kind.BOARD))
    bare = {name: value for name, value in kept.items() if name not in hanging}
    assert rebase(bare, kept, Kind.BOARD) == kept


def test_a_refused_form_shows_every_reason_and_keeps_everything() -> None:
    entry = VariablesEntry("T1", INSTANCE.id, "U1", 4, full("Name"))
    problems = (
        Problem(variable="a", key="variable_gone", params={"choice": "<!here>", "label": "Priority"}),
        Problem(variable="b", key="variable_closed", params={"choice": "Closed", "label": "Status"}),
    )
    view = build_answer(Refused(INSTANCE, problems), entry, integration="Rewst")
    assert validate_view(view) == []
    said = texts(view["blocks"][0])
    assert "&lt;!here&gt;" in said
    assert "Closed" in said
    assert '"edition":4' in view["private_metadata"]
    assert Typed({"state": {"values": _state(view)}}).options(form.block_of("psa_default_board_id"))


def test_the_csv_in_the_window_can_be_read_as_csv() -> None:
    chosen = Variables(values=full('A "quoted", name', most=3), by="U1", at=NOW)
    view = table.build_table(INSTANCE, chosen, as_csv=True)
    parts = [it["elements"][0]["elements"][0]["text"] for it in view["blocks"] if it["type"] == "rich_text"]
    rows = list(csv.DictReader(io.StringIO("\n".join(parts))))
    assert rows[0] == {"variable": "default_psa", "value": "cw_manage", "label": ""}
    assert len(rows) == len(variables())
