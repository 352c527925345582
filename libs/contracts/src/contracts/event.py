"""The base of every event: writer closed, reader open.

A *writer* calls the constructor. It is strict: an unknown field, a value of the wrong type and a
string that is no member of an enumeration are refused, so that nothing undeclared is published.
A *reader* calls :meth:`Event.read`. It ignores fields it does not know and takes an unknown value
of an open enumeration as ``other``, so that a newer writer does not stop it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from contracts.topics import Topic

READER = object()
"""Validation context that marks reading; open enumerations look for it."""

_KEBAB_CASE = re.compile(r"[a-z]+(-[a-z]+)*")


class Record(BaseModel):
    """A part of an event (or a whole one): immutable, strict for writers."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        # A service uses a few of the events; the others' validators are never built.
        defer_build=True,
    )


class Event(Record):
    """A fact, in the past tense, that a service publishes.

    ``KEY`` and ``SUBJECT`` name the attribute (a data field or a property) that is the Kafka key,
    within which order holds, and the CloudEvents subject, the aggregate's id.
    """

    NAME: ClassVar[str]
    TOPIC: ClassVar[Topic]
    KEY: ClassVar[str]
    SUBJECT: ClassVar[str]
    MAJOR: ClassVar[int] = 1
    MINOR: ClassVar[int] = 0
    DRAFT: ClassVar[bool] = False
    """A draft may still change freely: it has no frozen schema and no golden sample."""

    SOURCE: ClassVar[str]
    """The service that publishes it: the owner of its topic, ``relay`` on the shared topic."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Refuse a definition whose name, key or subject cannot work, at import time."""
        if not _KEBAB_CASE.fullmatch(cls.NAME):
            raise TypeError(f"{cls.__name__}.NAME is not in kebab-case: {cls.NAME!r}")
        for role in ("KEY", "SUBJECT"):
            attribute: str = getattr(cls, role)
            if attribute not in cls.model_fields and not hasattr(cls, attribute):
                raise TypeError(f"{cls.__name__}.{role} names no attribute: {attribute!r}")
        cls.SOURCE = cls.TOPIC.owner or "relay"

    @classmethod
    def schema_name(cls) -> str:
        """``admissions.student-enrolled``: the topic's domain and the event's name."""
        return f"{cls.TOPIC.domain}.{cls.NAME}"

    @classmethod
    def type_name(cls) -> str:
        """``edu.admissions.student-enrolled.v1``: the CloudEvents type."""
        return f"edu.{cls.schema_name()}.v{cls.MAJOR}"

    @classmethod
    def dataschema(cls) -> str:
        """``urn:edu:schema:admissions.student-enrolled:1.0``: the schema that wrote the data."""
        return f"urn:edu:schema:{cls.schema_name()}:{cls.MAJOR}.{cls.MINOR}"

    @classmethod
    def read(cls, data: bytes | str) -> Self:
        """Validate the JSON text of ``data`` as a reader; raises ``pydantic.ValidationError``."""
        # What model_validate_json calls, less the look at options that are not given here.
        validator = cls.__pydantic_validator__
        event: Self = validator.validate_json(data, extra="ignore", context=READER)
        return event

    def data_json(self) -> str:
        """Give the canonical text of ``data``: compact, every field, in the declared order."""
        return self.model_dump_json(by_alias=True, exclude_none=False)

    def source_urn(self) -> str:
        """Give the CloudEvents source."""
        return f"urn:edu:{self.SOURCE}"

    def partition_key(self) -> str:
        """Give the Kafka key."""
        return str(getattr(self, self.KEY))

    def aggregate_id(self) -> str:
        """Give the CloudEvents subject."""
        return str(getattr(self, self.SUBJECT))
