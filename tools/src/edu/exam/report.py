"""The examination's statistics, read back from the IOC's public API and from nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from edu.client import Suite

BINS = 101
MEAN_DIGITS = Decimal("0.000001")
"""Means are given to six decimals, rounded half to even; count and sum are exact."""


@dataclass(slots=True)
class Spread:
    """How many, how much in hundredths, and how many in each tenth of a point."""

    count: int = 0
    sum: int = 0
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)

    def add(self, answer: dict[str, Any]) -> None:
        """Add what one school's histogram says."""
        self.count += answer["count"]
        self.sum += answer["sum"]
        self.histogram = [a + b for a, b in zip(self.histogram, answer["counts"], strict=True)]

    def shown(self) -> dict[str, Any]:
        """Give the subject's entry of the report."""
        mean = None
        if self.count:
            exact = Decimal(self.sum) / (100 * self.count)
            mean = str(exact.quantize(MEAN_DIGITS, ROUND_HALF_EVEN))
        return {"count": self.count, "sum": self.sum, "mean": mean, "histogram": self.histogram}


async def report(
    suite: Suite,
    schools: Collection[str],
    subjects: Sequence[str],
    scope: dict[str, str],
) -> dict[str, Any]:
    """Add up the histograms of the file's schools, subject by subject.

    ``scope`` is what else selects the examination: school year, grade, term, kind of column.
    """

    async def of(subject: str) -> dict[str, Any]:
        answers = await asyncio.gather(
            *(
                suite.query(
                    "ioc-aggregator",
                    "/histograms",
                    role="auditor",
                    params={"unit": school, "subject": subject, **scope},
                )
                for school in schools
            )
        )
        spread = Spread()
        for answer in answers:
            spread.add(answer)
        return spread.shown()

    return {"subjects": {subject: await of(subject) for subject in subjects}}
