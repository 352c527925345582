"""Alembic's entry: which tables the migrations are about."""

from chassis.migrations import run
from ioc_aggregator.base import METADATA
from ioc_aggregator.feed import tables as _feed
from ioc_aggregator.rollups import tables as _rollups

__all__ = ["_feed", "_rollups"]

run(METADATA)
