"""PostgreSQL's SQL of the chassis, word for word, in the words of SQLite.

What stands here is spelling; a statement whose meaning differs would make the simulation lie.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

_ELSEWHERE = re.compile(
    r"SET |CREATE TABLE|DROP TABLE|SELECT inhrelid|DELETE FROM delivery\.\w+ WHERE \w+ < now\(\)"
)
"""Partitions, old rows and durability are not of this model."""
_UNNEST = re.compile(
    r"unnest\(((?:CAST\([^)]*\)|[^()])*)\)(?:\s*(?:AS\s+)?v\s*\(([\w\", ]+)\))?", re.IGNORECASE
)
_CAST = re.compile(r"CAST\((:\w+) AS [\w]+\[\]\)|(\$\d+)::\w+\[\]")
_DELETE_USING = re.compile(r"DELETE FROM (\S+) (\w+) USING (.*) WHERE (.*)", re.DOTALL)
_SPELLINGS = (
    (
        re.compile(r"\(\$(\d+)::bigint\[\]\)\[width_bucket\(([\w.]+), \$(\d+)::bigint\[\]\)\]"),
        (
            r"(SELECT b.value FROM json_each(?\3) a JOIN json_each(?\1) b ON b.key = a.key"
            r" WHERE a.value = \2)"
        ),
    ),
    (re.compile(r"WHERE NOT EXISTS \(SELECT FROM"), "WHERE NOT EXISTS (SELECT 1 FROM"),
    (re.compile(r"= ANY\(\$(\d+)::\w+\[\]\)"), r"IN (SELECT value FROM json_each(?\1))"),
    (re.compile(r"^UPDATE (\S+) (\w+) SET"), r"UPDATE \1 AS \2 SET"),
    (re.compile(r" FOR UPDATE"), ""),
    (re.compile(r"\$(\d+)"), r"?\1"),
    (re.compile(r"::[A-Z]+( WITH TIME ZONE)?"), ""),
    # SQLite cannot tell this ON from that of a join.
    (re.compile(r"\) v ON CONFLICT"), ") v WHERE true ON CONFLICT"),
)
_RETURNING = re.compile(r"(?<=RETURNING ).*")


@cache
def translated(statement: str) -> str | None:
    """Return ``statement`` as SQLite understands it; None for what the model does not have."""
    if _ELSEWHERE.match(statement):
        return None
    written = statement
    if found := _DELETE_USING.fullmatch(written):
        table, name, others, condition = found.groups()
        written = (
            f"DELETE FROM {table} AS {name} WHERE EXISTS (SELECT 1 FROM {others} WHERE {condition})"  # noqa: S608 - no value in it
        )
    written = _UNNEST.sub(_rows_of_arrays, written)
    for old, new in _SPELLINGS:
        written = old.sub(new, written)
    return _RETURNING.sub(lambda names: re.sub(r"\b(?:\w+\.)+", "", names[0]), written)


def _rows_of_arrays(found: re.Match[str]) -> str:
    arrays = [_CAST.sub(r"\1\2", array).strip() for array in found[1].split(", ")]
    names = [name.strip() for name in (found[2] or "").split(",") if name.strip()]
    names = names or [f"column{number}" for number in range(len(arrays))]
    columns = ", ".join(f"a{n}.value AS {name}" for n, name in enumerate(names))
    joins = " ".join(
        f"JOIN json_each({array}) a{n} ON a{n}.key = a0.key"
        for n, array in enumerate(arrays[1:], start=1)
    )
    return f"(SELECT {columns} FROM json_each({arrays[0]}) a0 {joins}) v"  # noqa: S608


def plain(parameters: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any] | list[Any]:
    """Return ``parameters`` as SQLite takes them: arrays as JSON, times as texts."""
    if isinstance(parameters, Mapping):
        return {name: _plain(value) for name, value in parameters.items()}
    return [_plain(value) for value in parameters]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return json.dumps(value, default=datetime.isoformat)
    return value
