"""Whatever happens in whatever order: no completed step is lost, none is completed twice, time only goes on."""

import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.onboarding import MARKABLE, Onboarding, Phase, Step, StepState
from tests.domain.onboarding_strategies import NOON, Event, events, histories, play


def _pairs(states: list[Onboarding]) -> list[tuple[Step, Step]]:
    return [
        (before, after)
        for earlier, later in itertools.pairwise(states)
        for before, after in zip(earlier.steps, later.steps, strict=True)
    ]


@given(histories)
def test_a_completed_step_is_lost_to_an_undo_or_to_the_api_alone(history: list[Event]) -> None:
    states = play(history)
    for event, earlier, later in zip(history, states, states[1:], strict=False):
        for before, after in zip(earlier.steps, later.steps, strict=True):
            if not before.is_complete or after.is_complete:
                continue
            if after.state is StepState.CONTRADICTED:
                assert event.name.startswith("report")
                assert after.by == before.by
            else:
                assert event.name.startswith("undo")
                assert before.state is StepState.DONE
                assert before.name in MARKABLE


@given(histories)
def test_no_step_is_completed_twice_without_having_been_open_between(history: list[Event]) -> None:
    for before, after in _pairs(play(history)):
        if before.is_complete and after.is_complete and before != after:
            assert (before.state, after.state) == (StepState.DONE, StepState.CHECKED)
            assert after.by == before.by
            assert after.at == before.at


@given(histories, events())
def test_every_event_is_idempotent(history: list[Event], event: Event) -> None:
    state = play(history)[-1]
    at = NOON + timedelta(hours=2)
    once = event.apply(state, at)
    assert event.apply(once, at) == once


@given(histories)
def test_the_steps_stay_the_eight_in_their_order_and_each_names_who_is_on_it(history: list[Event]) -> None:
    states = play(history)
    for state in states:
        assert [it.name for it in state.steps] == [it.name for it in states[0].steps]
        for step in state.steps:
            assert step.by or step.state is not StepState.IN_PROGRESS
            assert not step.asked_by or step.state is StepState.IN_PROGRESS
            assert step.state is not StepState.OPEN or not (step.by or step.asked_by)


@given(histories)
def test_a_step_counts_every_change_and_nothing_else(history: list[Event]) -> None:
    for before, after in _pairs(play(history)):
        assert after.turn == before.turn + (before != after)


@given(histories)
def test_the_last_touch_never_goes_back(history: list[Event]) -> None:
    states = play(history)
    for earlier, later in itertools.pairwise(states):
        assert later.touched_at is not None
        assert earlier.touched_at is not None
        assert later.touched_at >= earlier.touched_at


@given(histories, st.data())
def test_once_removed_always_removed(history: list[Event], data: st.DataObject) -> None:
    states = play(history)
    closed = next((number for number, it in enumerate(states) if it.phase is Phase.CLOSED), None)
    if closed is not None:
        later = data.draw(st.sampled_from(states[closed:]))
        assert later == states[closed]
