"""What VNPAY signs, and how: version 2.1.0, HMAC-SHA512.

Signed are all non-empty ``vnp_`` parameters but the signature itself, sorted by name, as
``name=form-encoded value`` joined with ``&``. Implementations differ in how they encode ``~*()'!``,
so a query is verified as the very pairs that came, and only then as we would have written it.
"""

import hmac
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote_plus, unquote_plus

SIGNATURE = "vnp_SecureHash"
_UNSIGNED = frozenset({SIGNATURE, "vnp_SecureHashType"})
_PREFIX = "vnp_"
_LONGEST = 4096


class Query(NamedTuple):
    """The parameters of a report: as they were encoded, and decoded."""

    raw: Mapping[str, str]
    values: Mapping[str, str]


def read(query: str) -> Query | None:
    """Read a query string; None when no honest sender would have written it.

    A parameter that stands twice could be verified in one reading and used in the other.
    """
    if len(query) > _LONGEST:
        return None
    raw: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        name = unquote_plus(name)
        if not name.startswith(_PREFIX):
            continue
        if name in raw:
            return None
        raw[name] = value
    try:
        values = {name: unquote_plus(value, errors="strict") for name, value in raw.items()}
    except UnicodeDecodeError:
        return None
    return Query(raw, values)


def is_signed(query: Query, secret: bytes) -> bool:
    """Tell whether the holder of the secret wrote the query; in constant time for a signature."""
    given = query.values.get(SIGNATURE, "").lower().encode()
    as_sent = _signature(_joined(query.raw.items()), secret)
    as_ours = signature(query.values, secret)
    same_as_sent = hmac.compare_digest(given, as_sent.encode())
    same_as_ours = hmac.compare_digest(given, as_ours.encode())
    return same_as_sent or same_as_ours


def signature(values: Mapping[str, str], secret: bytes) -> str:
    """Sign parameters as VNPAY does."""
    return _signature(canonical(values), secret)


def canonical(values: Mapping[str, str]) -> str:
    """Write parameters as they are signed."""
    return _joined((name, quote_plus(value)) for name, value in values.items())


def signed_query(values: Mapping[str, str], secret: bytes) -> str:
    """Write a query with its signature."""
    return f"{canonical(values)}&{SIGNATURE}={signature(values, secret)}"


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(
        f"{name}={value}" for name, value in sorted(pairs) if value and name not in _UNSIGNED
    )


def _signature(text: str, secret: bytes) -> str:
    return hmac.digest(secret, text.encode(), "sha512").hex()
