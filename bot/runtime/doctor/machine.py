"""The machine: Python, the data directory and its rights, the room on its disk."""

import os
import platform
import shutil
import stat
import sys
from pathlib import Path
from typing import Final

from bot import __version__
from bot.runtime.doctor.findings import Finding, Report, State
from bot.runtime.settings import Settings

OLDEST_PYTHON: Final = (3, 11)
_LITTLE_BYTES: Final = 1024**3
_TOO_LITTLE_BYTES: Final = 100 * 1024**2


async def look_at_python(report: Report) -> None:
    """Which cw-bot runs on which Python."""
    report(judge_python(sys.version_info[:3]))


def judge_python(version: tuple[int, ...]) -> Finding:
    """Whether it is new enough."""
    shown = ".".join(map(str, version))
    what = f"cw-bot {__version__} on {platform.python_implementation()} {shown}"
    if version[:2] < OLDEST_PYTHON:
        fix = "Install Python 3.11 or newer, and cw-bot anew with it."
        return Finding("Python", State.FAIL, f"{what}, which is too old.", "python_too_old", fix)
    return Finding("Python", State.OK, f"{what}.", "python_ok")


async def look_at_folder(settings: Settings, report: Report) -> None:
    """The data directory, which the embedded store needs; beside a Redis of one's own nothing is kept in it."""
    if not settings.uses_embedded_store:
        report(Finding("Data directory", State.OK, "Not needed: REDIS_URL is set.", "folder_not_needed"))
        return
    folder = settings.cw_bot_data_dir.absolute()
    report(judge_folder(folder))
    report(judge_room(shutil.disk_usage(_nearest(folder)).free))


def judge_folder(folder: Path) -> Finding:
    """Whether the bot may use it, and nobody else may read it."""
    name = "Data directory"
    if not folder.exists():
        parent = _nearest(folder)
        if not os.access(parent, os.W_OK | os.X_OK):
            return Finding(
                name,
                State.FAIL,
                f"{folder} is not there, and may not be made.",
                "folder_not_allowed",
                f"Let this user write in {parent}, or set CW_BOT_DATA_DIR to another directory.",
            )
        return Finding(name, State.OK, f"{folder} will be made at the first start.", "folder_new")
    if not folder.is_dir():
        return Finding(
            name,
            State.FAIL,
            f"{folder} is no directory.",
            "folder_no_directory",
            "Set CW_BOT_DATA_DIR to a directory.",
        )
    return _judge_rights(name, folder)


def _judge_rights(name: str, folder: Path) -> Finding:
    status = folder.stat()
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK) or status.st_uid != os.geteuid():
        return Finding(
            name,
            State.FAIL,
            f"{folder} belongs to another user, or may not be written.",
            "folder_not_ours",
            f"Run as its owner, or: chown -R {os.geteuid()} {folder}",
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        return Finding(
            name,
            State.WARN,
            f"Other users of this machine may look into {folder}.",
            "folder_exposed",
            f"Run: chmod 700 {folder} (the bot does so too when it starts).",
        )
    return Finding(name, State.OK, f"{folder} is this user's alone.", "folder_ok")


def judge_room(free_bytes: int) -> Finding:
    """Whether the store can go on writing."""
    free = f"{free_bytes / 1024**3:.1f} GiB free."
    fix = "Make room on the disk of the data directory: a store that cannot write loses what it is told."
    if free_bytes < _TOO_LITTLE_BYTES:
        return Finding("Disk", State.FAIL, f"Almost full: {free}", "disk_full", fix)
    if free_bytes < _LITTLE_BYTES:
        return Finding("Disk", State.WARN, f"Little room: {free}", "disk_low", fix)
    return Finding("Disk", State.OK, free, "disk_ok")


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next(it for it in (folder, *folder.parents) if it.exists())
