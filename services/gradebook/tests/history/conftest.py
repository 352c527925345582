"""A gradebook with the key that signs its history."""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edu.testing.facts import MASTER
from edu.testing.service import settings_of
from gradebook.history.chaining import Chaining
from gradebook.settings import GradebookSettings

KEY = b64encode(sha256(b"of a test").digest()).decode()


@pytest.fixture
def settings(database: Callable[[str], str]) -> GradebookSettings:
    url = database("gradebook")
    return settings_of(GradebookSettings, url, master_key=MASTER, history_key=KEY)


@pytest.fixture
def chaining(book: Any, settings: GradebookSettings) -> Chaining:
    """Return the background work, to be done turn by turn; each turn signs."""
    return Chaining(book.database, settings.signs_with, every_seconds=0)


@pytest.fixture
def public_key(settings: GradebookSettings) -> str:
    key = settings.signs_with
    assert key is not None
    return b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
