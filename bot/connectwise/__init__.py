"""Dialling ConnectWise: the guarded network, the calls, and what every refusal means.

`ConnectWiseSites` is all that the rest of the product sees.
"""

from bot.connectwise.client import ConnectWiseLogin, ConnectWiseSite, Limits
from bot.connectwise.guard import Address, Resolver
from bot.connectwise.sites import ConnectWiseSites

__all__ = ["Address", "ConnectWiseLogin", "ConnectWiseSite", "ConnectWiseSites", "Limits", "Resolver"]
