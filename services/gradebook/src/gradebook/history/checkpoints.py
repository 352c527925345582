"""Checkpoints: the root of the tree over the history, signed with Ed25519 (RFC 8032)."""

from base64 import b64decode
from datetime import datetime
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gradebook.history.entries import canonical, moment

LOG = "gradebook"
"""The name of this log; other services may keep one."""


class Checkpoint(NamedTuple):
    """All links up to ``size``, under one hash, signed."""

    size: int
    root: bytes
    signed_at: datetime
    public_key: bytes
    signature: bytes


def signed_bytes(size: int, root: bytes, signed_at: datetime) -> bytes:
    """Give what is signed: a canonical document (RFC 8785)."""
    about = {"log": LOG, "root": root.hex(), "signed_at": moment(signed_at), "size": size}
    return canonical(about)


def read_key(text: str) -> Ed25519PrivateKey:
    """Read the key that signs: base64 of its 32 bytes.

    Raises:
        ValueError: it is none.
    """
    return Ed25519PrivateKey.from_private_bytes(b64decode(text, validate=True))
