"""cw-bot doctor."""
