"""What other services signed of their histories, as it was when it came here."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import select

from chassis.http import QueryRouter
from ioc_aggregator.access import EngineDep
from ioc_aggregator.rollups.tables import CHECKPOINT

router = QueryRouter(prefix="/checkpoints", tags=["witness"])

_LARGEST = 2**53 - 1


class WitnessedCheckpoint(BaseModel):
    """A signed root, when it came, and what did not hold; ``faults`` is empty where all did."""

    log: str
    size: int
    root: str
    signed_at: datetime
    public_key: str
    signature: str
    before_size: int
    faults: list[str]
    seen_at: datetime


class WitnessedCheckpoints(BaseModel):
    """Checkpoints of a log, the smallest first."""

    checkpoints: list[WitnessedCheckpoint]


@router.get("", public=True, transactional=False)
async def read_checkpoints(
    engine: EngineDep,
    log: Annotated[str, Query(description="Whose history.", max_length=32)] = "gradebook",
    after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> WitnessedCheckpoints:
    """Read what was witnessed of a history with more links than ``after``; it names nobody."""
    async with engine.database.reading() as session:
        rows = await session.execute(
            select(CHECKPOINT)
            .where(CHECKPOINT.c.log == log, CHECKPOINT.c.size > after)
            .order_by(CHECKPOINT.c.size, CHECKPOINT.c.seen_at)
            .limit(limit)
        )
        return WitnessedCheckpoints.model_validate({"checkpoints": list(rows.mappings())})
