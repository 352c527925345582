"""The aggregator's own tables, all in one metadata for Alembic."""

from sqlalchemy import MetaData

METADATA = MetaData()
