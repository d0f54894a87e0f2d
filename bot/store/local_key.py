"""The encryption key of an embedded store: made once, beside the data, readable by its owner alone."""

import base64
import os
import secrets
from pathlib import Path
from typing import Final

FILE_NAME: Final = "encryption.keys"
KEY_ID: Final = "local"


def ensure_local_key(data_dir: Path) -> Path:
    """The data directory's key file, made with a fresh key (`local:base64`, mode 0600) if there is none.

    An existing file is never touched. Whoever makes it writes it whole before it gets its name, so that
    neither a crash nor a second process leaves half a key or two.
    """
    path = data_dir / FILE_NAME
    if path.exists():
        return path
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = data_dir / f".{FILE_NAME}.{secrets.token_hex(8)}"
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{KEY_ID}:{key}\n")
            file.flush()
            os.fsync(file.fileno())
        # link(), unlike rename(), does not replace the file that another process made meanwhile.
        path.hardlink_to(draft)
    except FileExistsError:
        return path
    finally:
        draft.unlink()
    return path
