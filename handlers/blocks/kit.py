"""The small words of Block Kit, with Slack's limits kept and everything that was typed escaped.

Limits are Slack's (documented): header 150, section 3,000, button text 75 and value 2,000, modal title and buttons 24,
option text 75, placeholder 150, label and hint 2,000, private_metadata 3,000.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

JSON = dict[str, Any]

# Marks that reorder or hide text: never part of a name, never shown.
_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF, 0x061C], None
)
# A zero-width joiner is part of many emoji: kept.
_INVISIBLE.pop(0x200D)

_MARKUP = str.maketrans(
    {
        "*": "\u2217",
        "_": "\uff3f",
        "~": "\u223c",
        "`": "\u02cb",
        "|": "\u2223",
        "\n": " ",
        "\r": " ",
        "\t": " ",
    }
)

# What Slack would show bold, slanted, struck or as code; a lone mark, as in `CW_BOT_PORT` or `Client*`, is none.
_FORMATTED = re.compile(r"(?<!\w)([*_~`])(?=\S).*?(?<=\S)\1(?!\w)")


def escape(text: str) -> str:
    """Text for mrkdwn, as it is: control characters escaped, invisible marks taken out, no pair of marks that formats."""
    plain = text.translate(_INVISIBLE).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _FORMATTED.sub(lambda found: found[0].translate(_MARKUP), plain)


def typed(text: str, limit: int = 300) -> str:
    """Something a person typed, for mrkdwn: nothing in it can mention, link or format."""
    return escape(clip(text, limit)).translate(_MARKUP)


def code(text: str, limit: int = 300) -> str:
    """Something typed, as code: easy to tell from our own words."""
    return f"`{typed(text, limit)}`" if text else "`–`"


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where some went."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def measure(text: str) -> int:
    """The length as whoever counts most generously has it: UTF-16 units, of which most emoji are two or more.

    Slack does not say how it counts, and refuses a whole message for one text that is too long.
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def fit(text: str, limit: int) -> str:
    """At most `limit` by that measure: for Slack's own limits."""
    if measure(text) <= limit:
        return text
    units = text.encode("utf-16-le", "replace")[: 2 * (limit - 1)]
    return units.decode("utf-16-le", "ignore").rstrip() + "…"


def user(user_id: str) -> str:
    """A mention of a person; Slack shows the name, and notifies only in new messages."""
    return f"<@{user_id}>"


def date(at: datetime, style: str = "{date_short_pretty} at {time}") -> str:
    """A date in the reader's own time zone; UTC where the client cannot."""
    return f"<!date^{int(at.timestamp())}^{style}|{at:%Y-%m-%d %H:%M} UTC>"


def plain(text: str, limit: int = 3000) -> JSON:
    """A plain_text object."""
    return {"type": "plain_text", "text": fit(text, limit) or "–", "emoji": True}


def mrkdwn(text: str, limit: int = 3000) -> JSON:
    """A mrkdwn object. What was typed must have come through `typed` or `code`.

    Verbatim: Slack makes no mention or link of what merely looks like one, such as `@here` in an instance's name.
    """
    return {"type": "mrkdwn", "text": fit(text, limit) or "–", "verbatim": True}


def header(text: str) -> JSON:
    """A header; plain text."""
    return {"type": "header", "text": plain(text, 150)}


def section(text: str, *, accessory: JSON | None = None, block_id: str = "") -> JSON:
    """A paragraph."""
    block: JSON = {"type": "section", "text": mrkdwn(text)}
    if accessory:
        block["accessory"] = accessory
    if block_id:
        block["block_id"] = block_id
    return block


def context(*texts: str) -> JSON:
    """Small print."""
    return {"type": "context", "elements": [mrkdwn(text, 2000) for text in texts[:10]]}


def divider() -> JSON:
    """A line."""
    return {"type": "divider"}


def actions(*elements: JSON, block_id: str = "") -> JSON:
    """A row of buttons."""
    block: JSON = {"type": "actions", "elements": list(elements[:25])}
    if block_id:
        block["block_id"] = block_id
    return block


def button(
    text: str, action_id: str, value: str = "", *, style: str = "", url: str = "", label: str = ""
) -> JSON:
    """A button. `label` is read by screen readers where the text alone would be unclear."""
    element: JSON = {"type": "button", "text": plain(text, 75), "action_id": action_id}
    if value:
        element["value"] = value
    if style:
        element["style"] = style
    if url:
        element["url"] = url
    if label:
        element["accessibility_label"] = fit(label, 75)
    return element


def option(text: str, value: str, description: str = "") -> JSON:
    """An option of a select or of radio buttons."""
    it: JSON = {"text": plain(text, 75), "value": value}
    if description:
        it["description"] = plain(description, 75)
    return it


def text_input(
    *, initial: str = "", placeholder: str = "", limit: int = 255, multiline: bool = False
) -> JSON:
    """A text field."""
    element: JSON = {
        "type": "plain_text_input",
        "action_id": "value",
        "max_length": limit,
        "multiline": multiline,
    }
    if initial:
        element["initial_value"] = clip(initial, limit)
    if placeholder:
        element["placeholder"] = plain(placeholder, 150)
    return element


def select(options: Sequence[JSON], *, initial: str = "", placeholder: str = "") -> JSON:
    """A select with fixed options; `initial` is a value."""
    element: JSON = {"type": "static_select", "action_id": "value", "options": list(options[:100])}
    chosen = next((it for it in options if it["value"] == initial), None)
    if chosen:
        element["initial_option"] = chosen
    if placeholder:
        element["placeholder"] = plain(placeholder, 150)
    return element


def field(block_id: str, label: str, element: JSON, *, hint: str = "", optional: bool = False) -> JSON:
    """An input with its label."""
    block: JSON = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint, 2000)
    return block


def modal(
    *,
    callback_id: str,
    title: str,
    blocks: Iterable[JSON],
    submit: str = "",
    close: str = "Close",
    private_metadata: str = "",
    notify_on_close: bool = False,
) -> JSON:
    """A modal view."""
    view: JSON = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "close": plain(close, 24),
        "blocks": list(blocks)[:100],
        "private_metadata": private_metadata,
        "notify_on_close": notify_on_close,
    }
    if submit:
        view["submit"] = plain(submit, 24)
    return view
