"""What a person reads: messages and views as lines of text, buttons in [brackets]."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.model import Json, Message, View
from bot.sandbox.slack.text import Names, show_emoji, show_text

_RAW = Names(user=lambda user_id: user_id, channel=lambda channel_id: channel_id)
_LEVELS = {"warning": "⚠ ", "error": "⛔ ", "success": "✔ ", "info": "ℹ ", "default": ""}


def render_text(shown: Message | View, names: Names = _RAW) -> str:
    """A message or a view as a person reads it; `names` turns ids into names (see `SlackWorkspace.names`)."""
    return render_blocks(shown.blocks, "" if isinstance(shown, View) else shown.text, names)


def render_blocks(blocks: list[Json], text: str = "", names: Names = _RAW) -> str:
    """Blocks as a person reads them; without any, the text."""
    if not blocks:
        return show_text(text, names)
    lines = [render_block(block, names) for block in blocks]
    return "\n".join(line for line in lines if line)


def render_block(block: Json, names: Names = _RAW) -> str:
    """One block as lines of text."""
    renderer = _RENDERERS.get(str(block.get("type")))
    return renderer(block, names) if renderer is not None else f"({block.get('type')})"


def show_object(value: Json | None, names: Names = _RAW) -> str:
    """A text object as it is read."""
    if not value:
        return ""
    text = str(value.get("text") or "")
    if value.get("type") == "mrkdwn":
        return show_text(text, names)
    return show_emoji(text) if value.get("emoji", True) else text


def render_element(element: Json, names: Names = _RAW) -> str:
    """An element as it is read: `[Button]`, `[Placeholder ▾]`, `(image)`."""
    kind = str(element.get("type"))
    if kind in ("button", "workflow_button"):
        return f"[{show_object(element.get('text'))}]"
    if kind == "image":
        return f"({element.get('alt_text')})"
    if kind == "overflow":
        options = " | ".join(show_object(option.get("text")) for option in element.get("options") or [])
        return f"[⋯ {options}]"
    if kind in ("checkboxes", "radio_buttons"):
        return " ".join(f"○ {show_object(o.get('text'), names)}" for o in element.get("options") or [])
    if kind in ("plain_text", "mrkdwn"):
        return show_object(element, names)
    return f"[{show_object(element.get('placeholder')) or kind} ▾]"


def _section(block: Json, names: Names) -> str:
    lines = [show_object(block.get("text"), names)]
    lines += [show_object(entry, names) for entry in block.get("fields") or []]
    if block.get("accessory"):
        lines.append(render_element(block["accessory"], names))
    return "\n".join(line for line in lines if line)


def _input(block: Json, names: Names) -> str:
    optional = " (optional)" if block.get("optional") else ""
    lines = [f"{show_object(block.get('label'))}{optional}: {render_element(block['element'], names)}"]
    if block.get("hint"):
        lines.append(f"  {show_object(block['hint'])}")
    return "\n".join(lines)


def _row(block: Json, names: Names) -> str:
    return "  ".join(render_element(element, names) for element in block.get("elements") or [])


def _table(block: Json, names: Names) -> str:
    rows: list[list[Json]] = block.get("rows") or []
    return "\n".join(" | ".join(_cell(cell, names) for cell in row) for row in rows)


def _cell(cell: Json, names: Names) -> str:
    if cell.get("type") == "rich_text":
        return _rich(cell, names)
    return str(cell.get("text") or cell.get("value") or "")


def _rich(block: Json, names: Names) -> str:
    return "\n".join(_rich_part(part, names) for part in block.get("elements") or [])


def _rich_part(part: Json, names: Names) -> str:
    if part.get("type") == "rich_text_list":
        return "\n".join(f"• {_rich_part(item, names)}" for item in part.get("elements") or [])
    return "".join(_rich_leaf(leaf, names) for leaf in part.get("elements") or [])


def _rich_leaf(leaf: Json, names: Names) -> str:
    leaves: dict[str, Callable[[], Any]] = {
        "user": lambda: f"@{names.user(str(leaf.get('user_id')))}",
        "channel": lambda: f"#{names.channel(str(leaf.get('channel_id')))}",
        "emoji": lambda: show_emoji(f":{leaf.get('name')}:"),
        "link": lambda: leaf.get("text") or leaf.get("url"),
        "broadcast": lambda: f"@{leaf.get('range')}",
    }
    kind = str(leaf.get("type"))
    return str(leaves[kind]() if kind in leaves else leaf.get("text") or "")


_RENDERERS: dict[str, Callable[[Json, Names], str]] = {
    "section": _section,
    "input": _input,
    "actions": _row,
    "context": _row,
    "context_actions": _row,
    "header": lambda block, _names: show_object(block.get("text")),
    "divider": lambda _block, _names: "─" * 24,
    "markdown": lambda block, _names: str(block.get("text")),
    "image": lambda block, _names: f"({block.get('alt_text')})",
    "alert": lambda block, names: (
        _LEVELS[block.get("level") or "default"] + show_object(block.get("text"), names)
    ),
    "table": _table,
    "rich_text": _rich,
}
