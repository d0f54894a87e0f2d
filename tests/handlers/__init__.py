"""The handlers: what is built, and who listens."""
