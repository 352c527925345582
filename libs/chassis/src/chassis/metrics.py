"""What a service measures about itself, in Prometheus' words; `/metrics` shows it.

Seconds and bytes, `_total` for counters. A label is one of a small fixed set: a route template, a
topic, an outcome. Never an id of a person or object, never a raw path.
"""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

OUTBOX_OLDEST_UNPUBLISHED = Gauge(
    "outbox_oldest_unpublished_seconds", "Age of the oldest outbox row that Kafka has not taken."
)
OUTBOX_UNPUBLISHED_ROWS = Gauge(
    "outbox_unpublished_rows", "Outbox rows that Kafka has not acknowledged."
)
RELAY_LEADER = Gauge("relay_leader", "1 while this process leads the relay of its database.")
CONSUMER_TIME_LAG = Gauge(
    "consumer_time_lag_seconds",
    "Age of the last applied record while records wait behind it, else 0.",
    ["topic", "partition"],
)
CONSUMER_FENCED_BATCHES = Counter(
    "consumer_fenced_batches_total", "Slices left out because another member owned the position."
)
EVENTS_CONSUMED = Counter(
    "events_consumed_total",
    "Records behind which the position has moved; events_total says what became of each.",
)
EVENTS = Counter("events_total", "What became of each record that was read.", ["outcome"])
HTTP_REQUEST_DURATION = Histogram(
    "http_request_duration_seconds",
    "Time to the first byte of the answer.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

OUTCOMES = ("applied", "duplicate", "parked", "held", "passed_over", "gap")

for _outcome in OUTCOMES:
    EVENTS.labels(_outcome)  # a counter that nobody has raised yet reads 0, not nothing


async def answer(_: Request) -> Response:
    """Answer `GET /metrics`."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
