"""The card and the replies: a late-comer can read them, Slack takes them, nothing typed gets out of its quotes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import onboarding as machine
from bot.domain.instance import Profile
from bot.domain.onboarding import MARKABLE, Onboarding, Pending, StepName, StepState, Thread, list_parts
from bot.domain.report import RightFinding, State
from bot.domain.thread import PARENT
from bot.domain.variables import Pick, Value, Variables, variables
from bot.sandbox.slack.blocks import validate_message_blocks, validate_view
from bot.sandbox.slack.render import render_blocks
from bot.sandbox.slack.text import mentions, mrkdwn_in
from handlers.blocks import card
from handlers.blocks.credentials import build_credentials
from handlers.blocks.notices import (
    build_checking_credentials,
    build_checking_site,
    build_keys_moved,
    build_moved,
    build_resume,
    build_step_moved,
    build_thread_open,
    build_verdict,
)
from handlers.blocks.role_sheet import build_sheet
from tests.domain.onboarding_strategies import NOON, PEOPLE, Event, begin, histories, play, report_of

APP = "Rewst"
ADA, BEN, CLEO = PEOPLE
LATER = NOON + timedelta(minutes=5)
HOSTILE = (
    "<!channel> <!here> <@U0ADA00001> <https://evil.example|click>",
    "*bold* _sly_ ~gone~ `code` ```block```",
    "\u202eright to left\u202c \u200b\u2066",
    "&lt;!channel&gt; &amp;",
    "👩🏽‍🚀" * 75,
    ":tada:" * 75,
    "x" * 3000,
    "line\nbreak\tand\rmore",
    "> quoted",
    "",
)
typed = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))


def messages(onboarding: Onboarding) -> Iterator[card.Message]:
    """Every message of the thread."""
    for part in list_parts(onboarding):
        if part == PARENT:
            yield card.build_card(onboarding, integration=APP)
        elif part in set(StepName):
            yield card.build_step(onboarding, StepName(part), integration=APP)
        else:
            yield card.build_once(onboarding, part, integration=APP)


def views(onboarding: Onboarding) -> Iterator[dict[str, Any]]:
    """Every modal about the onboarding."""
    yield build_sheet(onboarding, integration=APP)
    yield build_resume([onboarding] * 50, channel_id="C0PSASETUP", integration=APP)
    yield build_thread_open(onboarding, ("https:// was taken off.",))
    yield build_checking_site(onboarding)
    yield build_checking_credentials(onboarding)
    yield build_credentials(
        onboarding, integration=APP, asks_client_id=True, problem=build_keys_moved(onboarding)
    )
    if onboarding.report is not None:
        yield build_verdict(onboarding, onboarding.report)


def read(message: card.Message) -> str:
    """As a person reads it."""
    return render_blocks(message.blocks, message.text)


def all_done() -> Onboarding:
    """A finished onboarding."""
    it = machine.accept_details(begin(), by=BEN, at=NOON)
    for name in MARKABLE:
        it = machine.complete(it, name, by=CLEO, at=NOON)
    return machine.apply_report(it, report_of(), at=LATER)


# --- whatever happened, whatever was typed ---------------------------------------------------------------------------


@given(histories)
def test_no_history_leads_to_a_state_that_cannot_be_shown(history: list[Event]) -> None:
    for state in play(history)[-3:]:
        for message in messages(state):
            assert validate_message_blocks(message.blocks) == []
            assert validate_message_blocks(message.hushed.blocks) == []
            assert 0 < len(message.text) <= 4000


@given(histories)
def test_the_card_tells_how_far_it_is_and_names_every_step_or_its_end(history: list[Event]) -> None:
    state = play(history)[-1]
    said = read(card.build_card(state, integration=APP))
    assert f"{state.completed} of 8" in said
    if not state.is_finished:
        for name in ("Security role", "API member", "API keys", "Details", "Verified", "Organization"):
            assert name in said
        assert "Next:" in said


@given(histories)
def test_the_card_never_needs_more_than_a_screen(history: list[Event]) -> None:
    message = card.build_card(play(history)[-1], integration=APP)
    assert len(message.blocks) <= 6
    assert len(read(message).splitlines()) <= 18


@given(name=typed, company=typed, company_name=typed, app=st.sampled_from([APP, "<!here>*"]))
@settings(max_examples=60)
def test_nothing_typed_mentions_links_or_formats(
    name: str, company: str, company_name: str, app: str
) -> None:
    onboarding = begin(
        name=name or "–",
        company=company,
        company_name=company_name,
        thread=Thread(channel_id="C0PSASETUP", permalink="https://x.slack.com/archives/C0/p1"),
        member=company[:60],
        pending=Pending(submission_id="0123456789abcdef", by=BEN, at=NOON),
    )
    onboarding = machine.hand_over(onboarding, StepName.ROLE, to=CLEO, by=ADA, at=NOON)
    said = [
        card.build_card(onboarding, integration=app),
        *(card.build_step(onboarding, it, integration=app) for it in StepName),
        card.build_once(onboarding, "ask/role/1", integration=app),
        card.build_once(onboarding, "remind/1", integration=app),
        build_moved(onboarding),
    ]
    for message in said:
        assert validate_message_blocks(message.blocks) == []
        _expect_no_markup([message.text, *mrkdwn_in(message.blocks)])
        assert len(message.text) <= 4000
    for view in views(onboarding):
        assert validate_view(view) == []
        _expect_no_markup(list(mrkdwn_in(view["blocks"])))


def _expect_no_markup(texts: list[str]) -> None:
    for text in texts:
        assert set(mentions(text)) <= set(PEOPLE)
        assert "evil.example|" not in text
        assert "*bold*" not in text
        assert "`code`" not in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", text)


@given(histories)
@settings(max_examples=40)
def test_every_modal_is_one_that_slack_takes(history: list[Event]) -> None:
    for view in views(play(history)[-1]):
        assert validate_view(view) == []


@pytest.mark.parametrize("profile", Profile)
def test_the_role_sheet_holds_the_levels_by_module_and_a_table_to_copy(profile: Profile) -> None:
    view = build_sheet(begin(profile=profile), integration=APP)
    assert validate_view(view) == []
    said = render_blocks(view["blocks"])
    assert "System" in said
    assert "Module,Function,Add,Edit,Delete,Inquire,Needed for,Why" in said
    assert len(view["blocks"][-1]["elements"][0]["elements"][0]["text"].splitlines()) > 2


# --- what people read ------------------------------------------------------------------------------------------------


def test_a_new_message_mentions_nobody_and_the_edit_after_it_names_them() -> None:
    message = card.build_card(machine.take(begin(), StepName.ROLE, by=ADA, at=NOON), integration=APP)
    assert {ADA, BEN} == {it for text in mrkdwn_in(message.blocks) for it in mentions(text)}
    assert not any(mentions_of(message.hushed))
    assert message.hushed.digest != message.digest


def mentions_of(message: card.Message) -> list[str]:
    """Whom it would notify."""
    return [it for text in (message.text, *mrkdwn_in(message.blocks)) for it in mentions(text)]


def test_the_notification_says_what_it_is_about_and_mentions_nobody() -> None:
    message = card.build_card(machine.take(begin(), StepName.ROLE, by=ADA, at=NOON), integration=APP)
    assert message.text == (
        "ConnectWise setup of Production: 0 of 8 steps done. Next: create the security role `Rewst API`"
    )


def test_the_next_action_names_whoever_is_on_it_else_whose_step_it_is() -> None:
    assert "the ConnectWise admin" in read(card.build_card(begin(), integration=APP))
    taken = machine.take(begin(), StepName.ROLE, by=ADA, at=NOON)
    next_line = next(it for it in read(card.build_card(taken, integration=APP)).splitlines() if "Next" in it)
    assert ADA in next_line


def test_who_did_a_step_stays_beside_what_the_api_says() -> None:
    marked = machine.complete(begin(), StepName.ROLE, by=ADA, at=NOON)
    checked = machine.apply_report(marked, report_of(), at=LATER)
    line = next(
        it
        for it in read(card.build_card(checked, integration=APP)).splitlines()
        if it.startswith("✅  Security role")
    )
    assert ADA in line
    assert "verified by the API" in line


def test_a_mark_that_the_api_denies_says_so_with_its_person() -> None:
    marked = machine.complete(begin(), StepName.ROLE, by=ADA, at=NOON)
    denied = machine.apply_report(marked, report_of(rights=State.FAIL), at=LATER)
    line = next(
        it for it in read(card.build_card(denied, integration=APP)).splitlines() if "Security role" in it
    )
    assert ADA in line
    assert "the API shows otherwise" in line


def test_missing_rights_stand_in_the_role_step_by_module_in_the_grids_order_instead_of_the_sheet() -> None:
    missing = tuple(
        RightFinding(module=module, function=function, level="inquire", have="None", want="All", why="Why.")
        for module, function in (("Companies", "Company Maintenance"), ("System", "Table Setup"))
    )
    lacking = machine.apply_report(begin(), report_of(missing=missing, rights=State.FAIL), at=LATER)
    said = read(card.build_step(lacking, StepName.ROLE, integration=APP))
    assert said.index("Companies") < said.index("Company Maintenance: Inquire None → All")
    assert said.index("Company Maintenance") < said.index("System\n") < said.index("Table Setup")
    assert "Service Tickets" not in said


def test_a_member_whose_boards_are_restricted_is_told_so_in_its_step() -> None:
    seen = machine.apply_report(begin(), report_of(member="member_boards_restricted"), at=LATER)
    said = read(card.build_step(seen, StepName.MEMBER, integration=APP))
    assert "member was looked at." in said
    assert "[Check now]" in said


@pytest.mark.parametrize(
    ("events", "buttons"),
    [
        ((), ["I'm on it", "Done", "Role sheet", "Hand over to…"]),
        (("take",), ["Done", "Undo", "Role sheet", "Hand over to…"]),
        (("complete",), ["Undo"]),
        (("complete", "ok"), []),
        (
            ("complete", "fail"),
            ["I'm on it", "Done", "Check now", "Role sheet", "Hand over to…"],
        ),
    ],
)
def test_a_step_offers_what_can_be_done_with_it(events: tuple[str, ...], buttons: list[str]) -> None:
    it = begin()
    for event in events:
        if event in ("ok", "fail"):
            state = State.OK if event == "ok" else State.FAIL
            it = machine.apply_report(it, report_of(rights=state), at=LATER)
        else:
            it = getattr(machine, event)(it, StepName.ROLE, by=ADA, at=NOON)
    said = read(card.build_step(it, StepName.ROLE, integration=APP))
    shown = [found.removesuffix(" ▾") for found in re.findall(r"\[([^\]]+)\]", said)]
    assert shown == buttons


def test_a_finished_thread_is_compact() -> None:
    finished = all_done()
    assert finished.is_finished
    parent = read(card.build_card(finished, integration=APP))
    assert "All done" in parent
    assert len(parent.splitlines()) <= 6
    for name in StepName:
        said = read(card.build_step(finished, name, integration=APP))
        assert len(said.splitlines()) <= 2
        assert "System →" not in said


def test_a_finished_thread_keeps_the_variables_behind_their_button() -> None:
    values = {it.name: Value(picks=(Pick(id=1, label="Help Desk"),)) for it in variables() if it.is_listed}
    chosen = machine.accept_variables(begin(), Variables(values=values, by=BEN, at=NOON), at=NOON)
    open_said = read(card.build_step(chosen, StepName.VARIABLES, integration=APP))
    assert "psa_default_board_id" in open_said
    finished = all_done()
    finished = machine.accept_variables(finished, Variables(values=values, by=BEN, at=NOON), at=NOON)
    said = read(card.build_step(finished, StepName.VARIABLES, integration=APP))
    assert "psa_default_board_id" not in said
    assert "[Copy or export]" in said
    assert len(said.splitlines()) <= 2


def test_every_button_of_a_step_says_to_who_hears_it_which_step_it_is_of() -> None:
    for number, name in enumerate(StepName, start=1):
        blocks = card.build_step(begin(), name, integration=APP).blocks
        shown = [it for block in blocks for it in block.get("elements", []) if it.get("type") == "button"]
        marks = [it for it in shown if it["text"]["text"] in ("Done", "I'm on it", "Undo")]
        assert all(it["accessibility_label"].endswith(f": step {number}") for it in marks)


def test_a_removed_instance_leaves_no_buttons_and_says_who_removed_it() -> None:
    closed = machine.close(machine.take(begin(), StepName.ROLE, by=ADA, at=NOON), by=CLEO, at=LATER)
    for message in messages(closed):
        assert "[" not in read(message)
    assert CLEO in read(card.build_card(closed, integration=APP))


@pytest.mark.parametrize("state", StepState)
def test_whoever_clicks_too_late_is_told_what_happened(state: StepState) -> None:
    step = begin().step(StepName.ROLE).model_copy(update={"state": state, "by": ADA, "at": NOON})
    text, blocks = build_step_moved(step)
    assert text
    assert validate_message_blocks(blocks) == []
