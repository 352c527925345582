"""How lists of pupils are sorted, and the reference by which money finds a pupil."""

import unicodedata
from uuid import UUID, uuid5

_LETTERS = {letter: at for at, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {mark: at for at, mark in enumerate("\u0300\u0309\u0303\u0301\u0323", start=1)}
"""Huyền, hỏi, ngã, sắc, nặng: the order of the dictionaries; no mark comes first."""

NameKey = tuple[tuple[tuple[tuple[int, str], ...], tuple[int, ...]], ...]


def name_key(name: str) -> NameKey:
    """Give the sort key of a full name: first the given name, which stands last, then the rest."""
    *others, given = name.casefold().split() or [""]
    return tuple(_word_key(word) for word in (given, *others))


def _word_key(word: str) -> tuple[tuple[tuple[int, str], ...], tuple[int, ...]]:
    decomposed = unicodedata.normalize("NFD", word)
    plain = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in _TONES))
    letters = tuple((_LETTERS.get(letter, len(_LETTERS)), letter) for letter in plain)
    return letters, tuple(_TONES[mark] for mark in decomposed if mark in _TONES)


PREFIX = "HP"
_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U, which eyes and telephones confuse."""
_NAMESPACE = UUID("5e1b0a4c-6a67-5b0e-9f5e-6d0a3c9b7d21")
_DIGITS = 12


def reference_of(pupil_id: str) -> str:
    """Give what a payer writes as the purpose (mã thanh toán): 15 characters that say no name.

    It follows from the pupil's id alone, so a printed QR code stays good; the last character
    checks the others.
    """
    bits = uuid5(_NAMESPACE, pupil_id).int
    digits = [bits >> 5 * at & 31 for at in range(_DIGITS)]
    return PREFIX + "".join(_SYMBOLS[digit] for digit in (*digits, _check_digit(digits)))


def is_reference(text: str) -> bool:
    """Tell whether somebody copied a reference without a slip."""
    body = text.removeprefix(PREFIX)
    if body == text or len(body) != _DIGITS + 1 or not set(body) <= set(_SYMBOLS):
        return False
    *digits, check = map(_SYMBOLS.index, body)
    return check == _check_digit(digits)


def _check_digit(digits: list[int]) -> int:
    """Give Luhn's digit to base 32: it finds every wrong symbol."""
    doubled = [
        sum(divmod(digit * (2 if at % 2 == 0 else 1), 32)) for at, digit in enumerate(digits[::-1])
    ]
    return -sum(doubled) % 32
