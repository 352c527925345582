"""The witness: what somebody signed stays, and another past shows."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contracts.checkpoints import HistoryCheckpointed
from edu.audit.verify_history import canonical, leaf_hash, node_hash
from ioc_aggregator.rollups.witness import Kept, begins_with

MOMENT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
LEAVES = [leaf_hash(bytes([number])) for number in range(40)]


def mth(leaves: Sequence[bytes]) -> bytes:
    """Give the Merkle tree hash as RFC 9162, section 2.1.1, defines it."""
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(mth(leaves[:split]), mth(leaves[split:]))


def proof(before: int, leaves: Sequence[bytes], *, complete: bool = True) -> list[bytes]:
    """Give SUBPROOF(before, leaves, complete) as section 2.1.4.1 defines it."""
    if before == len(leaves):
        return [] if complete else [mth(leaves)]
    split = _split(len(leaves))
    if before <= split:
        return [*proof(before, leaves[:split], complete=complete), mth(leaves[split:])]
    return [*proof(before - split, leaves[split:], complete=False), mth(leaves[:split])]


def _split(leaves: int) -> int:
    split = 1
    while split * 2 < leaves:
        split *= 2
    return split


def signed(
    size: int, before: int, *, leaves: Sequence[bytes] = LEAVES, key: str = "ours", **fields: Any
) -> HistoryCheckpointed:
    """Sign a checkpoint as the gradebook does."""
    private = Ed25519PrivateKey.from_private_bytes(sha256(key.encode()).digest())
    root = mth(leaves[:size]).hex()
    at = "2026-11-20T01:00:00.000000Z"
    about = {"log": "gradebook", "root": root, "signed_at": at, "size": size}
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    known: dict[str, Any] = {
        "log": "gradebook",
        "size": size,
        "root": root,
        "signed_at": MOMENT,
        "public_key": b64encode(public).decode(),
        "signature": b64encode(private.sign(canonical(about))).decode(),
        "before_size": before,
        "consistency": tuple(one.hex() for one in (proof(before, leaves[:size]) if before else [])),
    }
    return HistoryCheckpointed(**known | fields)


def test_every_tree_begins_with_every_smaller_one_and_with_no_other() -> None:
    for size in range(2, len(LEAVES) + 1):
        for before in range(1, size):
            one = signed(size, before)
            assert begins_with(one, Kept(before, mth(LEAVES[:before]).hex(), ""))
            other = mth([*LEAVES[: before - 1], leaf_hash(b"another")]).hex()
            assert not begins_with(one, Kept(before, other, ""))


async def test_what_was_signed_is_kept_and_answered_for(log: Any, client: Any) -> None:
    await log.engine.projector.load()
    await log.append(signed(3, 0), signed(11, 3))
    await log.append(signed(40, 11), signed(40, 11))
    found = (await client.get("/checkpoints")).json()["checkpoints"]
    assert [(one["size"], one["before_size"], one["faults"]) for one in found] == [
        (3, 0, []),
        (11, 3, []),
        (40, 11, []),
    ]
    assert found[1]["root"] == mth(LEAVES[:11]).hex()
    later = await client.get("/checkpoints", params={"after": 11})
    assert [one["size"] for one in later.json()["checkpoints"]] == [40]
    assert (await client.get("/checkpoints", params={"log": "payments"})).json() == {
        "checkpoints": []
    }


REWRITTEN = [*LEAVES[:5], leaf_hash(b"another"), *LEAVES[6:]]


@pytest.mark.parametrize(
    ("one", "faults"),
    [
        (signed(20, 9, leaves=REWRITTEN), ["history-rewritten"]),
        (signed(9, 3, leaves=REWRITTEN), ["history-forked"]),
        (signed(7, 0), ["history-forked", "history-begun-anew"]),
        (signed(20, 8), ["checkpoint-missing"]),
        (signed(20, 9, key="another"), ["another-key"]),
        (signed(20, 9, signature=signed(19, 9).signature), ["bad-signature"]),
        (signed(20, 9, consistency=()), ["history-rewritten"]),
    ],
    ids=["rewritten", "forked", "begun-anew", "missing", "key", "signature", "no-proof"],
)
async def test_another_past_shows_and_nothing_is_taken_back(
    log: Any, client: Any, one: HistoryCheckpointed, faults: list[str]
) -> None:
    await log.engine.projector.load()
    await log.append(signed(3, 0), signed(9, 3))
    await log.append(one)
    found = (await client.get("/checkpoints")).json()["checkpoints"]
    assert [each["faults"] for each in found if each["root"] == one.root] == [faults]
    kept = {(each["size"], each["root"]) for each in found}
    assert {(size, mth(LEAVES[:size]).hex()) for size in (3, 9)} <= kept
