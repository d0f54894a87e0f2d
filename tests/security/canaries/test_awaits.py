"""Whichever await of a submission's path fails, and whatever it says: no key gets out, and nobody is left waiting."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.connectwise.identity import FIRST_PAIR
from tests.security.canaries import search
from tests.security.canaries.stage import CLIENT_ID, WRONG_KEY

PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_a_failure_at_any_await_of_a_submission_leaks_nothing(part: int, tmp_path: Path) -> None:
    runner = "tests.security.canaries.run_awaits"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", runner, str(tmp_path / "data"), str(part), str(PARTS)],
        capture_output=True,
        check=False,
        timeout=300,
    )
    typed = {"public": FIRST_PAIR.public, "private": FIRST_PAIR.private, "wrong": WRONG_KEY, "id": CLIENT_ID}
    assert search.find(typed, {"stdout": done.stdout, "stderr": done.stderr}) == []
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    assert (said["leaks"], said["hits"]) == ([], [])
    assert said["silent"] == [], "an empty ack would close the modal with everything that was typed"
    assert set(said["statuses"]) <= {"200", "400", "500"}
    assert said["not failed"] == []
    # Of the product's parts none is missing, and the failures did speak where they were told of.
    parts = {it.rpartition(":")[0].split(":")[0].rpartition(".")[0] for it in said["sites"]}
    assert {"bot.runtime", "bot.services", "bot.store", "bot.connectwise", "bot.slack", "handlers"} <= parts
    assert said["failed"] > 50
    assert said["logged"] > said["failed"] / 2
    assert "Connected" in json.dumps(said["last"])
