"""What is hidden is masked at once, and forgotten a while after, many at a time."""

import asyncio

import pytest

from bot.runtime import concealment
from bot.runtime.concealment import Concealment
from bot.runtime.redaction import MASK, Redactor


async def test_what_was_hidden_is_forgotten_together_when_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(concealment, "_SECONDS", 0.02)
    monkeypatch.setattr(concealment, "_TOGETHER_SECONDS", 0.01)
    redactor = Redactor()
    conceal = Concealment(redactor)
    conceal.keep("kept-for-good")
    for number in range(300):
        conceal.hide(f"hidden-{number}", f"other-{number}")
    with conceal("held-a-while"):
        assert redactor.text("hidden-7 other-7 held-a-while kept-for-good") == " ".join([MASK] * 4)
    async with asyncio.timeout(10):
        while len(redactor._forms) > 1:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    said = "hidden-7 other-7 held-a-while"
    assert redactor.text(f"{said} kept-for-good") == f"{said} {MASK}"
    # And what comes after is looked after as well.
    conceal.hide("hidden-again")
    assert redactor.text("hidden-again") == MASK
