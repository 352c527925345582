"""The Merkle tree over the chain of saves, and the checkpoints that were signed of it.

The links themselves are :class:`gradebook.scores.tables.ScoreSave`, the tree's leaves.
"""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, LargeBinary, SmallInteger
from sqlmodel import Field

from gradebook.base import Base


class ChainNode(Base, table=True):
    """The hash over the 2^level leaves from place · 2^level on, once all of them are there."""

    __tablename__ = "chain_node"

    level: int = Field(primary_key=True, sa_type=SmallInteger)
    """From 1; level 0 are the hashes of the links."""
    place: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes = Field(sa_type=LargeBinary)


class ChainCheckpoint(Base, table=True):
    """The root of the tree at a size, as it was signed and told to the witness."""

    __tablename__ = "chain_checkpoint"

    size: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    root: bytes = Field(sa_type=LargeBinary)
    signed_at: datetime = Field(sa_type=DateTime(timezone=True))
    public_key: bytes = Field(sa_type=LargeBinary)
    signature: bytes = Field(sa_type=LargeBinary)
