"""The domain knows nothing of the world."""

import pkgutil
import subprocess
import sys

import bot.domain

WORLDLY = (
    "redis",
    "aiohttp",
    "slack_sdk",
    "slack_bolt",
    "structlog",
    "prometheus_client",
)

PROBE = """
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
print(sorted(set({worldly!r}) & set(sys.modules)))
"""


def test_importing_the_whole_domain_imports_no_client_of_anything() -> None:
    modules = [it.name for it in pkgutil.walk_packages(bot.domain.__path__, "bot.domain.")]
    assert "bot.domain.errors" in modules
    probe = PROBE.format(modules=modules, worldly=WORLDLY)
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout == "[]\n"
