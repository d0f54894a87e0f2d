"""What deploy/SECURITY.md promises, property by property."""
