"""Slack on the wire: the Web API gateway, request verification, who people are."""
