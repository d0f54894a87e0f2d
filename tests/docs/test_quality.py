"""The self-audit: every rule of the scale once, each with a verdict and a reason."""

import re

from tests.docs.documents import read

TIERS = {
    "Bronze": 20,
    "Silver": 10,
    "Gold": 21,
    "Platinum": 3,
}


def rows() -> list[tuple[str, ...]]:
    lines = [it for it in read("deploy/QUALITY.md").splitlines() if it.startswith("| `")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def test_every_rule_stands_once_in_its_tier() -> None:
    sections = re.split(r"^## ", read("deploy/QUALITY.md"), flags=re.MULTILINE)[1:]
    counted = {it.splitlines()[0]: len(re.findall(r"^\| `", it, re.MULTILINE)) for it in sections}
    assert counted == TIERS
    rules = [row[0] for row in rows()]
    assert len(rules) == len(set(rules)) == sum(TIERS.values())


def test_every_rule_has_a_verdict_a_meaning_and_a_place() -> None:
    for rule, meaning, verdict, place in rows():
        assert verdict in {"done", "exempt", "open"}, rule
        assert len(meaning) > 15, rule
        assert place or verdict == "exempt", rule
