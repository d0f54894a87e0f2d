"""What the product is about, as pure values and functions: no sockets, no Redis, no Slack, no clock of its own."""
