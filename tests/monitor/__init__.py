"""The monitor: its decisions, what it says, and that it says each thing once."""
