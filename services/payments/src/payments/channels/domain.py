"""VietQR: what a banking app reads from the code (NAPAS247, EMVCo merchant-presented mode).

Each field is a two-digit tag, a two-digit length and the value; ASCII only, so that a character
is a byte. The last field is a checksum of all the others.
"""

import re

TRANSFER_LIMIT = 499_999_999
"""One NAPAS247 transfer stays below 500 million đồng."""

_NAPAS = "A000000727"
_TO_ACCOUNT = "QRIBFTTA"
_DONG = "704"
_ONE_PAYMENT, _REUSABLE = "12", "11"
_BANK = re.compile(r"[0-9]{6}")
_ACCOUNT = re.compile(r"[0-9A-Z]{1,19}")
_PURPOSE = re.compile(r"[0-9A-Za-z .-]{1,25}")


def vietqr(
    bank_bin: str,
    account: str,
    *,
    amount: int | None = None,
    bill: str | None = None,
    purpose: str | None = None,
) -> str:
    """Write the code's text; without an amount the payer chooses one, and it may be used again.

    Raises:
        ValueError: a field that the standard does not admit.
    """
    if not _BANK.fullmatch(bank_bin) or not _ACCOUNT.fullmatch(account):
        raise ValueError("no bank account of NAPAS")
    if amount is not None and not 1 <= amount <= TRANSFER_LIMIT:
        raise ValueError("no amount that one transfer can carry")
    if any(text is not None and not _PURPOSE.fullmatch(text) for text in (bill, purpose)):
        raise ValueError("no purpose of at most 25 plain characters")
    beneficiary = _field("00", bank_bin) + _field("01", account)
    additional = _optional("01", bill) + _optional("08", purpose)
    text = "".join(
        (
            _field("00", "01"),
            _field("01", _REUSABLE if amount is None else _ONE_PAYMENT),
            _field(
                "38",
                _field("00", _NAPAS) + _field("01", beneficiary) + _field("02", _TO_ACCOUNT),
            ),
            _field("53", _DONG),
            _optional("54", None if amount is None else str(amount)),
            _field("58", "VN"),
            _optional("62", additional or None),
            "6304",
        )
    )
    return f"{text}{checksum(text):04X}"


def asked(owed: int) -> int | None:
    """Give what a code asks for: nothing where nothing is owed, or more than a transfer holds."""
    return owed if 1 <= owed <= TRANSFER_LIMIT else None


def checksum(text: str) -> int:
    """Give CRC-16/CCITT-FALSE: polynomial 0x1021, begun with 0xFFFF, nothing reflected."""
    value = 0xFFFF
    for byte in text.encode("ascii"):
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def _field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02}{value}"


def _optional(tag: str, value: str | None) -> str:
    return "" if value is None else _field(tag, value)
