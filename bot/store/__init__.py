"""What is kept in Redis: one file per aggregate, every key named in `keys`, each atomic step a Lua file."""
