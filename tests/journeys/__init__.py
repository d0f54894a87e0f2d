"""Whole journeys over signed HTTP, TLS and a real store: each fails first, and recovers in the same flow."""
