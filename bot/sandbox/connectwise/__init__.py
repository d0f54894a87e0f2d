"""A stand-in for a ConnectWise site, written from the known facts of the API alone."""

from bot.sandbox.connectwise.site import ConnectWiseSite, RequestRecord

__all__ = ["ConnectWiseSite", "RequestRecord"]
