"""A stand-in for Slack over real HTTP, with its rules enforced: for trying the bot out and for its tests.

It imports nothing of the product: what it does comes from Slack's documentation alone.
"""

from bot.sandbox.slack.blocks import Problem, validate_message_blocks, validate_view
from bot.sandbox.slack.model import Call, Channel, Command, Installation, Message, Team, User, View
from bot.sandbox.slack.moods import Mood, Rate
from bot.sandbox.slack.outcomes import CommandResult, Result, SubmitResult, SuggestResult
from bot.sandbox.slack.page import Panel
from bot.sandbox.slack.person import Modal, Person
from bot.sandbox.slack.render import render_text
from bot.sandbox.slack.seed import greet
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.signing import SignedRequest
from bot.sandbox.slack.workspace import SlackWorkspace

__all__ = [
    "Call",
    "Channel",
    "Command",
    "CommandResult",
    "Installation",
    "Message",
    "Modal",
    "Mood",
    "Panel",
    "Person",
    "Problem",
    "Rate",
    "Result",
    "SignedRequest",
    "SlackServer",
    "SlackWorkspace",
    "SubmitResult",
    "SuggestResult",
    "Team",
    "User",
    "View",
    "greet",
    "render_text",
    "validate_message_blocks",
    "validate_view",
]
