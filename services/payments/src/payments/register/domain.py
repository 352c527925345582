"""The reference by which money finds a pupil."""

from uuid import UUID, uuid5

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
