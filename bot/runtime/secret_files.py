"""Settings from files, each named like its variable: so containers and services hand secrets on."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

VARIABLE: Final = "CW_BOT_SECRETS_DIR"
_MOST_BYTES: Final = 65_536


class SecretFilesError(Exception):
    """The directory or a file in it cannot be used. `str()` is a sentence for the operator, with nothing of a file."""


def read_secret_files(names: Collection[str]) -> dict[str, str]:
    """What stands in the directory that CW_BOT_SECRETS_DIR names, by these names of settings, which are in lower case.

    Files of other names are left alone, and so are empty ones. Raises `SecretFilesError`.
    """
    folder = os.environ.get(VARIABLE, "")
    if not folder:
        return {}
    try:
        found = {path.name.lower(): path for path in sorted(Path(folder).iterdir())}
    except OSError as error:
        raise SecretFilesError(f"{VARIABLE} names no directory that can be read: {error.strerror}.") from None
    texts = {name: _read(found[name]) for name in names if name in found}
    return {name: text for name, text in texts.items() if text}


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SecretFilesError(f"{path.name} in {VARIABLE} cannot be read: {error.strerror}.") from None
    if len(content) > _MOST_BYTES:
        raise SecretFilesError(f"{path.name} in {VARIABLE} is too long for a setting.")
    try:
        return content.decode().strip()
    except UnicodeDecodeError:
        raise SecretFilesError(f"{path.name} in {VARIABLE} is not text.") from None
