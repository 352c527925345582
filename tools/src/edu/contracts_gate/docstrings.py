"""What the fields of contracts mean, for schemas and pages; a service reads none of it."""

from collections.abc import Iterator

from chassis.docstrings import fields_of
from contracts import registry  # noqa: F401 - with it every record is defined
from contracts.event import Event, Record


def describe() -> None:
    """Give every field of every record the docstring below it as its description."""
    records = list(_below(Record))
    for record in records:
        texts = fields_of(record)
        for name, field in record.model_fields.items():
            field.description = field.description or texts.get(name)
    # Events last: they contain what they are made of as it was built.
    for record in sorted(records, key=lambda one: issubclass(one, Event)):
        record.model_rebuild(force=True)


def _below(record: type[Record]) -> Iterator[type[Record]]:
    for one in record.__subclasses__():
        yield one
        yield from _below(one)
