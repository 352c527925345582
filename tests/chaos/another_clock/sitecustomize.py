"""Puts this process's clock off by CHAOS_CLOCK_SECONDS; Python loads it before anything else.

What reads the clock here are `chassis.clock`, nothing else of ours (a rule of the linter), and
libraries through `time.time`: expiry of tokens, the header Date, the log. libfaketime would shift
more, but a process that is put back with it hangs in librdkafka, whose waits it turns into days.
"""

import os
import time
from datetime import datetime, timedelta
from uuid import UUID

from chassis import clock

_OFF = int(os.environ["CHAOS_CLOCK_SECONDS"])
_true_now, _true_new_id = clock.now, clock.new_id
_true_time, _true_time_ns = time.time, time.time_ns


def _now() -> datetime:
    return _true_now() + timedelta(seconds=_OFF)


def _time() -> float:
    return _true_time() + _OFF


def _time_ns() -> int:
    return _true_time_ns() + _OFF * 10**9


def _new_id() -> str:
    # The first 48 bits are the moment in milliseconds (RFC 9562).
    lots = UUID(_true_new_id()).int & (1 << 80) - 1
    return str(UUID(int=_time_ns() // 10**6 << 80 | lots))


clock.now, clock.new_id = _now, _new_id
time.time, time.time_ns = _time, _time_ns
