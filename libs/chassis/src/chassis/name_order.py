"""How lists of pupils are sorted: as a Vietnamese class list is."""

import unicodedata
from functools import lru_cache

_LETTERS = {letter: at for at, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {mark: at for at, mark in enumerate("\u0300\u0309\u0303\u0301\u0323", start=1)}
"""Huyền, hỏi, ngã, sắc, nặng: the order of the dictionaries; no mark comes first."""

NameKey = tuple[tuple[tuple[tuple[int, str], ...], tuple[int, ...]], ...]


def name_key(name: str) -> NameKey:
    """Give the sort key of a full name: first the given name, which stands last, then the rest."""
    *others, given = unicodedata.normalize("NFC", name.casefold()).split() or [""]
    return tuple(_word_key(word) for word in (given, *others))


def _word_key(word: str) -> tuple[tuple[tuple[int, str], ...], tuple[int, ...]]:
    parts = [_part(character) for character in word]
    return (
        tuple([letter for letters, _ in parts for letter in letters]),
        tuple([tone for _, tones in parts for tone in tones]),
    )


@lru_cache(maxsize=4096)
def _part(character: str) -> tuple[tuple[tuple[int, str], ...], tuple[int, ...]]:
    """Part a character into letters without tones, and tones; there are some hundred of them."""
    decomposed = unicodedata.normalize("NFD", character)
    plain = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in _TONES))
    letters = tuple((_LETTERS.get(letter, len(_LETTERS)), letter) for letter in plain)
    return letters, tuple(_TONES[mark] for mark in decomposed if mark in _TONES)
