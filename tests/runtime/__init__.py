"""The door, the limits, the log: what stands around the bot."""
