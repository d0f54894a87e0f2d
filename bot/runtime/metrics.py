"""What is counted. Label sets are closed: no id, no name, nothing that was typed."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """One registry for each bot, so that several may run in one process."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.acks = Histogram(
            "cw_bot_ack_seconds",
            "From the request's last byte to its answer.",
            ["kind"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.refused = Counter(
            "cw_bot_requests_refused_total",
            "Requests refused at the door.",
            ["reason"],
            registry=self.registry,
        )
        self.failed_open = Counter(
            "cw_bot_guards_failed_open_total",
            "Requests let through because a guard could not be asked.",
            ["guard"],
            registry=self.registry,
        )
        self.tasks = Gauge("cw_bot_tasks", "Background tasks under way.", registry=self.registry)

    def render(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self.registry)
