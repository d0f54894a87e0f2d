"""Dialling ConnectWise: the guarded network, the calls, and what every refusal means.

`ConnectWiseSites` is all that the rest of the product sees.
"""

from bot.connectwise.client import ConnectWiseLogin, ConnectWiseSite
from bot.connectwise.guard import Address, Resolver
from bot.connectwise.sites import ConnectWiseSites
from bot.connectwise.transport import Limits

__all__ = ["Address", "ConnectWiseLogin", "ConnectWiseSite", "ConnectWiseSites", "Limits", "Resolver"]
