"""The history in the words of a person: marks as texts, pupils by name, columns as they stand."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from typing_extensions import TypedDict

from chassis.persons import in_list_order
from contracts.lists import ScoreState
from gradebook.history.domain import TRUE_EFFECTS, Effect, edits, net
from gradebook.history.entries import Column, Line, Link, moment
from gradebook.history.queries import EVERYTHING, Selection
from gradebook.scores.domain.history import Step, What, explain
from gradebook.scores.domain.marks import Texts, scale_of, texts_of

Cells = Mapping[tuple[str, str], Sequence[Line]]


class ColumnAnswer(TypedDict):
    """A column of a class's score book."""

    sheet_id: str
    class_id: str
    class_name: str
    subject: str
    subject_name: str
    term: str
    kind: str
    position: int


class ChangeAnswer(TypedDict):
    """One change of a cell. ``edited`` is the value that it replaced, also over a deletion."""

    pupil_id: str
    version: int
    what: str
    before: str | None
    before_state: str | None
    after: str | None
    after_state: str | None
    value_before_deletion: str | None
    edited: str | None
    direction: str | None
    reason_code: str | None


class SaveAnswer(TypedDict):
    """Changes that were saved together; ``number`` is their link in the chain, if they have one."""

    number: int | None
    sheet_id: str
    by: str
    at: str
    day: str
    device: str | None
    address: str | None
    reason: str | None
    changes: list[ChangeAnswer]


class HistoryAnswer(TypedDict):
    """Every change that was asked for, save by save in the order of time."""

    columns: list[ColumnAnswer]
    pupils: dict[str, str]
    saves: list[SaveAnswer]


class CellEffect(TypedDict):
    """A cell, what all changes of the period did to it, and who made them."""

    sheet_id: str
    before: str | None
    after: str | None
    effect: str
    changes: int
    edits: int
    by: list[str]
    first_at: str
    last_at: str


class PupilEffect(TypedDict):
    """A pupil's cells."""

    pupil_id: str
    name: str
    cells: list[CellEffect]


class EffectSummary(TypedDict):
    """How much was changed, and to what effect.

    ``edits`` = ``up`` + ``down``; ``pupils`` have a cell that is not what it was.
    """

    changes: int
    edits: int
    up: int
    down: int
    pupils: int
    cells: dict[str, int]


class EffectAnswer(TypedDict):
    """The true effect of all changes of a period."""

    summary: EffectSummary
    columns: list[ColumnAnswer]
    pupils: list[PupilEffect]


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked for: cells with such changes, each with its whole life until then."""

    columns: Mapping[str, Column]
    """By sheet, those that may be read."""
    classes: Mapping[str, str]
    """The names of classes."""
    wanted: Selection
    cells: Cells
    links: Mapping[tuple[str, str], Link]
    """By sheet and save."""
    names: Mapping[str, str]


class Meaning(NamedTuple):
    """What a change means in the life of its cell."""

    what: What
    deleted: int | None
    edited: int | None
    direction: str | None
    """Whether the edit raised or lowered the value; None where it edited none."""


def told(lines: Sequence[Line], wanted: Selection) -> list[tuple[Line, Meaning]]:
    """Explain those of a cell's changes that are asked for, by all that came before."""
    marks = tuple([(one.before, one.before_state, one.after, one.after_state) for one in lines])
    meant = zip(lines, _meant(marks), strict=True)
    if wanted == EVERYTHING:
        return list(meant)
    return [(line, meaning) for line, meaning in meant if wanted.holds(line)]


@lru_cache(maxsize=1 << 12)
def _meant(
    changes: tuple[tuple[int | None, ScoreState | None, int | None, ScoreState | None], ...],
) -> tuple[Meaning, ...]:
    """Say what each change of a cell means, the oldest first.

    Most cells were entered once and nothing more, with one of a hundred marks.
    """
    values = [after for _, _, after, _ in changes]
    meanings = explain(Step(*one) for one in changes)
    return tuple(
        Meaning(what, deleted, edited, _direction(edited, after))
        for (what, deleted), edited, after in zip(meanings, edits(values), values, strict=True)
    )


def _direction(edited: int | None, after: int | None) -> str | None:
    if edited is None or after is None:
        return None
    return "up" if after > edited else "down"


def history(found: Found) -> HistoryAnswer:
    """Answer with every change."""
    columns = found.columns
    saves: defaultdict[tuple[datetime, str, str], list[tuple[Line, ChangeAnswer]]]
    saves = defaultdict(list)
    for (sheet_id, pupil_id), lines in found.cells.items():
        texts = _texts_of(columns[sheet_id])
        for line, (what, deleted, edited, direction) in told(lines, found.wanted):
            # A literal takes a third of the time of a call with eleven names.
            change: ChangeAnswer = {
                "pupil_id": pupil_id,
                "version": line.version,
                "what": what,
                "before": texts[line.before],
                "before_state": line.before_state,
                "after": texts[line.after],
                "after_state": line.after_state,
                "value_before_deletion": texts[deleted],
                "edited": texts[edited],
                "direction": direction,
                "reason_code": line.reason_code,
            }
            # What an older release saved is known by who and when.
            by = line.save_id or line.changed_by
            saves[line.changed_at, sheet_id, by].append((line, change))
    return HistoryAnswer(
        columns=_columns(found),
        pupils={pupil_id: found.names[pupil_id] for pupil_id in in_list_order(found.names)},
        saves=[
            _save(found.links.get((sheet_id, save_id)), of_save)
            for (_, sheet_id, save_id), of_save in sorted(saves.items(), key=itemgetter(0))
        ],
    )


def _columns(found: Found) -> list[ColumnAnswer]:
    touched = {sheet_id for sheet_id, _ in found.cells}
    return [
        ColumnAnswer(
            sheet_id=one.sheet_id,
            class_id=one.class_id,
            class_name=found.classes[one.class_id],
            subject=one.subject,
            subject_name=one.subject.vietnamese,
            term=one.term,
            kind=one.kind,
            position=one.position,
        )
        for one in found.columns.values()
        if one.sheet_id in touched
    ]


def _save(link: Link | None, changes: Sequence[tuple[Line, ChangeAnswer]]) -> SaveAnswer:
    first, _ = changes[0]
    return SaveAnswer(
        number=link.number if link else None,
        sheet_id=first.sheet_id,
        by=first.changed_by,
        at=moment(first.changed_at),
        day=first.day.isoformat(),
        device=link.device if link else None,
        address=link.address if link else None,
        reason=next((line.reason for line, _ in changes if line.reason), None),
        changes=[change for _, change in changes],
    )


def effect(found: Found) -> EffectAnswer:
    """Answer with what the changes of a period did: every cell that was more than entered once."""
    wanted, names = found.wanted, found.names
    period = Selection(since=wanted.since, until=wanted.until)
    pupils: defaultdict[str, list[CellEffect]] = defaultdict(list)
    effects: Counter[Effect] = Counter()
    directions: Counter[str | None] = Counter()
    affected: set[str] = set()
    changes = 0
    for (sheet_id, pupil_id), lines in found.cells.items():
        asked = told(lines, wanted)
        changes += len(asked)
        of_cell = Counter(meaning.direction for _, meaning in asked)
        directions += of_cell
        # By whomever: what somebody deletes another may enter again. In the order of the changes,
        # which no clock decides.
        first = next(at for at, line in enumerate(lines) if period.holds(line))
        within = lines[first:]
        whole = net([line.after for line in lines[:first]], [line.after for line in within])
        effects[whole.effect] += 1
        if whole.effect in TRUE_EFFECTS:
            affected.add(pupil_id)
        texts = _texts_of(found.columns[sheet_id])
        pupils[pupil_id].append(
            CellEffect(
                sheet_id=sheet_id,
                before=texts[whole.before],
                after=texts[whole.after],
                effect=whole.effect,
                changes=len(asked),
                edits=of_cell["up"] + of_cell["down"],
                by=sorted({line.changed_by for line in within}),
                first_at=moment(within[0].changed_at),
                last_at=moment(within[-1].changed_at),
            )
        )
    up, down = directions["up"], directions["down"]
    return EffectAnswer(
        summary=EffectSummary(
            changes=changes,
            edits=up + down,
            up=up,
            down=down,
            pupils=len(affected),
            cells={str(one): effects[one] for one in Effect},
        ),
        columns=_columns(found),
        pupils=[
            PupilEffect(pupil_id=pupil_id, name=names[pupil_id], cells=pupils[pupil_id])
            for pupil_id in in_list_order(names)
            if pupil_id in pupils
        ],
    )


def _texts_of(column: Column) -> Texts:
    return texts_of(scale_of(column.subject, column.kind, column.grade))
