"""A link of the chain as a document: all that a save changed, in bytes that everybody gets alike.

The document is JSON in the canonical form of RFC 8785 and names the hash of the link before it; its
own hash is that of a leaf of RFC 9162. It is made anew from the stored rows whenever it is asked
for, so a row that somebody alters no longer gives the hash that the next link names.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

from contracts.lists import ColumnKind, CorrectionReason, Grade, ScoreState, Subject, Term
from gradebook.history.merkle import leaf_hash

Document: TypeAlias = dict[str, Any]

FORMAT = "edu-history/1"
FIRST = bytes(32)
"""What the first link names."""


class Line(NamedTuple):
    """A stored change of a cell (``cell_change``)."""

    sheet_id: str
    pupil_id: str
    version: int
    before: int | None
    before_state: ScoreState | None
    after: int | None
    after_state: ScoreState | None
    reason_code: CorrectionReason | None
    reason: str | None
    changed_by: str
    changed_at: datetime
    day: date
    save_id: str | None


class Column(NamedTuple):
    """What of a sheet never changes."""

    sheet_id: str
    class_id: str
    school_id: str
    school_year: str
    grade: Grade
    subject: Subject
    term: Term
    kind: ColumnKind
    position: int


class Link(NamedTuple):
    """What the chain adds to a save; number and hash are None until it is its turn."""

    sheet_id: str
    save_id: str
    device: str | None
    address: str | None
    number: int | None
    hash: bytes | None
    reason_digest: bytes | None
    reason_salt: bytes | None


def words_of(lines: Sequence[Line]) -> str | None:
    """Give the words in which a save was explained, if they are not forgotten."""
    return next((line.reason for line in lines if line.reason is not None), None)


def digest(salt: bytes, words: str) -> bytes:
    """Bind words without saying them: with the salt gone nobody can try out what they were."""
    return sha256(salt + words.encode()).digest()


def document(
    number: int, previous: bytes, link: Link, column: Column | None, lines: Sequence[Line]
) -> Document:
    """Write a save down as the link ``number``, after the one with hash ``previous``.

    Of rows that somebody removed it has none, and so another hash than it had.
    """
    lines = sorted(lines, key=lambda line: line.pupil_id)
    first = lines[0] if lines else None
    said = {line.reason for line in lines} - {None}
    made: Document = {
        "format": FORMAT,
        "number": number,
        "previous": previous.hex(),
        "save": link.save_id,
        "sheet": column._asdict() if column else None,
        "by": first.changed_by if first else None,
        "at": moment(first.changed_at) if first else None,
        "day": first.day.isoformat() if first else None,
        "device": link.device,
        "address": link.address,
        "reason": None if link.reason_digest is None else link.reason_digest.hex(),
        "cells": [
            [
                line.pupil_id,
                line.version,
                line.before,
                line.before_state,
                line.after,
                line.after_state,
                line.reason_code,
            ]
            for line in lines
        ],
    }
    stamps = {(line.changed_by, line.changed_at, line.day) for line in lines}
    if len(stamps) > 1 or len(said) > 1:
        # No save is written so: somebody altered one of its rows, and the hash must not hold.
        made["irregular"] = sorted(map(str, stamps | said))
    return made


def moment(at: datetime) -> str:
    """Write a moment as RFC 3339 does, in UTC and to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def canonical(made: Document) -> bytes:
    """Write a document in the canonical form of RFC 8785.

    Keys are ASCII and numbers whole and below 2^53, which is where this is all there is to it.
    """
    text = json.dumps(made, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def hash_of(made: Document) -> bytes:
    """Give the hash of a link: what the next one names, and a leaf of the tree."""
    return leaf_hash(canonical(made))
