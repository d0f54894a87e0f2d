"""What a person reads of something rendered."""

from typing import Any


def words_of(blocks: Any) -> str:
    """Every text of blocks in one, with Slack's escapes undone."""
    found = "\n".join(_texts(blocks))
    return found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _texts(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for it in node for text in _texts(it)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if isinstance(node.get("text"), str) else []
    return own + [text for it in node.values() for text in _texts(it)]
