import subprocess
import sys

_LOAD = """
import sys
from bot.runtime import serve
with serve._loading():
    import bot.runtime.bot
print(sorted({"rich", "opentelemetry", "typer", "click", "pygments", "bot.sandbox"} & sys.modules.keys()))
import rich.console
print(rich.console.__name__)
"""


def test_a_start_loads_nothing_that_is_for_terminals_and_leaves_it_to_be_loaded_later() -> None:
    found = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["[]", "rich.console"]


def test_run_refuses_to_start_in_one_sentence() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        env={"SLACK_BOT_TOKEN": "xoxb-1", "CW_BOT_PORT": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("cw-bot cannot start. ")
    assert "Traceback" not in ended.stderr
