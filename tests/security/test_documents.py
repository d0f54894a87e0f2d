"""What SECURITY.md says is so: every test that it names exists, every link leads somewhere, every attacker has proof."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODEL, POLICY = ROOT / "deploy" / "SECURITY.md", ROOT / "SECURITY.md"
_PROOF = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@cache
def _tests_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(it.name for it in tree.body if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef))


def _anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", it.lower()).replace(" ", "-") for it in heads}


def test_every_test_that_proves_something_exists() -> None:
    named = _PROOF.findall(MODEL.read_text(encoding="utf-8"))
    assert len(named) > 80
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or name not in _tests_in(path)
    ]
    assert missing == []
    assert all(name.startswith("test_") for _, name in named)


def test_every_attacker_has_a_part_and_each_part_its_proof() -> None:
    text = MODEL.read_text(encoding="utf-8")
    parts = {part.split("\n", 1)[0]: part for part in text.split("\n## ")[1:]}
    for title in (
        "Somebody on the internet",
        "Somebody in the workspace",
        "Another workspace",
        "Somebody with Redis or a backup",
        "A hostile host, or somebody at ConnectWise",
        "Somebody who reads what the bot gives off",
        "The supply chain",
        "The operator's own mistakes",
    ):
        assert len(_PROOF.findall(parts[title])) >= 4, title
    assert "What is not defended" in parts
    for row in (line for line in text.splitlines() if line.startswith("| ") and "`tests/" in line):
        assert row.count("|") == 4, row


@pytest.mark.parametrize("document", [MODEL, POLICY], ids=lambda it: str(it.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in _LINK.findall(document.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        found = document if not target else (document.parent / target).resolve()
        assert found.is_file(), link
        assert not anchor or anchor in _anchors(found), link


def test_the_number_of_tricks_is_the_one_that_is_told() -> None:
    from tests.security.test_ssrf import TRICKS

    assert f"({len(TRICKS)} tricks)" in MODEL.read_text(encoding="utf-8")
