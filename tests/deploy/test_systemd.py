"""The systemd unit: what systemd itself says of it, and that it fits the product and the documents."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bot.runtime.bot import DRAIN_SECONDS
from bot.runtime.secret_files import VARIABLE
from bot.runtime.settings import Settings
from bot.store.embedded import _STOP_SECONDS
from tests.deploy.places import DEPLOY, find_tool
from tests.deploy.unit import parse_unit

FOLDER = DEPLOY / "systemd"
TEXT = (FOLDER / "cw-bot.service").read_text()
UNIT = parse_unit(TEXT)
ADMIN = (FOLDER / "cw-bot-admin").read_text()

# systemd's own measure of what a service might do to its machine, from 0 to 100; most distributions' are above 90.
MOST_EXPOSED = 15


def test_systemd_knows_every_key_and_value(tmp_path: Path) -> None:
    analyze = find_tool("systemd-analyze", "apt-get install systemd")
    program = tmp_path / "cw-bot"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "cw-bot.service"
    unit.write_text(TEXT.replace("/opt/cw-bot/bin/cw-bot", str(program)))
    done = subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [it for it in done.stderr.splitlines() if "cw-bot" in it]
    assert (done.returncode, said) == (0, [])


def test_the_service_can_do_little_to_its_machine() -> None:
    analyze = find_tool("systemd-analyze", "apt-get install systemd")
    done = subprocess.run(
        [analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", FOLDER / "cw-bot.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    if "offline" in done.stderr:
        pytest.skip("this systemd-analyze cannot judge a unit that is not installed: systemd 250 or newer")
    assert done.returncode == 0, done.stdout


def test_it_has_time_to_finish_and_keeps_its_store_until_then() -> None:
    assert UNIT.stop_seconds >= DRAIN_SECONDS + _STOP_SECONDS + 5
    # Told to end by name, not with its whole group: the embedded server must outlive the draining.
    assert UNIT.get("KillMode") == "mixed"
    assert UNIT.get("KillSignal") == "SIGTERM"


def test_it_is_started_again_whatever_happened() -> None:
    assert UNIT.get("Restart") == "always"
    assert UNIT.get("StartLimitIntervalSec", section="Unit") == "0"


def test_no_secret_stands_in_it_and_every_variable_is_known() -> None:
    known = {name.upper(): "Secret" in str(it.annotation) for name, it in Settings.model_fields.items()}
    for name in UNIT.environment:
        assert name == VARIABLE or known[name] is False, name


def test_the_command_line_beside_it_has_the_same_settings() -> None:
    for name in (VARIABLE, "CW_BOT_DATA_DIR"):
        assert f"{name}={UNIT.environment[name]}" in ADMIN
    assert UNIT.get("EnvironmentFile").removeprefix("-") in ADMIN
    assert f"exec {UNIT.get('ExecStart').removesuffix(' run')} " in ADMIN
    assert f"sudo -u {UNIT.get('User')} " in ADMIN
    assert UNIT.environment["CW_BOT_DATA_DIR"] == f"/var/lib/{UNIT.get('StateDirectory')}"


def test_shellcheck_finds_nothing() -> None:
    shellcheck = find_tool("shellcheck", "make deploy-tools")
    for script in ("systemd/cw-bot-admin", "../.ci/run"):
        done = subprocess.run([shellcheck, DEPLOY / script], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")


def test_the_script_may_be_executed() -> None:
    assert shutil.which(str(FOLDER / "cw-bot-admin"))
