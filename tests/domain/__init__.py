"""The pure values and rules of `bot.domain`."""
