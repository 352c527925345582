"""``notifications.guardians.v1``: guardians of pupils become how many links a school has."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import msgspec

from contracts import topics
from contracts.envelope import Envelope
from contracts.notifications import GuardianLinked, GuardianUnlinked
from ioc_aggregator.intake.folding import Folded, key_fault, school_year_of
from ioc_aggregator.measures.cells import Change, Key
from ioc_aggregator.measures.families import LINKS, REPORTED

STREAM = topics.GUARDIANS.name


class _Cell(msgspec.Struct, gc=False):
    school_id: str


class _Unlinked(msgspec.Struct, gc=False):
    day: date
    before: _Cell | None


class _Linked(_Unlinked, gc=False):
    after: _Cell | None


_DECODERS: dict[str, msgspec.json.Decoder[_Linked | _Unlinked]] = {
    GuardianLinked.type_name(): msgspec.json.Decoder(_Linked),
    GuardianUnlinked.type_name(): msgspec.json.Decoder(_Unlinked),
}


def fold(events: Sequence[Envelope]) -> Folded:
    """Count links: each fact takes one away where it counted before and adds it where it does."""
    folded = Folded()
    links: Counter[Key] = Counter()
    reported: Counter[Key] = Counter()
    for index, fact in folded.facts(events, _DECODERS):
        after = fact.after if isinstance(fact, _Linked) else None
        steps = [(cell.school_id, by) for cell, by in ((fact.before, -1), (after, 1)) if cell]
        year = school_year_of(fact.day)
        fault = next(filter(None, (key_fault(school, year) for school, _ in steps)), None)
        if fault is not None:
            folded.refuse(index, fault)
            continue
        for school, by in steps:
            links[school, year] += by
        for school in {school for school, _ in steps}:
            reported[school, STREAM, year, ""] += 1
    folded.delta.changes[LINKS.name] = Change.count(links)
    folded.delta.changes[REPORTED.name] = Change.count(reported)
    return folded
