"""cw-bot: connects ConnectWise Manage to an automation platform, as a conversation in Slack."""

__version__ = "0.1.0"
