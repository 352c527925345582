"""Off, it costs nothing; on, the request's span is what events carry on."""

import subprocess
import sys

from opentelemetry.sdk.trace import TracerProvider

from chassis import telemetry


def test_off_the_sdk_is_not_even_imported() -> None:
    program = (
        "import sys\n"
        "from chassis import telemetry\n"
        "telemetry.setup(service='s', version='1', endpoint=None)()\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert ended.stdout.strip() == "[]"


def test_on_the_current_span_is_told_in_w3c_words() -> None:
    tracer = TracerProvider().get_tracer("test")
    assert telemetry.current_traceparent() is None
    with tracer.start_as_current_span("request") as span:
        context = span.get_span_context()
        version, trace_id, span_id, flags = str(telemetry.current_traceparent()).split("-")
        assert (version, trace_id) == ("00", f"{context.trace_id:032x}")
        assert (span_id, int(flags, 16)) == (f"{context.span_id:016x}", context.trace_flags)
