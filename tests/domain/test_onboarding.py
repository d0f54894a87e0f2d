"""The onboarding's state machine, event by event."""

from datetime import timedelta

import pytest

from bot.domain import onboarding as machine
from bot.domain.onboarding import Onboarding, Phase, StepName, StepState
from bot.domain.report import State
from tests.domain.onboarding_strategies import NOON, PEOPLE, begin, report_of

ADA, BEN, CLEO = PEOPLE
LATER = NOON + timedelta(minutes=5)


def done(name: StepName, by: str = BEN) -> Onboarding:
    return machine.complete(begin(), name, by=by, at=NOON)


def test_a_fresh_onboarding_begins_with_the_security_role() -> None:
    fresh = begin()
    assert [it.state for it in fresh.steps] == [StepState.OPEN] * 8
    assert fresh.next_step is not None
    assert fresh.next_step.name is StepName.ROLE


def test_who_takes_a_step_is_on_it_and_whose_move_it_is() -> None:
    taken = machine.take(begin(), StepName.ROLE, by=ADA, at=NOON).step(StepName.ROLE)
    assert (taken.state, taken.by, taken.at, taken.asked_by) == (StepState.IN_PROGRESS, ADA, NOON, "")


def test_a_step_handed_over_names_who_is_on_it_and_who_asked() -> None:
    given = machine.hand_over(begin(), StepName.KEYS, to=CLEO, by=ADA, at=NOON)
    step = given.step(StepName.KEYS)
    assert (step.state, step.by, step.asked_by) == (StepState.IN_PROGRESS, CLEO, ADA)
    assert f"ask/keys/{step.turn}" in machine.list_parts(given)


def test_handing_a_step_to_oneself_is_taking_it_and_asks_nobody() -> None:
    own = machine.hand_over(begin(), StepName.KEYS, to=ADA, by=ADA, at=NOON)
    assert own.step(StepName.KEYS).asked_by == ""
    assert machine.list_parts(own) == machine.list_parts(begin())


def test_handing_over_twice_to_the_same_person_asks_once() -> None:
    once = machine.hand_over(begin(), StepName.KEYS, to=CLEO, by=ADA, at=NOON)
    assert machine.hand_over(once, StepName.KEYS, to=CLEO, by=BEN, at=LATER) == once


def test_the_first_to_mark_a_step_done_is_remembered() -> None:
    twice = machine.complete(done(StepName.ROLE, ADA), StepName.ROLE, by=BEN, at=LATER)
    assert twice == done(StepName.ROLE, ADA)


def test_a_mark_taken_back_leaves_nobody_on_the_step() -> None:
    undone = machine.undo(done(StepName.ROLE), StepName.ROLE, by=ADA, at=LATER).step(StepName.ROLE)
    assert (undone.state, undone.by, undone.at) == (StepState.OPEN, "", None)


def test_what_the_api_has_checked_cannot_be_taken_back() -> None:
    checked = machine.apply_report(done(StepName.ROLE), report_of(), at=LATER)
    assert machine.undo(checked, StepName.ROLE, by=BEN, at=LATER) == checked


@pytest.mark.parametrize("name", [StepName.DETAILS, StepName.VERIFIED])
def test_the_details_and_the_verdict_cannot_be_marked_by_hand(name: StepName) -> None:
    assert machine.complete(begin(), name, by=BEN, at=NOON) == begin()


def test_who_did_a_step_stays_when_the_api_verifies_it() -> None:
    checked = machine.apply_report(done(StepName.ROLE, ADA), report_of(LATER), at=LATER).step(StepName.ROLE)
    assert (checked.state, checked.by, checked.at, checked.checked_at) == (
        StepState.CHECKED,
        ADA,
        NOON,
        LATER,
    )


def test_a_mark_that_the_api_denies_is_contradicted_and_keeps_its_person() -> None:
    denied = machine.apply_report(done(StepName.ROLE, ADA), report_of(rights=State.FAIL), at=LATER)
    assert denied.step(StepName.ROLE).state is StepState.CONTRADICTED
    assert denied.step(StepName.ROLE).by == ADA
    mended = machine.apply_report(denied, report_of(LATER), at=LATER)
    assert mended.step(StepName.ROLE).state is StepState.CHECKED


@pytest.mark.parametrize("key", ["member_level_low", "member_boards_restricted", "member_not_api"])
def test_a_level_too_low_or_restricted_boards_do_not_count_as_an_api_member_done(key: str) -> None:
    seen = machine.apply_report(begin(), report_of(member=key), at=NOON)
    assert seen.step(StepName.MEMBER).state is StepState.OPEN
    marked = machine.apply_report(done(StepName.MEMBER), report_of(member=key), at=LATER)
    assert marked.step(StepName.MEMBER).state is StepState.CONTRADICTED
    assert marked.step(StepName.VERIFIED).state is StepState.CHECKED


@pytest.mark.parametrize("key", ["rights_excess", "rights_admin"])
def test_a_role_with_more_than_it_needs_is_there_all_the_same(key: str) -> None:
    seen = machine.apply_report(begin(), report_of(rights=key), at=NOON)
    assert seen.step(StepName.ROLE).state is StepState.CHECKED


@pytest.mark.parametrize("key", ["rights_customized", "rights_probed", "rights_unreadable"])
def test_a_doubt_about_the_role_neither_confirms_nor_denies(key: str) -> None:
    assert machine.apply_report(begin(), report_of(rights=key), at=NOON).step(StepName.ROLE).state is (
        StepState.OPEN
    )
    kept = machine.apply_report(done(StepName.ROLE), report_of(rights=key), at=LATER)
    assert kept.step(StepName.ROLE).state is StepState.DONE


@pytest.mark.parametrize("state", [State.SKIPPED, State.UNKNOWN])
def test_what_could_not_be_told_changes_no_mark(state: State) -> None:
    kept = machine.apply_report(done(StepName.ROLE), report_of(rights=state), at=LATER)
    assert kept.step(StepName.ROLE) == done(StepName.ROLE).step(StepName.ROLE)


def test_a_report_that_was_overtaken_changes_nothing() -> None:
    newest = machine.apply_report(begin(), report_of(LATER), at=LATER)
    assert machine.apply_report(newest, report_of(NOON, rights=State.FAIL), at=LATER) == newest


def test_an_earlier_hand_in_does_not_take_the_place_of_a_later_one() -> None:
    later = machine.accept_details(begin(), by=ADA, at=LATER)
    assert (later.keys_by, later.keys_at) == (ADA, LATER)
    assert machine.accept_details(later, by=BEN, at=NOON) == later


def test_nothing_changes_once_the_instance_is_removed() -> None:
    closed = machine.close(begin(), by=ADA, at=NOON)
    assert (closed.phase, closed.closed_by, closed.pending) == (Phase.CLOSED, ADA, None)
    for changed in (
        machine.take(closed, StepName.ROLE, by=BEN, at=LATER),
        machine.complete(closed, StepName.ROLE, by=BEN, at=LATER),
        machine.hand_over(closed, StepName.ROLE, to=CLEO, by=BEN, at=LATER),
        machine.accept_details(closed, by=BEN, at=LATER),
        machine.apply_report(closed, report_of(LATER), at=LATER),
        machine.remind(closed, at=LATER + timedelta(days=9)),
        machine.close(closed, by=BEN, at=LATER),
    ):
        assert changed == closed


def test_three_quiet_days_are_reminded_of_once() -> None:
    quiet = begin()
    assert machine.remind(quiet, at=NOON + timedelta(days=2)) == quiet
    reminded = machine.remind(quiet, at=NOON + timedelta(days=3))
    assert machine.list_parts(reminded)[-1].startswith("remind/")
    assert machine.remind(reminded, at=NOON + timedelta(days=30)) == reminded


def test_after_somebody_did_something_a_thread_may_be_reminded_of_again() -> None:
    reminded = machine.remind(begin(), at=NOON + timedelta(days=3))
    going_on = machine.take(reminded, StepName.ROLE, by=BEN, at=NOON + timedelta(days=4))
    assert not [it for it in machine.list_parts(going_on) if it.startswith("remind/")]
    again = machine.remind(going_on, at=NOON + timedelta(days=7))
    assert again.reminded_at == NOON + timedelta(days=7)


def test_a_finished_onboarding_is_never_reminded_of() -> None:
    it = machine.apply_report(machine.accept_details(begin(), by=BEN, at=NOON), report_of(), at=NOON)
    for name in (StepName.INTEGRATION, StepName.ORGANIZATIONS, StepName.VARIABLES):
        it = machine.complete(it, name, by=CLEO, at=LATER)
    assert it.is_finished
    assert it.finished_at == LATER
    assert machine.remind(it, at=NOON + timedelta(days=30)) == it
