"""A day is written 2026-09-05 and in no other way.

pydantic reads any string of digits as seconds since 1970, in strict mode too: a birth date typed
"20150101" would silently become 1970-08-22.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import CoreSchema, PydanticKnownError
from pydantic_core.core_schema import no_info_before_validator_function

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def iso_day(value: object) -> object:
    """Read a day from text; anything that is no text is left to pydantic."""
    return _read(value, _DAY, date.fromisoformat, "date_parsing")


def iso_moment(value: object) -> object:
    """Read a moment from text; anything that is no text is left to pydantic."""
    return _read(value, _MOMENT, datetime.fromisoformat, "datetime_parsing")


def _read(value: object, form: re.Pattern[str], parse: Callable[[str], date], kind: Any) -> object:
    if not isinstance(value, str):
        return value
    try:
        if form.fullmatch(value):
            return parse(value)
    except ValueError:
        pass
    raise PydanticKnownError(kind, {"error": "not written as ISO 8601"})


Day = Annotated[date, BeforeValidator(iso_day)]
"""A day in a path or query; in a `RequestModel` a plain `date` is read like this."""

_READERS = {"date": iso_day, "datetime": iso_moment}


def written_as_iso(schema: CoreSchema) -> CoreSchema:
    """Return `schema` with each day and moment in it read by the functions above."""
    changed: CoreSchema = _walk(schema)
    return changed


def _walk(node: Any) -> Any:
    if isinstance(node, list | tuple):
        return type(node)(map(_walk, node))
    if not isinstance(node, dict):
        return node
    if (reader := _READERS.get(node.get("type", ""))) is not None:
        return no_info_before_validator_function(reader, node)
    return {key: value if key == "metadata" else _walk(value) for key, value in node.items()}
