"""OpenTelemetry, off unless an OTLP endpoint is set; off, the SDK is not even imported."""

from collections.abc import Callable

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace

_SAMPLED = 0.05


def setup(*, service: str, version: str, endpoint: str | None) -> Callable[[], None]:
    """Export spans to `endpoint` (OTLP over HTTP) if there is one; return what ends it.

    FastAPI makes the span of each request, from the caller's `traceparent` where there is one.
    """
    if not endpoint:
        return _nothing
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 (only if on)
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415

    provider = TracerProvider(
        resource=Resource.create({"service.name": service, "service.version": version}),
        sampler=ParentBasedTraceIdRatio(_SAMPLED),
    )
    exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def _nothing() -> None:
    pass


def of_requests(*, enabled: bool) -> TelemetryConfig:
    """Return what FastAPI may record: spans, never logs, whose messages would repeat the input."""
    return {
        "tracing": enabled,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
    }


def current_traceparent() -> str | None:
    """Return the W3C trace context of the span at hand; None while telemetry is off."""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return None
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"
