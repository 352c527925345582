"""The outbox's monthly partitions: made ahead of time, dropped when all they hold has expired."""

from datetime import date, timedelta
from itertools import pairwise

_MONTHS_AHEAD = 2


def _month(day: date, shift: int = 0) -> date:
    months = day.year * 12 + day.month - 1 + shift
    return date(months // 12, months % 12 + 1, 1)


def partition_name(month: date) -> str:
    """Return the name of the partition that holds ``month``."""
    return f"outbox_{month:%Y_%m}"


def partition_ddl(today: date) -> list[str]:
    """Return the statements that make this month's partition and the next two."""
    months = [_month(today, shift) for shift in range(_MONTHS_AHEAD + 2)]
    return [
        f"CREATE TABLE IF NOT EXISTS delivery.{partition_name(first)} "
        f"PARTITION OF delivery.outbox FOR VALUES FROM ('{first}') TO ('{end}')"
        for first, end in pairwise(months)
    ]


def expired(names: list[str], today: date, retention_days: int | None) -> list[str]:
    """Return those of the monthly partitions ``names`` in which every row is past retention.

    ``retention_days`` is the longest retention of the service's topics; None keeps all for ever.
    """
    if retention_days is None:
        return []
    oldest = _month(today - timedelta(days=retention_days))
    return [name for name in names if name != "outbox_default" and name < partition_name(oldest)]
