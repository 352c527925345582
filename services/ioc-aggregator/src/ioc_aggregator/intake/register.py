"""Units, schools, school years and watermarks: rare facts, read one by one through contracts."""

from collections.abc import Sequence

from contracts import admissions, registry, relay
from contracts.envelope import Envelope
from contracts.event import Event
from ioc_aggregator.intake.folding import Folded
from ioc_aggregator.measures.facts import (
    Fact,
    MergeFact,
    SchoolFact,
    SchoolYearFact,
    TermDays,
    UnitFact,
    WatermarkFact,
)


def _fact(event: Event) -> Fact | None:
    if isinstance(event, admissions.UnitRegistered):
        return UnitFact(
            unit_id=event.unit_id,
            version=event.version,
            code=event.code,
            name=event.name,
            kind=str(event.kind),
            parent_id=event.parent_id,
            valid_from=event.valid_from,
        )
    if isinstance(event, admissions.UnitMerged):
        return MergeFact(event.unit_id, event.version, event.into_id, event.valid_from)
    if isinstance(event, admissions.SchoolRegistered):
        return SchoolFact(
            school_id=event.school_id,
            version=event.version,
            code=event.code,
            name=event.name,
            levels=tuple(str(level) for level in event.levels),
            ownership=str(event.ownership),
            unit_id=event.unit_id,
            valid_from=event.valid_from,
            open=event.open,
        )
    if isinstance(event, admissions.SchoolYearSet):
        terms = tuple(TermDays(str(t.term), t.first_day, t.last_day) for t in event.terms)
        return SchoolYearFact(
            event.school_year, event.version, event.first_day, event.last_day, terms
        )
    if isinstance(event, relay.Watermark):
        return WatermarkFact(event.source, event.read_at, event.positions)
    return None


def fold(events: Sequence[Envelope]) -> Folded:
    """Read each event as the fact that it states."""
    folded = Folded()
    for index, document in enumerate(events):
        try:
            event = registry.parse(document)
        except registry.ContractError as error:
            if error.reason != "unknown-type":
                folded.refuse(index, error.detail)
            continue
        if event.source_urn() != document.source:
            folded.refuse(index, f"{document.source} speaks for {event.source_urn()}")
            continue
        if (fact := _fact(event)) is not None:
            folded.delta.facts.append(fact)
    return folded
