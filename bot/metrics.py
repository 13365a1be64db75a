"""What is counted and timed, for Prometheus; each thing is counted where it happens."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

REGISTRY = CollectorRegistry()
CONTENT_TYPE = CONTENT_TYPE_LATEST

_ACK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)  # Slack gives up after 3 s
_REPLY = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)

EVENTS = Counter(
    "despool_events",
    "Deliveries from Slack, by what became of them: kept, known, dismissed or failed.",
    ["outcome"],
    registry=REGISTRY,
)
VERDICTS = Counter(
    "despool_verdicts",
    "Verdicts that were made, by kind and certainty of the leading finding.",
    ["kind", "certainty"],
    registry=REGISTRY,
)
ACK_SECONDS = Histogram(
    "despool_ack_seconds",
    "From the arrival of a delivery to its acknowledgement.",
    buckets=_ACK,
    registry=REGISTRY,
)
REPLY_SECONDS = Histogram(
    "despool_reply_seconds",
    "From a message with evidence to the reply that stands for it in Slack.",
    buckets=_REPLY,
    registry=REGISTRY,
)
RETRIES = Counter(
    "despool_delivery_retries",
    "Calls to Slack that were repeated, by reason: limited or unreachable.",
    ["reason"],
    registry=REGISTRY,
)
SET_ASIDE = Counter(
    "despool_work_set_aside", "Pieces of work that are tried no more.", registry=REGISTRY
)
QUEUE_DEPTH = Gauge(
    "despool_queue_depth", "Pieces of work that wait or are under way.", registry=REGISTRY
)
OVERDUE = Gauge(
    "despool_overdue_rows", "Pieces of work that have waited for over a minute.", registry=REGISTRY
)
DEAD = Gauge(
    "despool_dead_rows", "Pieces of work that are set aside or cannot be done.", registry=REGISTRY
)
AGENTS = Gauge("despool_agents_connected", "Agents that are connected.", registry=REGISTRY)


def exposition() -> bytes:
    """Return everything in Prometheus's text format."""
    return generate_latest(REGISTRY)
