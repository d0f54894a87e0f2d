"""Every emoji that the bot uses has a picture in the sandbox: none is shown as its name between colons."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.slack.text import show_emoji

ROOT = Path(__file__).resolve().parents[2]
_CODE = re.compile(r"(?<![\w:]):([a-z][a-z0-9_+-]+):(?![\w:])")


def names_in(*folders: str) -> set[str]:
    """The names between colons in whatever people are told."""

    def texts() -> Iterator[str]:
        for folder in folders:
            for path in (ROOT / folder).rglob("*"):
                if path.suffix in (".py", ".json"):
                    yield path.read_text()

    return {name for text in texts() for name in _CODE.findall(text)}


USED = sorted(names_in("handlers", "bot/domain/data"))


def test_there_are_some_to_look_for() -> None:
    assert {"white_check_mark", "heavy_minus_sign", "twisted_rightwards_arrows"} <= set(USED)


@pytest.mark.parametrize("name", USED)
def test_an_emoji_that_the_bot_uses_is_drawn(name: str) -> None:
    assert show_emoji(f":{name}:") != f":{name}:"
    page = (ROOT / "bot/sandbox/page/js/emoji.js").read_text()
    assert re.search(rf'^  "?{re.escape(name)}"?: "', page, re.MULTILINE)
    pictures = (ROOT / "bot/sandbox/page/js/pictures.js").read_text()
    assert re.search(rf"^  {re.escape(name)}:", pictures, re.MULTILINE)
