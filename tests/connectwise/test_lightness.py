import importlib.util
import sys

import bot.connectwise


def test_what_httpcore_looks_for_at_every_lock_is_there_or_known_to_be_missing() -> None:
    assert bot.connectwise.ConnectWiseSites is not None
    assert "sniffio" in sys.modules or importlib.util.find_spec("sniffio") is not None
