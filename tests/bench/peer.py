"""`python tests/bench/peer.py faststream|quix`: another engine counts the log of scores.

It reads from standard input what to do, counts up to so many records, writes what it counted into
a file, and prints how long it took as JSON. It runs in an environment of its own, so it knows
nothing of the suite but the documents.

What it counts is in memory and lost with it: neither engine commits it with its positions, which
favours them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

BINS = 101
TOGETHER = 500
"""Documents that an engine which hands over single ones lets come together."""

Key = tuple[str, str, str, str, str]
Document = Mapping[str, Any]
Finish = Callable[[], None]
"""Tells what was counted and ends the process: leaving a group in order is no part of it."""


class Fold:
    """Count, sum, sum of squares and 101 bins per school × grade × subject × term × kind."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self._records: int = asked["records"]
        self._by_comment = frozenset(asked["by_comment"])
        self._last = {int(lane): sequence for lane, sequence in asked["begin"].items()}
        self._rows: dict[Key, int] = {}
        self._width: list[int] = []
        self._sums = np.zeros((4096, 3 + BINS), dtype=np.int64)
        self._began = self._half = 0.0
        self.taken = 0
        self.broken = 0
        """Records whose sequence was not the next one of their partition."""
        self.seconds = 0.0

    @property
    def done(self) -> bool:
        """Tell whether all was counted."""
        return self.taken >= self._records

    def begin(self) -> None:
        """Start the clock: when lanes are assigned, or the first record is in hand."""
        self._began = self._began or time.perf_counter()

    def take(self, documents: Sequence[Document], lanes: Sequence[int]) -> None:
        """Count a batch; ``lanes`` are the partitions."""
        last = self._last
        after_rows: list[int] = []
        after: list[int | None] = []
        before_rows: list[int] = []
        before: list[int] = []
        for document, lane in zip(documents, lanes, strict=True):
            sequence = int(document["sequence"])
            if sequence != last[lane] + 1:
                self.broken += 1
                if sequence <= last[lane]:
                    continue
            last[lane] = sequence
            data = document["data"]
            row = self._row(data)
            values = data["after"]
            after += values
            after_rows += [row] * len(values)
            values = data["before"]["value"]
            before += values
            before_rows += [row] * len(values)
        rows, entered = np.array(after_rows, dtype=np.int64), np.array(after, dtype=np.float64)
        known = ~np.isnan(entered)
        self._add(rows[known], entered[known].astype(np.int64), 1)
        self._add(np.array(before_rows, dtype=np.int64), np.array(before, dtype=np.int64), -1)
        self.taken += len(documents)
        if not self._half and self.taken * 2 >= self._records:
            self._half = time.perf_counter()
        if self.done:
            self.seconds = time.perf_counter() - self._began

    def _row(self, data: Mapping[str, Any]) -> int:
        key = (data["school_id"], data["grade"], data["subject"], data["term"], data["kind"])
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = len(self._rows)
            self._width.append(1 if data["subject"] in self._by_comment else 10)
            if row == len(self._sums):
                self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
        return row

    def _add(self, rows: Any, values: Any, sign: int) -> None:
        if not len(rows):
            return
        np.add.at(self._sums, (rows, 0), sign)
        np.add.at(self._sums, (rows, 1), sign * values)
        np.add.at(self._sums, (rows, 2), sign * values * values)
        width = np.array(self._width, dtype=np.int64)[rows]
        np.add.at(self._sums, (rows, 3 + values // width), sign)

    def told(self, out: str) -> str:
        """Write what was counted into ``out``; say how long it took."""
        with open(out, "w", encoding="utf-8") as file:  # noqa: PTH123 - as its own script would
            file.writelines(
                json.dumps([key, self._sums[row].tolist()]) + "\n"
                for key, row in self._rows.items()
            )
        later = time.perf_counter() if not self._half else self._began + self.seconds - self._half
        return json.dumps({"seconds": self.seconds, "half": later, "broken": self.broken})


def faststream(asked: Mapping[str, Any], fold: Fold, finish: Finish) -> None:
    """Count with FastStream as it comes: batches of parsed documents, everything by default."""
    import asyncio  # noqa: PLC0415 - what each engine needs is loaded by it alone

    from aiokafka import ConsumerRebalanceListener  # noqa: PLC0415
    from faststream import FastStream  # noqa: PLC0415
    from faststream.kafka import KafkaBroker  # noqa: PLC0415
    from faststream.kafka.annotations import KafkaMessage  # noqa: PLC0415

    class Assigned(ConsumerRebalanceListener):  # type: ignore[misc]
        async def on_partitions_assigned(self, assigned: object) -> None:
            if assigned:
                fold.begin()

        async def on_partitions_revoked(self, revoked: object) -> None:
            pass

    # Its decorator reads these from the module.
    globals()["KafkaMessage"] = KafkaMessage
    broker = KafkaBroker(asked["bootstrap"])

    @broker.subscriber(
        asked["topic"],
        group_id=asked["group"],
        auto_offset_reset="earliest",
        batch=True,
        listener=Assigned(),
    )
    async def count(documents: list[dict[str, Any]], message: KafkaMessage) -> None:
        fold.take(documents, [record.partition for record in message.raw_message])
        if fold.done:
            finish()

    asyncio.run(FastStream(broker).run())


def quix(asked: Mapping[str, Any], fold: Fold, finish: Finish) -> None:
    """Count with Quix Streams: each document parsed and handed over by its data frame."""
    from quixstreams import Application, message_context  # noqa: PLC0415

    app = Application(
        broker_address=asked["bootstrap"],
        consumer_group=asked["group"],
        auto_offset_reset="earliest",
        auto_create_topics=False,
    )
    waiting: list[Document] = []
    lanes: list[int] = []

    def count(document: Document) -> None:
        fold.begin()
        waiting.append(document)
        lanes.append(message_context().partition)
        if len(waiting) >= TOGETHER or fold.taken + len(waiting) >= asked["records"]:
            fold.take(waiting, lanes)
            waiting.clear()
            lanes.clear()
            if fold.done:
                finish()

    frame = app.dataframe(app.topic(asked["topic"], value_deserializer="json"))
    frame.update(count)
    app.run()


ENGINES: Mapping[str, Callable[[Mapping[str, Any], Fold, Finish], None]] = {
    "faststream": faststream,
    "quix": quix,
}


def main() -> None:
    """Do one run."""
    asked = json.load(sys.stdin)
    fold = Fold(asked)
    told = os.dup(1)
    os.dup2(2, 1)  # what an engine prints is no part of the answer

    def finish() -> None:
        os.write(told, (fold.told(asked["out"]) + "\n").encode())
        os._exit(0)

    ENGINES[sys.argv[1]](asked, fold, finish)


if __name__ == "__main__":
    main()
