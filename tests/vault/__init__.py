"""The vault: what the envelope promises, property by property."""
