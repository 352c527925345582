"""How words that people typed are made comparable."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_LONGEST_PERSON_NAME = 100


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


def person_name(words: str) -> str:
    """Return a person's name tidied.

    Raises:
        ValueError: it has no letter, or a digit, or is longer than any name.
    """
    name = tidy(words)
    if len(name) > _LONGEST_PERSON_NAME:
        raise ValueError(f"Họ tên dài quá {_LONGEST_PERSON_NAME} ký tự.")
    if not any(letter.isalpha() for letter in name) or any(letter.isdigit() for letter in name):
        raise ValueError("Họ tên phải có chữ và không có số.")
    return name


PersonName = Annotated[str, AfterValidator(person_name)]
"""The name of a person; it is stored and sent sealed only."""
