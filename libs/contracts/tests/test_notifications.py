"""What the facts of notifications say, row by row."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.columns import Sparse
from contracts.notifications import (
    Channel,
    FailureReason,
    MessageFailed,
    Outcome,
    Purpose,
)

IDS = tuple(f"019a0000-0000-7000-8000-{number:012d}" for number in range(3))
DELIVERED = Sparse[Outcome](at=(0, 2), value=(Outcome.DELIVERED, Outcome.DELIVERED))


def bounced(**changed: Any) -> MessageFailed:
    """Make a fact about three messages of which two had counted as delivered."""
    values: dict[str, Any] = {
        "school_id": IDS[0],
        "channel": Channel.EMAIL,
        "purpose": Purpose.SCORES,
        "template": "score-saved",
        "day": date(2026, 10, 15),
        "messages": IDS,
        "guardians": IDS,
        "parts": (1, 1, 1),
        "costs": (0, 0, 0),
        "before": DELIVERED,
        "reason_code": FailureReason.BOUNCED,
    }
    return MessageFailed(**values | changed)


def test_an_outcome_before_has_its_own_day_or_that_of_the_fact() -> None:
    fact = bounced(before_days=Sparse[date](at=(2,), value=(date(2026, 10, 12),)))
    assert [row.before_day for row in fact.rows()] == [
        date(2026, 10, 15),
        None,
        date(2026, 10, 12),
    ]


def test_a_fact_of_a_writer_that_does_not_know_the_day_is_read() -> None:
    older = bounced().model_dump_json(exclude={"before_days"})
    assert MessageFailed.read(older).before_days == Sparse[date](at=(), value=())


def test_a_day_without_an_outcome_is_refused() -> None:
    with pytest.raises(ValidationError, match="before_days"):
        bounced(before_days=Sparse[date](at=(1,), value=(date(2026, 10, 12),)))
