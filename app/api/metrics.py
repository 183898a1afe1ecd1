"""What operators scrape."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)


class Metrics:
    """The service's own measures, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "yiguan_requests_total",
            "HTTP requests answered, by method, route and status",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self.latency = Histogram(
            "yiguan_request_seconds",
            "Time from the request's arrival to its answer",
            ("route",),
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self._registry,
        )
        self.accepted = Counter(
            "yiguan_events_accepted_total", "Events written", registry=self._registry
        )
        self.rules_skipped = Counter(
            "yiguan_rules_skipped_total",
            "Local rules that would have applied to an event and could not, by rule",
            ("rule",),
            registry=self._registry,
        )
        self.batch = Histogram(
            "yiguan_gather_batch_size",
            "Reports committed together",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200),
            registry=self._registry,
        )
        self.depth = self._gauge("yiguan_gather_depth", "Reports waiting to be written")
        self.due = self._gauge("yiguan_due_backlog", "Marks that should have fired by now")
        self.lateness = Histogram(
            "yiguan_mark_lateness_seconds",
            "From the moment of a mark to the end of the transaction that fired it",
            buckets=(0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200, 86400),
            registry=self._registry,
        )
        self.mark_failures = Counter(
            "yiguan_mark_failures_total",
            "Units whose marks could not be fired and are tried again later",
            registry=self._registry,
        )
        self.horizon = self._gauge(
            "yiguan_horizon_age_seconds", "Age of the oldest open writing transaction"
        )
        self.strays = self._gauge(
            "yiguan_step_default_rows", "Log lines outside every quarter's partition"
        )
        self.pool = self._gauge("yiguan_pool_connections", "Open database connections")
        self.pool_idle = self._gauge("yiguan_pool_idle", "Database connections waiting for work")
        self.rulebook = self._gauge("yiguan_rulebook_version", "Rulebook version in force")

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def listen(self, host: str, port: int) -> None:
        """Answer on a port of their own, in a process that has no other."""
        start_http_server(port, host, self._registry)
