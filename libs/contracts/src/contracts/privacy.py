"""The keys of persons' sealed data; a tombstone in place of a key erases the person."""

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from contracts import topics
from contracts.event import Event
from contracts.ids import PupilId, Sealed, Version


class SubjectKey(Event):
    """The key under which everything about one pupil is sealed, itself wrapped."""

    NAME: ClassVar[str] = "subject-key"
    TOPIC: ClassVar[topics.Topic] = topics.SUBJECT_KEYS
    KEY: ClassVar[str] = "pupil_id"
    SUBJECT: ClassVar[str] = "pupil_id"

    pupil_id: PupilId
    version: Version
    wrapped_key: Sealed
    """The pupil's key, encrypted under the master key ``key_id``."""
    key_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
