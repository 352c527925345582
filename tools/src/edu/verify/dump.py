"""The aggregator's dump: one consistent set of cells, numbers and the positions they stand at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import httpx
import msgspec

from edu.failure import Failure
from edu.verify.documents import TOPICS
from edu.verify.log import Lane
from edu.verify.numbers import Name, Number
from edu.verify.recount import Cells, Key

SECONDS = 120.0


@dataclass(slots=True)
class Dump:
    """What the aggregator answers with."""

    day: date
    positions: dict[Lane, int]
    """The first offset of each lane that is not counted."""
    applied: dict[tuple[str, str, int], int]
    """The last sequence of each source in each lane that is counted without a gap below it."""
    as_of: dict[str, datetime] | None
    """At the end of a past day: how far each source had been counted."""
    hashes: dict[str, str]
    """The aggregator's own hash of each family of cells."""
    cells: Cells = field(default_factory=dict)
    numbers: dict[Name, Number] = field(default_factory=dict)
    journal: list[tuple[Lane, int, int]] = field(default_factory=list)
    """The entries that it still keeps: lane, first offset, first offset after it."""


def fetch(url: str, token: str, day: date | None = None) -> Dump:
    """Ask for a dump, of the end of a past day if one is given; it is streamed: it is long."""
    past = {} if day is None else {"as_of": day.isoformat()}
    try:
        with httpx.stream(
            "GET",
            f"{url}/dump",
            params={"journal": "true", **past},
            headers={"Authorization": f"Bearer {token}"},
            timeout=SECONDS,
        ) as answer:
            if answer.status_code != httpx.codes.OK:
                detail = answer.read().decode(errors="replace")[:500]
                raise Failure(f"The aggregator gave no dump: {answer.status_code} {detail}")
            return parse(answer.iter_lines())
    except httpx.HTTPError as error:
        raise Failure(f"The aggregator at {url} gave no dump: {error}") from None


def parse(lines: Iterable[str]) -> Dump:
    """Read the lines; a dump without its last one was cut off."""
    decode = msgspec.json.Decoder().decode
    records = (decode(line) for line in lines if line)
    header: dict[str, Any] = next(records, {})
    if header.get("record") != "header":
        raise Failure("The dump does not begin with its header.")
    dump = Dump(
        date.fromisoformat(header["day"]),
        positions={
            (topic, int(partition)): position
            for topic, partitions in header["positions"].items()
            if topic in TOPICS
            for partition, position in partitions.items()
        },
        applied={
            (source, topic, int(partition)): sequence
            for source, topics in header["applied"].items()
            for topic, partitions in topics.items()
            for partition, sequence in partitions.items()
        },
        as_of=msgspec.convert(header.get("as_of"), dict[str, datetime] | None),
        hashes=header.get("hashes", {}),
    )
    counts = {"cell": 0, "fact": 0, "number": 0, "journal": 0}
    for record in records:
        kind = record["record"]
        if kind == "end":
            if any(record[name + "s"] != counts[name] for name in ("cell", "fact", "number")):
                raise Failure(f"The dump says {record}, but holds {counts}.")
            return dump
        counts[kind] += 1
        _take(dump, kind, record)
    raise Failure("The dump was cut off before its end.")


def _take(dump: Dump, kind: str, record: dict[str, Any]) -> None:
    match kind:
        case "cell":
            key = _key(record["key"])
            for name, value in record["values"].items():
                dump.cells[record["family"], key, name] = value
        case "number":
            _take_number(dump, record)
        case "journal":
            lane = (record["topic"], record["partition"])
            dump.journal.append((lane, record["first"], record["next"]))


def _take_number(dump: Dump, record: dict[str, Any]) -> None:
    name = (record["indicator"], record["unit_id"], record["period"], _key(record["dims"]))
    dump.numbers[name] = Number(
        record["numerator"],
        record["denominator"],
        record["schools_reported"],
        record["schools_expected"],
        None if record["as_of"] is None else datetime.fromisoformat(record["as_of"]),
    )


def _key(dims: dict[str, str]) -> Key:
    return tuple(sorted(dims.items()))
