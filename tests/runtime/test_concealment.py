"""What is hidden is masked at once, and forgotten a while after, many at a time."""

import asyncio

import pytest

from bot.runtime import concealment
from bot.runtime.concealment import Concealment
from bot.runtime.redaction import MASK, Redactor


async def test_what_was_hidden_is_forgotten_together_when_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(concealment, "_SECONDS", 0.03)
    monkeypatch.setattr(concealment, "_TOGETHER_SECONDS", 0.01)
    redactor = Redactor()
    conceal = Concealment(redactor)
    conceal.keep("kept-for-good")
    for number in range(300):
        conceal.hide(f"hidden-{number}")
        conceal.hide(f"other-{number}")
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


class Login:
    """Something that has keys."""


def test_what_belongs_to_something_is_masked_as_long_as_that_is_there() -> None:
    redactor = Redactor()
    conceal = Concealment(redactor)
    login = Login()
    conceal.hide_with(login, "its-public", "its-private")
    for number in range(concealment._LATELY * 4):
        conceal.hide_with(Login(), f"public-{number:04}", f"private-{number:04}")
    assert redactor.text("its-public its-private") == f"{MASK} {MASK}"
    # Of the others the last ones alone are known still.
    assert redactor.text("public-0000 private-0000") == "public-0000 private-0000"
    assert redactor.text(f"private-{number:04}") == MASK
    assert len(redactor._forms) < 3 * concealment._LATELY
    del login
    for number in range(1000, 1000 + concealment._LATELY * 2):
        conceal.hide_with(Login(), f"public-{number:04}")
    assert redactor.text("its-private") == "its-private"
