"""Copies: what a service keeps of what others own, fed by facts that replace state.

Such a fact says all of its aggregate and carries the aggregate's ``version``; an older one changes
nothing, however late or often it comes. A copy is a table of the service with a column ``version``;
its other columns bear the names of the fact's fields. It refers to no other table, because no topic
waits for another.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel

from chassis.columns import table_of
from chassis.consuming.handlers import Handlers, Received
from chassis.database import Session
from contracts.event import Event


def keeping(copies: Mapping[type[Event], type[SQLModel]]) -> Handlers:
    """Take each kind of fact over into its copy: all that a service does about it."""
    handlers = Handlers()
    for kind, copy in copies.items():
        handlers.on(kind)(_taking_over(copy))
    return handlers


def _taking_over(copy: type[SQLModel]) -> Any:
    names = table_of(copy).c.keys()

    async def take_over(session: Session, received: Sequence[Received[Event]]) -> None:
        rows = [{name: getattr(one.event, name) for name in names} for one in received]
        await write_newer(session, copy, rows)

    return take_over


async def write_newer(
    session: Session,
    copy: type[SQLModel],
    rows: Iterable[Mapping[str, object]],
    *,
    keep: Sequence[str] = (),
) -> None:
    """Write, with one statement, the rows that are newer than what stands.

    A column of ``keep`` keeps what stands where the newer row holds null.
    """
    table = table_of(copy)
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    new = statement.excluded
    changed: dict[str, ColumnElement[Any]] = {
        column.name: new[column.name] for column in table.c if not column.primary_key
    }
    changed |= {name: func.coalesce(new[name], table.c[name]) for name in keep}
    # Always in the order of the ids, so that two transactions cannot wait for each other.
    ordered = sorted(rows, key=lambda row: (*(str(row[key]) for key in keys), row["version"]))
    if ordered:
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=keys, set_=changed, where=table.c.version < new.version
            ),
            ordered,
        )
