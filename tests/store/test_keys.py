import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import StoreError
from bot.store import keys

teams = st.from_regex(r"[A-Z0-9]{1,32}", fullmatch=True)
ids = st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True)
OF_AN_ID = (keys.instance, keys.onboarding, keys.submission)
OF_A_TEAM = (keys.instances, keys.onboardings, keys.audit, keys.installation)


def test_keys_have_their_agreed_names() -> None:
    assert keys.instance("T1", "a") == "cwbot:{T1}:instance:a"
    assert keys.instances("T1") == "cwbot:{T1}:instances"
    assert keys.onboarding("T1", "a") == "cwbot:{T1}:onboarding:a"
    assert keys.submission("T1", "a") == "cwbot:{T1}:submission:a"
    assert keys.audit("T1") == "cwbot:{T1}:audit"
    assert keys.installation("T1") == "cwbot:{T1}:installation"
    assert keys.once("T1", "a b") == "cwbot:{T1}:once:a%20b"
    assert keys.schedule("due") == "cwbot:{schedule}:due"
    assert keys.KEYRING == "cwbot:keyring"


@given(teams, ids)
def test_every_key_of_a_workspace_has_its_tag_and_tells_it(team: str, record: str) -> None:
    for key in (*(name(team, record) for name in OF_AN_ID), *(name(team) for name in OF_A_TEAM)):
        assert key.startswith(keys.team(team))
        assert keys.team_of(key) == keys.team_of(key.encode()) == team


@given(st.text(max_size=40), ids)
def test_a_workspace_id_is_one_or_is_refused(team: str, record: str) -> None:
    if team.isascii() and team.isalnum() and team.upper() == team and len(team) <= 32:
        assert f"{{{team}}}" in keys.instance(team, record)
    else:
        with pytest.raises(StoreError):
            keys.instance(team, record)


@given(teams, teams, st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_no_two_things_that_happen_once_share_a_key(one: str, other: str, what: str, what_else: str) -> None:
    same = keys.once(one, what) == keys.once(other, what_else)
    assert same == ((one, what) == (other, what_else))


def test_the_schedule_is_no_workspace() -> None:
    with pytest.raises(StoreError):
        keys.team_of(keys.schedule("due"))
