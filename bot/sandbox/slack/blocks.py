"""Slack's judgement of blocks and views, as pure functions: what it refuses, with the pointer to each part to blame.

Limits beyond those of the documentation's tables (unknown fields, initial options that are not among the options) are
Slack's schema checks. Each function gives the list of problems, empty when Slack would take the payload.
"""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.elements import IN_ACTIONS, IN_INPUT, IN_SECTION, check_element, check_image
from bot.sandbox.slack.objects import BOTH, PLAIN, check_field, check_text
from bot.sandbox.slack.problems import Findings, Problem, kind_of

__all__ = ["Problem", "validate_message_blocks", "validate_view"]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000
MARKDOWN_CHARACTERS = 12_000
METADATA_CHARACTERS = 3_000

_Block = dict[str, Any]
_SURFACES: dict[str, frozenset[str]] = {
    "section": frozenset({"message", "modal", "home"}),
    "divider": frozenset({"message", "modal", "home"}),
    "image": frozenset({"message", "modal", "home"}),
    "actions": frozenset({"message", "modal", "home"}),
    "context": frozenset({"message", "modal", "home"}),
    "header": frozenset({"message", "modal", "home"}),
    "input": frozenset({"message", "modal", "home"}),
    "rich_text": frozenset({"message", "modal", "home"}),
    "video": frozenset({"message", "modal", "home"}),
    "markdown": frozenset({"message"}),
    "table": frozenset({"message"}),
    "file": frozenset({"message"}),
    "context_actions": frozenset({"message"}),
    "alert": frozenset({"modal"}),
}
_FIELDS: dict[str, set[str]] = {
    "section": {"text", "fields", "accessory", "expand"},
    "divider": set(),
    "image": {"image_url", "alt_text", "title", "slack_file"},
    "actions": {"elements"},
    "context": {"elements"},
    "header": {"text"},
    "input": {"label", "element", "dispatch_action", "hint", "optional"},
    "rich_text": {"elements"},
    "markdown": {"text"},
    "table": {"rows", "column_settings"},
    "alert": {"text", "level"},
    "context_actions": {"elements"},
}
_RICH_PARTS = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}


def validate_message_blocks(blocks: Any, *, pointer: str = "/blocks") -> list[Problem]:
    """What chat.postMessage would refuse in these blocks (at most 50, one table, markdown 12,000 characters in all)."""
    findings = Findings()
    items = _check_blocks(findings, blocks, pointer, most=MESSAGE_BLOCKS, surface="message")
    if sum(1 for block in items if block.get("type") == "table") > 1:
        findings.add(pointer, "no more than 1 table block allowed")
    written = sum(len(str(block.get("text"))) for block in items if block.get("type") == "markdown")
    if written > MARKDOWN_CHARACTERS:
        findings.add(
            pointer, f"markdown blocks must be less than {MARKDOWN_CHARACTERS + 1} characters in all"
        )
    return findings


def validate_view(view: Any, *, pointer: str = "/view") -> list[Problem]:
    """What views.open (type modal) or views.publish (type home) would refuse in this view."""
    findings = Findings()
    if not findings.is_object(view, pointer):
        return findings
    kind = kind_of(view)
    if kind not in _VIEW_CHECKS:
        findings.add(f"{pointer}/type", "must be one of: modal, home")
        return findings
    findings.require(view, pointer, "blocks")
    findings.string(view, "callback_id", pointer, most=255, least=0)
    findings.string(view, "external_id", pointer, most=255, least=0)
    findings.string(view, "private_metadata", pointer, most=METADATA_CHARACTERS, least=0)
    if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES:
        findings.add(pointer, f"must be less than {VIEW_BYTES + 1} bytes")
    blocks = _check_blocks(
        findings, view.get("blocks"), f"{pointer}/blocks", most=VIEW_BLOCKS, surface=kind, least=0
    )
    _VIEW_CHECKS[kind](findings, view, pointer, blocks)
    return findings


def _check_modal(findings: Findings, view: _Block, pointer: str, blocks: list[_Block]) -> None:
    findings.unknown_fields(view, pointer, _VIEW_FIELDS | {"title", "close", "submit", *_CLOSING})
    findings.require(view, pointer, "title")
    for name in ("title", "close", "submit"):
        check_field(findings, view, name, pointer, most=24)
    for name in _CLOSING:
        findings.boolean(view, name, pointer)
    if view.get("submit") is None and any(block.get("type") == "input" for block in blocks):
        findings.add(
            pointer, "a submit is required when there are input blocks: missing required field: submit"
        )
    focused = sum(1 for block in blocks if _element_of(block).get("focus_on_load") is True)
    if focused > 1:
        findings.add(pointer, "only one element may have focus_on_load")


def _check_home(findings: Findings, view: _Block, pointer: str, blocks: list[_Block]) -> None:
    del blocks
    findings.unknown_fields(view, pointer, _VIEW_FIELDS | {"title", "close", "submit"})


_VIEW_FIELDS = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
_CLOSING = ("clear_on_close", "notify_on_close", "submit_disabled")
_VIEW_CHECKS: dict[str, Callable[[Findings, _Block, str, list[_Block]], None]] = {
    "modal": _check_modal,
    "home": _check_home,
}


def _element_of(block: _Block) -> _Block:
    element = block.get("element")
    return element if isinstance(element, dict) else {}


def _check_blocks(
    findings: Findings, blocks: Any, pointer: str, *, most: int, surface: str, least: int = 1
) -> list[_Block]:
    """Each block by itself, then what must be unique among them; gives those that are objects."""
    if blocks is None:
        return []
    if not isinstance(blocks, list):
        findings.add(pointer, f"must be an array; got {type(blocks).__name__}")
        return []
    if len(blocks) > most:
        findings.add(pointer, f"no more than {most} items allowed")
    if len(blocks) < least:
        findings.add(pointer, f"no fewer than {least} items allowed")
    for index, block in enumerate(blocks):
        _check_block(findings, block, f"{pointer}/{index}", surface=surface)
    objects = [block for block in blocks if isinstance(block, dict)]
    _check_unique(findings, objects, pointer)
    return objects


def _check_block(findings: Findings, block: Any, pointer: str, *, surface: str) -> None:
    if not findings.is_object(block, pointer):
        return
    kind = kind_of(block)
    if kind not in _SURFACES:
        findings.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    if surface not in _SURFACES[kind]:
        findings.add(f"{pointer}/type", f"block type {kind} is not supported in this surface: {surface}")
        return
    findings.string(block, "block_id", pointer, most=255)
    if kind in _FIELDS:
        findings.unknown_fields(block, pointer, _FIELDS[kind] | {"type", "block_id"})
    check = _BLOCK_CHECKS.get(kind)
    if check is not None:
        check(findings, block, pointer, surface)


def _check_unique(findings: Findings, blocks: list[_Block], pointer: str) -> None:
    ids = Counter(block["block_id"] for block in blocks if isinstance(block.get("block_id"), str))
    for index, block in enumerate(blocks):
        if ids[str(block.get("block_id"))] > 1:
            findings.add(f"{pointer}/{index}/block_id", f"block_id already exists: {block['block_id']}")
        elements = block.get("elements")
        within = [e for e in elements if isinstance(e, dict)] if isinstance(elements, list) else []
        actions = Counter(e["action_id"] for e in within if isinstance(e.get("action_id"), str))
        for place, element in enumerate(within):
            if actions[str(element.get("action_id"))] > 1:
                where = f"{pointer}/{index}/elements/{place}/action_id"
                findings.add(where, f"action_id already exists in this block: {element['action_id']}")


def _check_section(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    if block.get("text") is None and block.get("fields") is None:
        findings.add(pointer, "must define either text or fields")
    check_field(findings, block, "text", pointer, most=3000, kinds=BOTH)
    findings.boolean(block, "expand", pointer)
    for index, entry in enumerate(findings.items(block, "fields", pointer, most=10)):
        check_text(findings, entry, f"{pointer}/fields/{index}", most=2000)
    if block.get("accessory") is not None:
        check_element(
            findings, block["accessory"], f"{pointer}/accessory", allowed=IN_SECTION, surface=surface
        )


def _check_actions(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    findings.require(block, pointer, "elements")
    for index, element in enumerate(findings.items(block, "elements", pointer, most=25)):
        where = f"{pointer}/elements/{index}"
        check_element(findings, element, where, allowed=IN_ACTIONS, surface=surface)


def _check_context(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    del surface
    findings.require(block, pointer, "elements")
    for index, element in enumerate(findings.items(block, "elements", pointer, most=10)):
        where = f"{pointer}/elements/{index}"
        if isinstance(element, dict) and element.get("type") == "image":
            check_image(findings, element, where)
        else:
            check_text(findings, element, where, most=2000)


def _check_header(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    del surface
    if findings.require(block, pointer, "text"):
        check_text(findings, block["text"], f"{pointer}/text", most=150, kinds=PLAIN)


def _check_input(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    findings.require(block, pointer, "label", "element")
    check_field(findings, block, "label", pointer, most=2000)
    check_field(findings, block, "hint", pointer, most=2000)
    findings.boolean(block, "optional", pointer)
    findings.boolean(block, "dispatch_action", pointer)
    if block.get("element") is not None:
        check_element(findings, block["element"], f"{pointer}/element", allowed=IN_INPUT, surface=surface)


def _check_picture(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    del surface
    check_field(findings, block, "title", pointer, most=2000)
    check_image(findings, {k: v for k, v in block.items() if k not in ("title", "block_id")}, pointer)


def _check_markdown(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    del surface
    if findings.require(block, pointer, "text"):
        findings.string(block, "text", pointer, most=MARKDOWN_CHARACTERS)


def _check_alert(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    del surface
    findings.one_of(block, "level", pointer, ("default", "info", "warning", "error", "success"))
    if findings.require(block, pointer, "text"):
        check_text(findings, block["text"], f"{pointer}/text", most=200)


def _check_table(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    del surface
    findings.require(block, pointer, "rows")
    findings.items(block, "column_settings", pointer, most=20)
    for row, cells in enumerate(findings.items(block, "rows", pointer, most=100)):
        where = f"{pointer}/rows/{row}"
        for column, cell in enumerate(findings.items({"row": cells}, "row", where, most=20)):
            kind = cell.get("type") if isinstance(cell, dict) else None
            if kind not in ("raw_text", "raw_number", "rich_text"):
                findings.add(f"{where}/{column}", "must be one of: raw_text, raw_number, rich_text")


def _check_rich_text(findings: Findings, block: _Block, pointer: str, surface: str) -> None:
    del surface
    findings.require(block, pointer, "elements")
    for index, part in enumerate(findings.items(block, "elements", pointer, most=1000, least=0)):
        if not isinstance(part, dict) or part.get("type") not in _RICH_PARTS:
            findings.add(f"{pointer}/elements/{index}/type", "unsupported type")


_BLOCK_CHECKS: dict[str, Callable[[Findings, _Block, str, str], None]] = {
    "section": _check_section,
    "actions": _check_actions,
    "context": _check_context,
    "header": _check_header,
    "input": _check_input,
    "image": _check_picture,
    "markdown": _check_markdown,
    "alert": _check_alert,
    "table": _check_table,
    "rich_text": _check_rich_text,
}
