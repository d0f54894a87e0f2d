"""What holds for every test: a machine under load is no failure, and no test's log is another one's."""

import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _keep_the_log_as_it_was() -> Iterator[None]:
    """Whoever starts a bot configures the log of the whole process: the next test must not be deaf for it."""
    root = logging.getLogger()
    level, handlers, configuration = root.level, set(root.handlers), structlog.get_config()
    yield
    root.setLevel(level)
    for added in set(root.handlers) - handlers:
        if getattr(added, "cw_bot", False):
            root.removeHandler(added)
    structlog.configure(**configuration)
