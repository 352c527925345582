"""The score books of many pupils at once, as the law reads them."""

from collections import defaultdict
from collections.abc import Mapping
from typing import cast

from chassis.database import Session
from contracts.lists import ColumnKind
from gradebook.books import queries as books
from gradebook.results.domain import book
from gradebook.results.domain.book import Book, Cell, Cells, Columns, Key, Place
from gradebook.scores import queries as scores

_Found = dict[bytes, scores.Column]


async def books_of(
    session: Session, seats: Mapping[str, str], school_year: str, *, published: bool
) -> Mapping[str, Book]:
    """Give each pupil's book of a school year; ``seats``: class by pupil.

    ``published``: with the columns that guardians see, nothing else. Pupils who have been in no
    other class share the columns of theirs.
    """
    columns, rows = await scores.touched(session, list(seats), school_year)
    if published:
        shown = await books.published(session, [one.sheet_id for one in columns])
        columns = [one for one in columns if one.sheet_id in shown]
    by_class: defaultdict[str, _Found] = defaultdict(dict)
    everywhere: _Found = {}
    for one in columns:
        if one.kind is not ColumnKind.EXAM:
            by_class[one.class_id][one.key] = everywhere[one.key] = one
    common = {class_id: _columns(by_class[class_id]) for class_id in set(seats.values())}
    elsewhere = {class_id: everywhere.keys() - by_class[class_id].keys() for class_id in common}
    found: dict[str, Book] = {}
    for (pupil, class_id), row in zip(seats.items(), rows, strict=True):
        cells = Cells(cast("Mapping[Place, Cell]", row.values))
        for key, state in row.states.items():
            cells[key] = book.cell(row.values[key], state)
        own = common[class_id]
        if strange := elsewhere[class_id] & row.values.keys():
            # Of two cells for one assessment that of the class where the pupil sits counts.
            mine = {
                key: one for key, one in by_class[class_id].items() if cells.get(key) is not None
            }
            own = _columns({**{key: everywhere[key] for key in strange}, **mine})
        found[pupil] = Book(own, cells)
    return found


def _columns(found: _Found) -> Columns:
    columns: dict[Key, list[Place]] = {}
    for key, one in found.items():
        book.put(columns, (one.subject, one.term, one.kind), one.position, key)
    return columns
