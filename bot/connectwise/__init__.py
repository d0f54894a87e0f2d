"""Dialling ConnectWise: the guarded network, the calls, and what every refusal means.

`ConnectWiseSites` is all that the rest of the product sees.
"""

import importlib.util
import sys

# httpcore asks for this module before every lock it takes, and where it is not installed each time goes through all that
# is: a quarter of what a request costs. `None` has it fail at once.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # the documented way to have an import fail

from bot.connectwise.client import ConnectWiseLogin, ConnectWiseSite, Limits
from bot.connectwise.guard import Address, Resolver
from bot.connectwise.sites import ConnectWiseSites

__all__ = ["Address", "ConnectWiseLogin", "ConnectWiseSite", "ConnectWiseSites", "Limits", "Resolver"]
