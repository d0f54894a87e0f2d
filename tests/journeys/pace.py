"""The bot is polite to Slack: beyond a burst it posts one message a second and channel. Journeys need not wait for it."""

import pytest


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any number of posts is a burst. That floods wait is held by `tests/runtime/test_pace.py`."""
    monkeypatch.setattr("bot.slack.gateway._BURST", 1e6)
