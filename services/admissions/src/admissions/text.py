"""How words that people typed are made comparable."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def tidy(words: str) -> str:
    """Return the words in NFC, with single spaces and without characters that do not show."""
    shown = "".join(
        character
        for character in unicodedata.normalize("NFC", words)
        if character.isspace() or character.isprintable()
    )
    return " ".join(shown.split())


def plain(words: str) -> str:
    """Return the words in lower case without tone marks: two spellings of one word become one."""
    parts = unicodedata.normalize("NFD", words.casefold().replace("đ", "d"))
    letters = "".join(part if part.isalnum() else " " for part in parts if not _is_mark(part))
    return " ".join(letters.split())


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Cf"}


TidyName = Annotated[str, AfterValidator(tidy), StringConstraints(min_length=1, max_length=200)]
"""A name as contracts take it, tidied."""

Note = Annotated[str, AfterValidator(tidy), StringConstraints(max_length=500)]
"""A reason in words; it never leaves admissions."""
