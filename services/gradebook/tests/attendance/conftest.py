"""A clock that stands: what a roll-call may be depends on the day."""

from datetime import datetime

import pytest

from chassis.clock import BUSINESS_ZONE
from gradebook.attendance import device_doors, http

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=BUSINESS_ZONE)


@pytest.fixture(autouse=True)
def _the_clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, device_doors):
        monkeypatch.setattr(module, "now", lambda: NOW)
