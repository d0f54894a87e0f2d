import json
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.monitor import (
    Health,
    NoticeKind,
    Pace,
    Watch,
    begin,
    first_delay,
    next_delay,
    observe,
    wants_audit,
)
from bot.domain.report import Report, Rights
from tests.monitor.examples import START, at, make_instance, make_report, missing

PACE = Pace()
GOOD, DOWN, REFUSED = make_report(), make_report(unknown="company"), make_report(failed="keys")
GAP = make_report(failed="rights", rights=missing())
SLOW_ROLE = make_report(unknown="rights")


def play(reports: list[Report], *, watch: Watch | None = None, minutes: float = 15) -> Watch:
    """Checks at a steady pace, each the full one."""
    watch = watch or begin(make_instance(), at=START)
    for number, report in enumerate(reports, start=1):
        moment = (watch.checked_at or START) + timedelta(minutes=minutes if number else 0)
        watch = observe(watch, report, at=moment, edition=0, is_audit=True)
    return watch


def kinds(watch: Watch) -> list[NoticeKind]:
    return [it.kind for it in watch.outbox]


answers = st.lists(st.sampled_from([GOOD, DOWN, REFUSED, GAP, SLOW_ROLE]), max_size=60)


@given(answers)
def test_between_two_that_say_it_is_down_one_says_that_it_is_back(reports: list[Report]) -> None:
    said = [it for it in kinds(play(reports)) if it is not NoticeKind.DRIFT]
    for one, other in pairwise(said):
        assert one is not other
        assert NoticeKind.RECOVERED in (one, other) or (one, other) == (NoticeKind.DOWN, NoticeKind.NEEDS_YOU)
    assert not said or said[0] is not NoticeKind.RECOVERED


@given(answers)
def test_the_last_notice_tells_how_it_is(reports: list[Report]) -> None:
    watch = play(reports)
    said = [it for it in kinds(watch) if it is not NoticeKind.DRIFT]
    told = {
        NoticeKind.DOWN: Health.DOWN,
        NoticeKind.NEEDS_YOU: Health.NEEDS_YOU,
        NoticeKind.RECOVERED: Health.UP,
    }
    assert watch.health is (told[said[-1]] if said else Health.UP)


@given(answers)
def test_serials_grow_by_one_and_times_are_in_order(reports: list[Report]) -> None:
    outbox = play(reports).outbox
    assert [it.serial for it in outbox] == list(range(1, len(outbox) + 1))
    assert all(it.since <= it.at for it in outbox)
    assert all(one.at <= other.at for one, other in pairwise(outbox))


@given(answers)
def test_whatever_the_answers_it_is_asked_again_in_time_or_has_stopped_for_its_keys(
    reports: list[Report],
) -> None:
    watch = play(reports)
    delay = next_delay(watch, PACE, at=at(10_000))
    if watch.is_stopped:
        assert delay is None
        assert watch.health is Health.NEEDS_YOU
    else:
        assert delay is not None
        assert 10 <= delay <= 4 * 900 * 1.06


@given(st.lists(st.booleans(), min_size=96, max_size=96))
def test_a_day_of_flapping_says_little(ups: list[bool]) -> None:
    assert len(play([GOOD if it else DOWN for it in ups]).outbox) <= 14


@given(answers)
def test_the_same_answers_again_say_nothing_new_once_settled(reports: list[Report]) -> None:
    settled = play([GOOD] * 8, watch=play(reports))
    assert settled.health is Health.UP
    assert len(play([GOOD] * 5, watch=settled).outbox) == len(settled.outbox)


def test_one_bad_answer_is_no_news_and_is_looked_into_soon() -> None:
    watch = play([GOOD, DOWN])
    assert watch.outbox == ()
    assert (next_delay(watch, PACE, at=at(30)) or 0) < 70
    assert play([GOOD], watch=watch).outbox == ()


def test_down_is_said_once_with_since_when_and_recovered_once_with_how_long() -> None:
    watch = play([GOOD, DOWN, DOWN, DOWN, DOWN, GOOD, GOOD])
    down, back = watch.outbox
    assert down.since == at(30)
    assert down.summary == "About company."
    assert back.since == at(30)
    assert back.at == at(90)


def test_while_it_is_down_the_questions_grow_rarer_and_end_at_an_hour() -> None:
    watch = play([DOWN, DOWN])
    delays = []
    for _ in range(8):
        delays.append(next_delay(watch, PACE, at=at(60)) or 0)
        watch = play([DOWN], watch=watch)
    assert delays == sorted(delays)
    assert delays[-1] <= 3600 * 1.06
    assert delays[0] < 900


def test_what_has_been_well_for_a_week_is_asked_half_as_often() -> None:
    watch = play([GOOD])
    young, old = next_delay(watch, PACE, at=at(15)), next_delay(watch, PACE, at=at(60 * 24 * 8))
    assert young is not None
    assert old == pytest.approx(2 * young)


def test_a_site_that_says_when_to_come_again_is_not_asked_before() -> None:
    watch = play([DOWN, make_report(unknown="company", retry_after=1500)])
    assert (next_delay(watch, PACE, at=at(30)) or 0) >= 1500


def test_refused_keys_are_not_shown_again_until_somebody_acts() -> None:
    watch = play([GOOD, REFUSED, REFUSED])
    assert kinds(watch) == [NoticeKind.NEEDS_YOU]
    assert watch.outbox[0].is_stopped
    assert next_delay(watch, PACE, at=at(60)) is None
    mended = play([GOOD, GOOD], watch=watch.evolve(is_stopped=False))
    assert mended.health is Health.UP
    assert kinds(mended)[-1] is NoticeKind.RECOVERED


def test_a_role_that_lost_a_right_needs_somebody_and_is_asked_on() -> None:
    watch = play([GAP, GAP])
    (notice,) = watch.outbox
    assert notice.kind is NoticeKind.NEEDS_YOU
    assert [it.after for it in notice.changes] == ["None"]
    assert next_delay(watch, PACE, at=at(60)) is not None
    assert wants_audit(watch, PACE, at=at(31))


def test_a_change_that_breaks_nothing_is_said_once() -> None:
    newer = make_report(version="v2025.2")
    watch = play([newer, newer, newer])
    (notice,) = watch.outbox
    assert notice.kind is NoticeKind.DRIFT
    assert [(it.before, it.after) for it in notice.changes] == [("v2025.1", "v2025.2")]


def test_what_people_changed_themselves_is_no_drift() -> None:
    watch = begin(make_instance(), at=START)
    watch = observe(watch, make_report(version="v2"), at=at(15), edition=1, is_audit=True)
    assert watch.outbox == ()
    assert watch.edition == 1


def test_what_changed_during_an_outage_is_told_with_its_end() -> None:
    watch = play([DOWN, DOWN, make_report(version="v3"), make_report(version="v3")])
    assert [it.kind for it in watch.outbox] == [NoticeKind.DOWN, NoticeKind.RECOVERED]
    assert [it.after for it in watch.outbox[-1].changes] == ["v3"]


def test_a_role_that_could_not_be_read_in_time_is_no_outage() -> None:
    assert play([SLOW_ROLE] * 4).outbox == ()


def test_an_audit_comes_once_a_day() -> None:
    watch = begin(make_instance(), at=START)
    assert not wants_audit(watch, PACE, at=at(15))
    assert wants_audit(watch, PACE, at=at(60 * 27))
    assert wants_audit(begin(make_instance(report=None), at=START), PACE, at=at(1))


def test_a_light_check_leaves_what_drift_is_held_against() -> None:
    watch = begin(make_instance(), at=START)
    after = observe(watch, make_report(is_light=True), at=at(15), edition=0, is_audit=False)
    assert after.baseline == watch.baseline
    assert after.audited_at == watch.audited_at


@given(
    st.lists(st.text("0123456789abcdef", min_size=16, max_size=16), min_size=200, max_size=200, unique=True)
)
def test_instances_are_spread_over_the_interval_each_at_its_own_time(ids: list[str]) -> None:
    delays = [first_delay(it, PACE) for it in ids]
    assert delays == [first_delay(it, PACE) for it in ids]
    assert min(delays) < 600
    assert max(delays) > 750
    assert all(450 <= it <= 900 for it in delays)


def test_a_baseline_holds_no_sentence_and_no_finding_is_lost() -> None:
    report = make_report(failed="rights", rights=missing(), company_name="Acme")
    baseline = begin(make_instance(report=report), at=START).baseline
    assert Report.model_validate_json(baseline).rights == report.rights != Rights()
    assert "About" not in baseline


def test_a_watch_that_was_written_with_its_baseline_as_an_object_is_read() -> None:
    watch = begin(make_instance(), at=START)
    written = json.loads(watch.model_dump_json())
    written["baseline"] = json.loads(written["baseline"])
    assert written["baseline"]["outcome"] == "verified"
    read = Watch.model_validate_json(json.dumps(written))
    changed = make_report(failed="rights", rights=missing())
    assert read.drift_to(changed) == watch.drift_to(changed) != ()
    assert Watch.model_validate_json(json.dumps(written | {"baseline": None})).drift_to(changed) == ()
