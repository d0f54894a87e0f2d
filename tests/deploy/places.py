"""Where the files of `deploy/` are, and how they are read."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

import bot

ROOT = Path(bot.__file__).parents[1]
DEPLOY = ROOT / "deploy"


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def find_tool(name: str, where: str) -> str:
    """A program from the machine or the venv; skips, saying where to get it."""
    beside = ROOT / ".venv" / "bin"
    found = shutil.which(name) or shutil.which(name, path=str(beside))
    if not found:
        pytest.skip(f"{name} is not installed: {where}")
    return found
