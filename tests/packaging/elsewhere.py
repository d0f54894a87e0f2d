"""An empty environment somewhere else, with the wheel and what the product says it runs on: nothing of the tests."""

import asyncio
import os
import re
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from tests.deploy.places import ROOT

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_PATIENCE = 120.0


@dataclass(frozen=True)
class Elsewhere:
    """A venv and a directory that has nothing to do with the repository."""

    environment: Path
    folder: Path

    def program(self, name: str) -> Path:
        return self.environment / "bin" / name

    async def run(self, *words: str, **variables: str) -> tuple[int, str, str]:
        """Run a program of the venv there, without anything of our environment: exit code, output, errors."""
        process = await asyncio.create_subprocess_exec(
            self.program(words[0]),
            *words[1:],
            cwd=self.folder,
            env={"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8", **variables},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(_PATIENCE):
            said, complained = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode(), complained.decode()


def settle(folder: Path, wheel: Path) -> Elsewhere:
    """Make the venv and install the wheel; what it runs on is lent by the tests' own environment, file by file."""
    environment, home = folder / "venv", folder / "home"
    home.mkdir(parents=True)
    venv.create(environment, with_pip=False, symlinks=True)
    [packages] = environment.glob("lib/python*/site-packages")
    lend(packages)
    python = environment / "bin" / "python"
    options = ("--disable-pip-version-check", "--quiet", "--no-index", "--no-deps", "--no-compile")
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *options, wheel], check=True)
    return Elsewhere(environment, home)


def lend(packages: Path) -> None:
    """Link to each package that `requirements/run.txt` pins, and to no other: a missing one shows."""
    for name in _PIN.findall((ROOT / "requirements" / "run.txt").read_text()):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # for another system or Python
        for top in _tops(found):
            link = packages / top
            if not link.exists():
                link.symlink_to(Path(str(found.locate_file(top))))


def _tops(found: Distribution) -> set[str]:
    parts = {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}
    return {it for it in parts if Path(str(found.locate_file(it))).exists()}
