"""What operators scrape."""

from contextlib import suppress

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
        self.tail_lag = self._gauge(
            "yiguan_tail_lag_seconds", "Age of the newest line of the feed when it was given out"
        )
        self.tail_readers = self._gauge(
            "yiguan_tail_readers", "Streams and requests that wait for what is committed next"
        )
        self.tail_looks = Counter(
            "yiguan_tail_looks_total",
            "Statements by which the log was looked at for all who wait",
            registry=self._registry,
        )
        self.tail_dropped = Counter(
            "yiguan_tail_dropped_total",
            "Streams that were ended because they read too slowly",
            registry=self._registry,
        )
        self.pool = self._gauge("yiguan_pool_connections", "Open database connections")
        self.pool_idle = self._gauge("yiguan_pool_idle", "Database connections waiting for work")
        self.rulebook = self._gauge("yiguan_rulebook_version", "Rulebook version in force")
        self.relay_lag = self._gauge(
            "yiguan_relay_lag_seconds", "How far behind the log deliveries to webhooks are put"
        )
        self.attempts = Counter(
            "yiguan_webhook_attempts_total",
            "Requests to a webhook, by how they ended",
            ("webhook", "outcome"),
            registry=self._registry,
        )
        self.delivered = Counter(
            "yiguan_webhook_delivered_total",
            "Messages delivered to a webhook",
            ("webhook",),
            registry=self._registry,
        )
        self.attempt_seconds = Histogram(
            "yiguan_webhook_seconds",
            "Time from a request to a webhook to its answer",
            ("webhook",),
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60),
            registry=self._registry,
        )
        self.backlog = self._of_webhook("yiguan_webhook_backlog", "Messages waiting for it")
        self.oldest = self._of_webhook("yiguan_webhook_oldest_seconds", "Age of the oldest of them")
        self.breaker = self._of_webhook(
            "yiguan_webhook_breaker", "Its circuit breaker: 0 closed, 1 half open, 2 open"
        )

    def forget_webhook(self, webhook: str) -> None:
        """Say nothing more of what another worker sends to now; counts go on."""
        for gauge in (self.backlog, self.oldest, self.breaker):
            with suppress(KeyError):
                gauge.remove(webhook)

    def _of_webhook(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, ("webhook",), registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def listen(self, host: str, port: int) -> None:
        """Answer on a port of their own, in a process that has no other."""
        start_http_server(port, host, self._registry)
