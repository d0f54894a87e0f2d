"""What holds for every test: a machine under load is no failure, and no test's log is another one's."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@contextmanager
def log_kept() -> Iterator[None]:
    """Put the log back as it was: whoever starts a bot configures that of the whole process."""
    root = logging.getLogger()
    level, handlers, configuration = root.level, set(root.handlers), structlog.get_config()
    yield
    root.setLevel(level)
    for added in set(root.handlers) - handlers:
        if getattr(added, "cw_bot", False):
            root.removeHandler(added)
    structlog.configure(**configuration)


@pytest.fixture(autouse=True)
def _keep_the_log_in_each_test() -> Iterator[None]:
    with log_kept():
        yield


@pytest.fixture(autouse=True, scope="module")
def _keep_the_log_in_each_module() -> Iterator[None]:
    """Before whatever else a module shares among its tests."""
    with log_kept():
        yield
