"""The public keys of the token issuer, by key id: read from a URL or file, kept, read again.

An unknown key id causes one new read, at most one in `_BETWEEN_READS` seconds, so that invented ids
cannot make this service hammer the issuer. Keys that the issuer withdrew are gone after `_MAX_AGE`.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from chassis.errors import Unavailable
from chassis.health import Part

_BETWEEN_READS = 10.0
_AFTER_FAILURE = 1.0
_MAX_AGE = 600.0
_FETCH_SECONDS = 5.0
_LARGEST = 256 * 1024
_SMALLEST_RSA_BITS = 2048
_log = structlog.get_logger("chassis.auth")


@dataclass(frozen=True, eq=False, slots=True)
class SigningKey:
    """A key of the issuer, and the only algorithm of signatures that it verifies."""

    jwk: RSAKey | ECKey
    algorithm: str


class KeySource:
    """The issuer's key set at `location`, an http(s) URL or the path of a file."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._keys: Mapping[str, SigningKey] | None = None
        self._next_read = 0.0
        self._read_at = 0.0
        self._reading = asyncio.Lock()

    async def get(self, key_id: str) -> SigningKey | None:
        """Return the key of that id, or None when the issuer has none.

        Raises:
            Unavailable: the issuer's keys could never be read.
        """
        if self._keys is None or key_id not in self._keys or self._outdated():
            await self._read_if_due()
        if self._keys is None:
            raise Unavailable(
                "issuer-keys-unavailable", "Chưa đọc được khóa của hệ thống đăng nhập."
            )
        return self._keys.get(key_id)

    async def look(self, part: Part) -> None:
        """Report whether tokens can be verified: a probe of `/readyz`."""
        if self._keys is None or self._outdated():
            await self._read_if_due()
        if self._keys is None:
            part.failing(f"{self._location} cannot be read", mend="correct …_TOKEN_JWKS")
        else:
            part.ok(f"{len(self._keys)} keys" + (", not renewed" if self._outdated() else ""))

    def _outdated(self) -> bool:
        return time.monotonic() > self._read_at + _MAX_AGE

    async def _read_if_due(self) -> None:
        async with self._reading:
            if time.monotonic() >= self._next_read:
                await self._read()

    async def _read(self) -> None:
        try:
            document = await asyncio.to_thread(_load, self._location)
            self._keys = parse(document)
        except (OSError, ValueError) as error:
            # Keys that were read earlier stay good: an issuer that is away logs nobody out.
            self._next_read = time.monotonic() + _AFTER_FAILURE
            _log.warning("issuer keys unreadable", reason=type(error).__name__)
        else:
            self._read_at = time.monotonic()
            self._next_read = self._read_at + _BETWEEN_READS


def _load(location: str) -> bytes:
    if urlsplit(location).scheme in {"http", "https"}:
        with urlopen(location, timeout=_FETCH_SECONDS) as response:  # noqa: S310 (scheme checked)
            return bytes(response.read(_LARGEST))
    return Path(location).read_bytes()


def parse(document: bytes) -> Mapping[str, SigningKey]:
    """Return the keys of a JWK set that may verify a signature; pass over all others.

    Raises:
        ValueError: the document is no JWK set.
    """
    content = json.loads(document)
    entries = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWK set")  # noqa: TRY004 (a bad document, not a bad argument)
    keys = {}
    for entry in entries:
        if (key := _import(entry)) is not None and isinstance(entry["kid"], str):
            keys[entry["kid"]] = key
    return keys


def _import(entry: Any) -> SigningKey | None:
    if not isinstance(entry, dict) or "kid" not in entry or entry.get("use", "sig") != "sig":
        return None
    public = {name: value for name, value in entry.items() if name in _PUBLIC_MEMBERS}
    try:
        if entry.get("kty") == "RSA":
            key = RSAKey.import_key(public)
            large = key.raw_value.key_size >= _SMALLEST_RSA_BITS
            return SigningKey(key, "RS256") if large else None
        if entry.get("kty") == "EC" and entry.get("crv") == "P-256":
            return SigningKey(ECKey.import_key(public), "ES256")
    except (JoseError, ValueError, TypeError):
        _log.warning("issuer key unusable", key_id=str(entry["kid"]))
    return None


_PUBLIC_MEMBERS = frozenset({"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"})
