"""What a verification needs of a running suite: the chain, the witness's checkpoints, the key."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edu.client import Suite
from edu.home import Home, new_key

_PAGE = 1_000


async def whole_chain(suite: Suite, auditor: str) -> list[dict[str, Any]]:
    """Read every link with an auditor's token, page by page, up to the head of the first."""
    pages: list[dict[str, Any]] = []
    after = 0
    while True:
        page = await suite.query(
            "gradebook",
            "/v1/history/chain",
            token=auditor,
            params={"after": after, "limit": _PAGE},
        )
        pages.append(page)
        if page["next"] == after or page["next"] >= pages[0]["head"]:
            return pages
        after = page["next"]


async def witnessed(suite: Suite) -> list[dict[str, Any]]:
    """Read what the aggregator kept of the gradebook's checkpoints."""
    kept: list[dict[str, Any]] = []
    while True:
        after = kept[-1]["size"] if kept else 0
        page = await suite.query("ioc-aggregator", "/checkpoints", params={"after": after})
        if not page["checkpoints"]:
            return kept
        kept += page["checkpoints"]


def public_key(home: Home) -> str:
    """Give the public half of the key with which a home's gradebook signs, as base64."""
    private = Ed25519PrivateKey.from_private_bytes(b64decode(home.secret("history-key", new_key)))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b64encode(public).decode()
