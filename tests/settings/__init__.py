"""What the start makes of the settings."""
