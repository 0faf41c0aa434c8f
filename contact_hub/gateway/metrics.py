"""What Prometheus reads: counts and times. No label holds an organization, a path as called or anything personal."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from contact_hub.gateway.deliveries import Received

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
NO_ROUTE = "none"


class Metrics:
    """The metrics of one app, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "contact_hub_gateway_requests",
            "Requests answered, by route template",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "contact_hub_gateway_request_seconds",
            "From a request's first line to its answer's last byte",
            ("route", "method"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._events = Counter(
            "contact_hub_gateway_events",
            "Items of deliveries: accepted (new events), known, ignored, quarantined",
            ("provider", "outcome"),
            registry=self._registry,
        )

    def answered(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """One request; `route` is its template, None if it fits none."""
        known_method = method if method in _METHODS else "other"
        self._requests.labels(route or NO_ROUTE, known_method, str(status)).inc()
        self._seconds.labels(route or NO_ROUTE, known_method).observe(seconds)

    def received(self, provider: str, received: Received) -> None:
        """One delivery."""
        known = len(received.event_ids) - received.accepted
        counts = {
            "accepted": received.accepted,
            "known": known,
            "ignored": received.ignored,
            "quarantined": received.quarantined,
        }
        for outcome, count in counts.items():
            self._events.labels(provider, outcome).inc(count)

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self._registry)
