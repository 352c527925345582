"""What a service says of the chain over its history, so that others can witness it."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from contracts import topics
from contracts.event import Event
from contracts.ids import Count, Moment

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal."""

_MOST_HASHES = 64


class HistoryCheckpointed(Event):
    """The history up to here has this root, signed: whoever keeps it notices another past.

    The tree is that of RFC 9162 over the hashes of the links, the signature Ed25519 (RFC 8032)
    over the canonical JSON (RFC 8785) of ``log``, ``root``, ``signed_at`` (UTC, to the
    microsecond) and ``size``.
    """

    NAME: ClassVar[str] = "history-checkpointed"
    TOPIC: ClassVar[topics.Topic] = topics.CHECKPOINTS
    KEY: ClassVar[str] = "log"
    SUBJECT: ClassVar[str] = "log"

    log: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{1,31}$")]
    """Whose history it is: the name of a service."""
    size: Annotated[int, Field(ge=1, le=2**53 - 1)]
    """How many links the chain has."""
    root: Hash
    signed_at: Moment
    public_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
    """Base64 of the 32 bytes of the key that verifies."""
    signature: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{86}==$")]
    """Base64 of the 64 bytes."""
    before_size: Count
    """The size of the checkpoint before; 0 at first."""
    consistency: Annotated[tuple[Hash, ...], Field(max_length=_MOST_HASHES)]
    """That the tree begins with the one before (RFC 9162, section 2.1.4); empty at first."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.before_size >= self.size:
            raise ValueError("a checkpoint is over more links than the one before")
        return self
