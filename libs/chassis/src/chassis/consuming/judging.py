"""What becomes of each record that was read: the same judgement live, and when a log is recounted.

It knows no database: what the sources have sent so far comes in, and what they have sent now comes
out.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from operator import lt
from typing import Any, TypeAlias

import structlog

from chassis.consuming import store
from chassis.consuming.decisions import Outcome, Progress, SourceState, fork
from chassis.consuming.records import Record, Slice
from chassis.consuming.records import TopicPartition as Lane
from contracts import registry
from contracts.envelope import Broken, Envelope, Tombstone, Whole
from contracts.topics import Topic

Held: TypeAlias = set[tuple[str, int, str]]
"""Topic, partition and subject of what waits behind a parked record."""

_log = structlog.get_logger()


class Judged:
    """One transaction's worth of slices while they are judged and applied."""

    def __init__(self) -> None:
        """Begin with none."""
        self.progress: dict[Lane, Progress] = {}
        self.parked: list[store.Parked] = []
        self.counts: dict[str, int] = {}

    def count(self, outcome: str, by: int = 1) -> None:
        """Count what became of records."""
        self.counts[outcome] = self.counts.get(outcome, 0) + by

    def judge(self, part: Slice, sources: Mapping[str, SourceState], held: Held) -> Slice:
        """Give what is to be applied of a slice, read after ``sources`` have come so far."""
        progress = self.progress[part.lane] = fork(sources)
        accepted = Slice(part.topic, part.partition, part.first, part.next)
        for record in part.records:
            event = record.event
            if isinstance(event, Tombstone):
                accepted.records.append(record)
                continue
            fault = _fault(part, record, event)
            if self._is_duplicate(part, progress, event, fault):
                self.count(Outcome.DUPLICATE)
                continue
            if fault is not None:
                self.count(Outcome.PARK)
                self.parked.append(store.Parked(part, record, Outcome.PARK, *fault))
            elif isinstance(event, Envelope):
                self._sort(accepted, record, event, held)
        return accepted

    def _is_duplicate(
        self,
        part: Slice,
        progress: Progress,
        event: Envelope | Broken,
        fault: tuple[str, str] | None,
    ) -> bool:
        if isinstance(event, Broken) or part.topic.compacted or not event.sequence:
            return False
        if fault is not None and fault[0] == "foreign-source":
            return False
        step = progress.judge(event.source, event.sequence)
        if step.gap is not None:
            self.count("gap")
            _log.error("sequence_gap", lane=part.lane, first=step.gap.first, last=step.gap.last)
        if step.late_start:
            _log.warning("log_starts_late", lane=part.lane, sequence=event.sequence)
        return not step.fresh

    def _sort(self, accepted: Slice, record: Record, event: Envelope, held: Held) -> None:
        if registry.model_for(event.type) is None:
            if not registry.known_name(event.type):
                self.count(Outcome.PASS_OVER)
                return
            self.count(Outcome.PARK)
            detail = f"{event.type} is of a major version that this service does not know"
            self.parked.append(
                store.Parked(accepted, record, Outcome.PARK, "unknown-major", detail)
            )
        elif held and (*accepted.lane, event.subject) in held:
            self.count(Outcome.HOLD)
            detail = f"an earlier record of {event.subject} is parked"
            self.parked.append(store.Parked(accepted, record, Outcome.HOLD, "held", detail))
        else:
            accepted.records.append(record)


def all_next(progress: Progress, topic: Topic, documents: Sequence[Whole[Any]]) -> bool:
    """Judge documents all at once: each is its source's next, and of a kind that is known.

    False where one is not; then nothing was judged, and each has to be.
    """
    source = f"urn:edu:{topic.owner}"
    state = progress.sources.get(source, SourceState())
    sequences = [one.sequence for one in documents]
    first, last = int(sequences[0]), int(sequences[-1])
    in_line = (
        not topic.compacted
        and first == (state.last or 0) + 1
        # Texts of one length: where they ascend, so many of them fill what is between two.
        and last - first == len(sequences) - 1
        and all(map(lt, sequences, islice(sequences, 1, None)))
        and [one.source for one in documents].count(source) == len(documents)
        and all(registry.model_for(kind) is not None for kind in {one.type for one in documents})
    )
    if in_line:
        progress.sources[source] = SourceState(last, state.gaps)
        progress.touched.add(source)
    return in_line


def _fault(part: Slice, record: Record, event: Envelope | Broken) -> tuple[str, str] | None:
    if isinstance(event, Broken):
        return event.reason, event.detail
    owner = part.topic.owner
    # In a shared topic each source may only write under its own name.
    writer = owner or (record.key or b"").decode(errors="replace")
    if event.source != f"urn:edu:{writer}":
        return "foreign-source", f"{event.source} may not write to {part.topic.name}"
    if not part.topic.compacted and not event.sequence:
        return "no-sequence", "the record carries no sequence number"
    return None
