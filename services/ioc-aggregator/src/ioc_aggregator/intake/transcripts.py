"""``gradebook.transcripts.v1``: stages reached become how many transcripts are at each."""

from collections.abc import Iterable, Iterator

from contracts import topics
from contracts.transcripts import RejectionReason, Stage, TranscriptIssued
from ioc_aggregator.intake.counting import Added, Counted, Heard, fold_of
from ioc_aggregator.intake.folding import Open
from ioc_aggregator.measures.decisions import REJECTIONS, TRANSCRIPTS

_STAGES, _REASONS = Open(Stage), Open(RejectionReason)


class _Issued(Counted, gc=False):
    school_id: str
    school_year: str
    grade: str
    after: str
    before: str | None
    reason_code: str | None

    def heard(self) -> Iterable[Heard]:
        return ((self.school_id, self.school_year, ""),)

    def added(self) -> Iterator[Added]:
        key = (self.school_id, self.school_year, self.grade)
        yield TRANSCRIPTS, (*key, _STAGES[self.after]), (1,)
        if self.before is not None:
            yield TRANSCRIPTS, (*key, _STAGES[self.before]), (-1,)
        if self.after == Stage.REJECTED:
            reason = _REASONS[self.reason_code or RejectionReason.OTHER]
            yield REJECTIONS, (self.school_id, self.school_year, reason), (1,)


fold = fold_of(topics.TRANSCRIPTS, {TranscriptIssued: _Issued})
