"""What the product is made of: pinned by hash, from wheels alone, from no place that is named here, and audited."""

import json
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,-]+\])?==[A-Za-z0-9.+!-]+( *;.+)?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def read_entries(path: Path) -> list[list[str]]:
    """Each requirement with its hashes."""
    lines = path.read_text(encoding="utf-8").replace("\\\n", "\n").splitlines()
    entries: list[list[str]] = []
    for line in (it.strip() for it in lines):
        if line.startswith("--hash="):
            entries[-1].append(line)
        elif line:
            entries.append([line])
    return entries


def test_there_are_requirements_for_all_that_is_installed() -> None:
    assert {"audit.txt", "build.txt", "deploy.txt", "dev.txt", "run.txt"} <= {it.name for it in REQUIREMENTS}


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda it: it.name)
def test_every_requirement_is_one_version_with_its_hashes(path: Path) -> None:
    """And so nothing else stands there: no option, no address, no index."""
    for name, *hashes in read_entries(path):
        assert _PIN.fullmatch(name), name
        assert hashes, name
        assert all(_HASH.fullmatch(it) for it in hashes), name


def test_what_two_files_ask_for_is_the_same() -> None:
    versions: dict[str, set[str]] = {}
    for path in REQUIREMENTS:
        if path.name != "deploy.txt":  # tools of their own, which are not imported
            for entry in read_entries(path):
                name, _, version = entry[0].partition("==")
                versions.setdefault(name.partition("[")[0], set()).add(version.split()[0])
    assert {name: it for name, it in versions.items() if len(it) > 1} == {}


def test_whatever_make_installs_is_checked_by_hash_and_built_from_no_source() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (install,) = re.findall(r"^INSTALL := (.*)$", makefile, re.MULTILINE)
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(install.split())
    others = [it for it in makefile.splitlines() if "pip install" in it and not it.startswith("INSTALL")]
    # The product itself is put in place as it lies here, by the pinned builder.
    assert [it.rpartition(" ")[2] for it in others] == ["."]
    assert "--no-build-isolation" in others[0]


def test_no_index_is_named_where_things_are_installed() -> None:
    for path in (ROOT / "Makefile", ROOT / ".ci" / "audit", ROOT / ".ci" / "run"):
        said = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host|\s-i\s", said), path


def test_ci_audits() -> None:
    assert "make audit" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


NOTHING_KNOWN = """echo '{"dependencies": [{"name": "a", "skip_reason": "not found"}]}' > "$OUT\""""


def audit(folder: Path, tool: str) -> subprocess.CompletedProcess[str]:
    """The audit with a tool that behaves like this; `$OUT` is the file that it is to write."""
    path = folder / "tool"
    path.write_text(f'#!/bin/bash\nfor it in "$@"; do OUT="$it"; done\n{tool}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    environment = {**os.environ, "AUDIT_TOOL": str(path), "AUDIT_SECONDS": "3"}
    return subprocess.run(
        [ROOT / ".ci" / "audit"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.skipif(not (ROOT / ".venv" / "bin" / "python").exists(), reason="make has made no .venv here")
class TestTheAudit:
    """Of the pinned packages, whatever its tool does."""

    def test_finds_nothing(self, tmp_path: Path) -> None:
        packages = [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}]
        done = audit(tmp_path, f"echo '{json.dumps({'dependencies': packages})}' > \"$OUT\"")
        assert (done.returncode, done.stdout) == (
            0,
            "1 pinned packages were audited, 1 are not known, 0 vulnerabilities.\n",
        )

    def test_fails_where_something_is_known(self, tmp_path: Path) -> None:
        packages = [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]}]
        done = audit(tmp_path, f"echo '{json.dumps({'dependencies': packages})}' > \"$OUT\"; exit 1")
        assert done.returncode == 1
        assert "a 1 has a known vulnerability: CVE-1" in done.stdout

    @pytest.mark.parametrize(
        "tool", ["exit 1", "exec sleep 30", "echo '[]' > \"$OUT\"", 'echo x > "$OUT"', NOTHING_KNOWN]
    )
    def test_says_so_and_goes_on_where_nothing_can_be_told(self, tmp_path: Path, tool: str) -> None:
        done = audit(tmp_path, tool)
        assert done.returncode == 0
        assert "were not audited" in done.stdout

    def test_does_without_its_tool(self, tmp_path: Path) -> None:
        assert "were not audited" in audit(tmp_path, 'rm "$0"; exit 127').stdout
