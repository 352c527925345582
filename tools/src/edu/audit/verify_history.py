"""Verify an export of the history of scores: who changed what, and that nobody altered it since.

    python verify_history.py EXPORT.json… --key PUBLIC_KEY [--witness CHECKPOINTS.json]

One file for whoever trusts nobody: it knows nothing of the software that made the export and needs
Python 3.9 and the package ``cryptography``. EXPORT is what ``/v1/history/export?format=json`` gives
(the changes of a class, a teacher, a period) or pages of ``/v1/history/chain`` (all of them).
PUBLIC_KEY is the base64 of 32 bytes, told by a way that is not the export. CHECKPOINTS is what the
witness answers at ``/checkpoints``.

What is verified, in the words of docs/history.md:

1. The hash of a link is that of a leaf of RFC 9162 (SHA-256 of a zero byte and the data) over its
   entry in the canonical JSON of RFC 8785; it is the hash that was stored when the link was made.
2. Each link names the hash of the one before it; the first names 32 zero bytes.
3. Each cell's versions follow one another, and each begins with what the one before left.
4. The words of a reason are those whose salted SHA-256 the entry holds. (Words that were forgotten
   by law are no fault.)
5. The checkpoint is signed by the key (Ed25519, RFC 8032), and its root is over these links: of the
   whole chain it is computed anew, of a part each link brings its inclusion proof (RFC 9162,
   section 2.1.3).
6. The witness keeps the same roots.
"""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "edu-history/1"
FIRST = "00" * 32


@dataclass
class Verdict:
    """What was found. Only without ``faults`` is the export what was signed."""

    links: int = 0
    signed: int = 0
    """Links under the signature; the others are younger than the checkpoint."""
    changes: int = 0
    whole: bool = False
    """Whether it is the whole chain, from the first link on, so that nothing can be missing."""
    witnessed: int = 0
    """Roots of the witness that were compared."""
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Say it in a line, and one for each fault."""
        what = "the whole chain" if self.whole else "a part of the chain"
        said = (
            f"{self.links} links with {self.changes} changes, {what}; {self.signed} signed, "
            f"{self.witnessed} roots witnessed: "
        )
        return said + ("holds" if not self.faults else "\n".join(["DOES NOT HOLD", *self.faults]))


def canonical(value: object) -> bytes:
    """Write JSON as RFC 8785 does. Keys are ASCII and numbers whole here, so this is all of it."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf (RFC 9162, section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours (RFC 9162, section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def roots(leaves: Iterable[bytes]) -> list[bytes]:
    """Give the root over the first 1, 2, 3 … leaves (RFC 9162, section 2.1.1)."""
    complete: list[tuple[int, bytes]] = []
    found = []
    for leaf in leaves:
        level, value = 0, leaf
        while complete and complete[-1][0] == level:
            value = node_hash(complete.pop()[1], value)
            level += 1
        complete.append((level, value))
        root = value
        for _, left in reversed(complete[:-1]):
            root = node_hash(left, root)
        found.append(root)
    return found


def included(leaf: bytes, place: int, size: int, path: Sequence[bytes]) -> bytes:
    """Give the root that an inclusion proof leads to (RFC 9162, section 2.1.3.2)."""
    first, last, value = place, size - 1, leaf
    for neighbour in path:
        if last == 0:
            return b""
        if first & 1 or first == last:
            value = node_hash(neighbour, value)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            value = node_hash(value, neighbour)
        first, last = first >> 1, last >> 1
    return value if last == 0 else b""


def is_signed(checkpoint: dict[str, Any], key: str) -> bool:
    """Verify a checkpoint's signature over its canonical JSON (RFC 8032)."""
    about = {name: checkpoint[name] for name in ("log", "root", "signed_at", "size")}
    try:
        public = Ed25519PublicKey.from_public_bytes(b64decode(key))
        public.verify(b64decode(checkpoint["signature"]), canonical(about))
    except (InvalidSignature, ValueError):
        return False
    return True


def verify(
    exports: Sequence[dict[str, Any]], key: str, witness: Sequence[dict[str, Any]] = ()
) -> Verdict:
    """Verify an export, or all pages of one."""
    verdict = Verdict()
    links = {link["entry"]["number"]: link for page in exports for link in page["links"]}
    hashes = {number: leaf_hash(canonical(link["entry"])) for number, link in links.items()}
    numbers = sorted(links)
    verdict.links = len(numbers)
    verdict.changes = sum(len(link["entry"]["cells"]) for link in links.values())
    verdict.whole = numbers == list(range(1, len(numbers) + 1)) and bool(numbers)
    _links(verdict, links, hashes)
    _cells(verdict, [links[number]["entry"] for number in numbers])
    known = [page["checkpoint"] for page in exports if page["checkpoint"]]
    if not known:
        verdict.faults.append("no checkpoint: nothing here is signed")
        return verdict
    checkpoint = max(known, key=lambda one: int(one["size"]))
    if not is_signed(checkpoint, key):
        verdict.faults.append(
            f"the checkpoint of {checkpoint['size']} links is not signed by the key"
        )
    found = roots(hashes[number] for number in numbers) if verdict.whole else []
    _signed(verdict, links, hashes, checkpoint, found)
    _witnessed(verdict, [checkpoint, *known], found, witness)
    return verdict


def _links(verdict: Verdict, links: dict[int, Any], hashes: dict[int, bytes]) -> None:
    """Steps 1, 2 and 4."""
    for number in sorted(links):
        link, before = links[number], hashes.get(number - 1)
        broken = []
        if link["entry"]["format"] != FORMAT:
            broken.append("its format is unknown")
        if hashes[number].hex() != link["hash"]:
            broken.append("its rows are not what was saved")
        after = links.get(number + 1)
        if after and after["entry"]["previous"] != hashes[number].hex() and not broken:
            broken.append("the next link names another")
        if before is None and number == 1 and link["entry"]["previous"] != FIRST:
            broken.append("the first link names one before it")
        reason, words = link["entry"]["reason"], link["reason"]
        if words is not None:
            salted = sha256(bytes.fromhex(words["salt"]) + words["words"].encode()).hexdigest()
            if salted != reason:
                broken.append("its reason is not the one that was given")
        if broken:
            verdict.faults.append(f"chain broken at #{number}: {', '.join(broken)}")


def _cells(verdict: Verdict, entries: Iterable[dict[str, Any]]) -> None:
    """Step 3. A part may begin in the middle of a cell's life, and skip what was not asked for."""
    left: dict[tuple[str, str], tuple[int, object]] = {}
    for entry in entries:
        for pupil, version, before, before_state, after, after_state, _ in entry["cells"]:
            cell = ((entry["sheet"] or {}).get("sheet_id", ""), pupil)
            known = left.get(cell)
            if known is not None and known[0] + 1 == version and known[1] != [before, before_state]:
                verdict.faults.append(
                    f"chain broken at #{entry['number']}: a cell begins with what it was not"
                )
            elif verdict.whole and known is not None and known[0] + 1 != version:
                verdict.faults.append(
                    f"chain broken at #{entry['number']}: a change of a cell is missing before it"
                )
            left[cell] = (version, [after, after_state])


def _signed(
    verdict: Verdict,
    links: dict[int, Any],
    hashes: dict[int, bytes],
    checkpoint: dict[str, Any],
    found: Sequence[bytes],
) -> None:
    """Step 5."""
    size, root = int(checkpoint["size"]), bytes.fromhex(checkpoint["root"])
    if found:
        if len(found) < size:
            verdict.faults.append(f"chain cut off at #{len(found)}: {size} links were signed")
        elif found[size - 1] != root:
            verdict.faults.append(f"the root over {size} links is not the one that was signed")
        else:
            verdict.signed = size
        return
    for number in sorted(links):
        path = links[number]["inclusion"]
        if path is None:
            if number <= size:
                verdict.faults.append(f"chain broken at #{number}: it brings no proof")
            continue
        way = [bytes.fromhex(text) for text in path]
        if included(hashes[number], number - 1, size, way) == root:
            verdict.signed += 1
        else:
            verdict.faults.append(f"chain broken at #{number}: the signed root does not hold it")


def _witnessed(
    verdict: Verdict,
    known: Sequence[dict[str, Any]],
    found: Sequence[bytes],
    witness: Sequence[dict[str, Any]],
) -> None:
    """Step 6."""
    ours = {int(one["size"]): one["root"] for one in known}
    ours |= {size: root.hex() for size, root in enumerate(found, start=1)}
    for one in witness:
        size = int(one["size"])
        for fault in one.get("faults", ()):
            verdict.faults.append(f"the witness found at {size} links: {fault}")
        if size in ours:
            verdict.witnessed += 1
            if ours[size] != one["root"]:
                verdict.faults.append(f"the witness keeps another root over {size} links")
        elif found:
            verdict.faults.append(f"chain cut off at #{len(found)}: {size} links were witnessed")


def main(arguments: Sequence[str]) -> int:
    """Verify files; 0 where everything holds."""
    parser = argparse.ArgumentParser(prog="verify_history.py")
    parser.add_argument("exports", nargs="+", type=Path, metavar="EXPORT.json")
    parser.add_argument("--key", required=True, help="the public key, base64 of 32 bytes")
    parser.add_argument("--witness", type=Path, metavar="CHECKPOINTS.json")
    options = parser.parse_args(arguments)
    pages = [json.loads(path.read_text("utf-8")) for path in options.exports]
    kept = json.loads(options.witness.read_text("utf-8"))["checkpoints"] if options.witness else []
    verdict = verify(pages, options.key, kept)
    print(verdict)
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
