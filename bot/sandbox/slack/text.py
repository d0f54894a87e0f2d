"""Slack's markup: escaping, whom a text notifies, and what a person reads on the screen."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"<([^<>\n]*)>")
_DATE = re.compile(r"!date\^(\d+)\^([^|^]*)(?:\^[^|]*)?(?:\|(.*))?")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_STRONG = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_EMPHASIS = re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])")
_STRUCK = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")
_EMOJI_CODE = re.compile(r":([a-z0-9_+-]+):")

_EMOJI = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "ballot_box_with_check": "☑️",
    "x": "❌",
    "warning": "⚠️",
    "hourglass_flowing_sand": "⏳",
    "hourglass": "⌛",
    "key": "🔑",
    "lock": "🔒",
    "closed_lock_with_key": "🔐",
    "tada": "🎉",
    "rocket": "🚀",
    "bulb": "💡",
    "mag": "🔍",
    "eyes": "👀",
    "gear": "⚙️",
    "wrench": "🔧",
    "hammer_and_wrench": "🛠️",
    "information_source": "ℹ️",
    "question": "❓",
    "grey_question": "❔",
    "exclamation": "❗",
    "heavy_plus_sign": "➕",
    "heavy_minus_sign": "➖",
    "scissors": "✂️",
    "construction": "🚧",
    "wave": "👋",
    "link": "🔗",
    "arrow_right": "➡️",
    "arrow_down": "⬇️",
    "point_right": "👉",
    "point_up": "☝️",
    "twisted_rightwards_arrows": "🔀",
    "star": "⭐",
    "bell": "🔔",
    "no_entry": "⛔",
    "no_entry_sign": "🚫",
    "red_circle": "🔴",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "large_orange_circle": "🟠",
    "large_blue_circle": "🔵",
    "white_circle": "⚪",
    "black_circle": "⚫",
    "large_green_square": "🟩",
    "white_large_square": "⬜",
    "clipboard": "📋",
    "pencil2": "✏️",
    "wastebasket": "🗑️",
    "arrows_counterclockwise": "🔄",
    "repeat": "🔁",
    "hand": "✋",
    "raised_hands": "🙌",
    "one": "1️⃣",
    "two": "2️⃣",
    "three": "3️⃣",
    "four": "4️⃣",
}


@dataclass(frozen=True)
class Names:
    """How ids are shown: both functions give an id's name."""

    user: Callable[[str], str]
    channel: Callable[[str], str]


def escape(text: str) -> str:
    """What Slack stores when a person types this: the three control characters as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The reverse of `escape`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mentions(text: str) -> Iterator[str]:
    """The mentions in a mrkdwn text: `U…` for a person, `!channel`, `!here`, `!everyone`, `!subteam^S…`."""
    for token in _TOKEN.findall(text):
        target = token.split("|", 1)[0]
        if re.fullmatch(r"@[UW][A-Z0-9]+", target):
            yield target[1:]
        elif re.fullmatch(r"!(channel|here|everyone|group|subteam\^S[A-Z0-9]+)", target):
            yield target


def mrkdwn_in(value: Any) -> Iterator[str]:
    """Every text of some blocks in which Slack interprets markup: mrkdwn objects and markdown blocks."""
    if isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "markdown") and isinstance(value.get("text"), str):
            yield value["text"]
        elif value.get("type") == "user" and isinstance(value.get("user_id"), str):
            yield f"<@{value['user_id']}>"
        elif value.get("type") == "broadcast":
            yield f"<!{value.get('range')}>"
        for child in value.values():
            yield from mrkdwn_in(child)
    elif isinstance(value, list):
        for child in value:
            yield from mrkdwn_in(child)


def notified_by(texts: Iterable[str], *, members: set[str]) -> frozenset[str]:
    """Who among the members is pinged by these texts; a broadcast pings them all."""
    found: set[str] = set()
    for text in texts:
        for mention in mentions(text):
            found |= members if mention.startswith("!") else {mention} & members
    return frozenset(found)


def show_text(text: str, names: Names) -> str:
    """A mrkdwn text as it is read: mentions and links by name, entities decoded, emphasis dropped, emoji drawn."""
    pieces = _CODE.split(text)
    shown = []
    for index, piece in enumerate(pieces):
        if index % 2:
            shown.append(_show_tokens(piece.strip("`").strip("\n"), names))
            continue
        plain = piece
        for pattern in (_STRONG, _EMPHASIS, _STRUCK):
            plain = pattern.sub(r"\1", plain)
        shown.append(show_emoji(_show_tokens(plain, names)))
    return "".join(shown)


def show_emoji(text: str) -> str:
    """Emoji codes drawn, where known."""
    return _EMOJI_CODE.sub(lambda found: _EMOJI.get(found[1], found[0]), text)


def _show_tokens(text: str, names: Names) -> str:
    return unescape(_TOKEN.sub(lambda found: _show_token(found[1], names), text))


def _show_token(token: str, names: Names) -> str:
    dated = _DATE.fullmatch(token)
    if dated is not None:
        return dated[3] or dated[2]
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return f"@{names.user(target[1:])}"
    if target.startswith("#"):
        return f"#{label or names.channel(target[1:])}"
    if target.startswith("!"):
        return f"@{label.removeprefix('@') or target[1:]}"
    return label or target.removeprefix("mailto:")
