"""Where an onboarding is shown: intents keep posts from being doubled, whatever is lost is known to be lost."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.onboarding import StepName, Thread
from bot.domain.thread import INTENT_FRESH, PARENT, name_post
from tests.domain.onboarding_strategies import NOON

EMPTY = Thread(channel_id="C0PSASETUP")
PARTS = (PARENT, *StepName)


def shown() -> Thread:
    thread = EMPTY
    for number, part in enumerate(PARTS):
        thread = thread.posted(part, f"17.{number:06d}", f"digest {number}")
    return thread


def test_a_part_that_somebody_is_posting_is_not_claimed_a_second_time() -> None:
    claimed = EMPTY.claimed(PARTS, NOON)
    assert claimed.claimed(PARTS, NOON + timedelta(seconds=1)) == claimed


def test_an_intent_that_went_stale_may_be_taken_up_by_another() -> None:
    later = NOON + INTENT_FRESH
    assert EMPTY.claimed((PARENT,), NOON).claimed((PARENT,), later).intents == {PARENT: later}


def test_every_attempt_at_a_part_has_the_same_name_until_its_message_is_gone() -> None:
    def name(thread: Thread, part: str = StepName.ROLE) -> str:
        return name_post("T1", "one", part, thread)

    later = NOON + INTENT_FRESH
    attempts = {name(it) for it in (EMPTY, EMPTY.claimed(PARTS, NOON), EMPTY.claimed(PARTS, later), shown())}
    gone = shown().lost(StepName.ROLE, "17.000001")
    emptied = shown().lost(PARENT, "17.000000")
    assert len(attempts) == 1
    assert (
        len({*attempts, name(gone), name(emptied), name(EMPTY.renamed(StepName.ROLE).renamed(StepName.ROLE))})
        == 4
    )
    assert name(gone, StepName.KEYS) == name(EMPTY, StepName.KEYS) != name(emptied, StepName.KEYS)


def test_an_edit_that_never_ended_puts_its_part_in_doubt_until_a_later_one_has_ended() -> None:
    later = NOON + INTENT_FRESH
    begun = shown().editing((StepName.ROLE, StepName.KEYS), "one", NOON)
    ended = begun.after_edits([StepName.ROLE], "one", NOON)
    assert begun.doubtful(NOON) == ended.after_edits([StepName.KEYS], "one", NOON).doubtful(later) == set()
    assert ended.doubtful(later) == {StepName.KEYS}
    assert ended.is_unsettled
    other = ended.editing([StepName.KEYS], "two", NOON).after_edits([StepName.KEYS], "two", NOON)
    assert other.doubtful(later) == {StepName.KEYS}  # the first may still arrive after the second
    again = other.editing([StepName.KEYS], "two", later).after_edits([StepName.KEYS], "two", later)
    assert again.doubtful(later) == set()
    assert not again.is_unsettled


def test_what_a_second_attempt_finds_already_posted_may_say_what_the_first_one_said() -> None:
    later = NOON + INTENT_FRESH
    once = EMPTY.claimed(["role"], NOON).posted("role", "17.000001", "digest")
    assert once.doubtful(later) == set()
    twice = EMPTY.claimed(["role"], NOON).claimed(["role"], later).posted("role", "17.000001", "digest")
    assert twice.doubtful(later) == {"role"}
    assert twice.after_edits(["role"], "one", later).doubtful(later) == set()


def test_what_was_posted_is_not_claimed() -> None:
    assert shown().claimed(PARTS, NOON).intents == {}


def test_a_second_copy_does_not_take_the_place_of_the_first_and_is_to_be_deleted() -> None:
    twice = shown().posted(StepName.ROLE, "18.000000", "digest")
    assert twice.replies == shown().replies
    assert twice.strays == ("18.000000",)


def test_a_reply_that_is_gone_is_posted_again_and_its_remains_are_deleted() -> None:
    lost = shown().lost(StepName.ROLE, "17.000001")
    assert not lost.has(StepName.ROLE)
    assert lost.strays == ("17.000001",)
    assert lost.lost(StepName.ROLE, "17.000001") == lost


def test_with_its_parent_the_whole_thread_is_lost_and_what_was_said_once_stays_said() -> None:
    lost = shown().uttered("ask/keys/1").lost(PARENT, "17.000000")
    assert not any(lost.has(part) for part in PARTS)
    assert lost.has("ask/keys/1")
    assert lost.former == ("17.000000",)
    assert len(lost.strays) == 8


def test_the_return_of_the_bot_counts_once_and_only_after_the_card_was_posted() -> None:
    thread = shown()
    assert thread.left("16.000000") == thread
    anew = thread.left("18.000000").posted(PARENT, "19.000000", "digest")
    assert anew.left("18.000000") == anew
    assert anew.left("20.000000").parent_ts == ""


def test_a_click_in_a_message_whose_post_was_never_confirmed_adopts_it() -> None:
    thread = EMPTY.posted(PARENT, "17.000000", "x").claimed((StepName.ROLE,), NOON)
    found = thread.found(StepName.ROLE, "17.000001", "17.000000")
    assert found.replies == {StepName.ROLE: "17.000001"}
    assert found.intents == {}


def test_a_click_in_a_copy_of_a_message_takes_the_copy_away() -> None:
    assert shown().found(StepName.ROLE, "18.000000", "17.000000").strays == ("18.000000",)
    assert shown().found(PARENT, "18.000000", "").former == ("18.000000",)
    assert shown().found(StepName.ROLE, "17.000001", "17.000000") == shown()


posts = st.lists(st.tuples(st.sampled_from(PARTS), st.integers(0, 60), st.booleans()), max_size=30)


@given(posts)
def test_two_who_post_at_the_same_time_never_both_hold_the_intent(
    attempts: list[tuple[str, int, bool]],
) -> None:
    thread, made = EMPTY, dict.fromkeys(PARTS, 0)
    for number, (part, seconds, is_answered) in enumerate(attempts):
        now = NOON + timedelta(seconds=seconds + number)
        claimed = thread.claimed((part,), now)
        if claimed.intents.get(part) == now and thread.intents.get(part) != now:
            assert not thread.has(part)
            made[part] += 1
            thread = claimed.posted(part, f"17.{number:06d}", "x") if is_answered else claimed
    for part in PARTS:
        unanswered = sum(1 for it, _, is_answered in attempts if it == part and not is_answered)
        assert made[part] <= 1 + unanswered
