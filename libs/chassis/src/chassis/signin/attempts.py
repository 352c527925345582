"""An attempt to sign in: begun here, ended by the provider's answer, kept sealed in the browser.

Only the browser that began can end it, within ten minutes; and nothing has to be stored for the
many that are never ended.
"""

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from chassis import clock

LIFETIME = timedelta(minutes=10)

_HEADER = {"alg": "dir", "enc": "A256GCM"}
_REGISTRY = JWERegistry(algorithms=list(_HEADER.values()))
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Attempt:
    """What must come back, and what only we may know until then."""

    state: str
    """Comes back in the address: this browser began."""
    nonce: str
    """Comes back in the id token: it was made for this attempt."""
    verifier: str
    """PKCE: shown to the provider together with the code, which is of no use without it."""
    next: str
    """Where the person wanted to go."""

    @classmethod
    def begin(cls, next_path: str) -> "Attempt":
        """Draw all that must not be guessed."""
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        return cls(state, nonce, verifier, next_path)


class Attempts:
    """Seals attempts, so that browsers can keep them without reading or changing them."""

    def __init__(self, key: bytes) -> None:
        self._key = OctKey.import_key(hmac.digest(key, b"attempt to sign in", hashlib.sha256))

    def seal(self, attempt: Attempt) -> str:
        """Return what the browser keeps: JWE, compact, encrypted and authenticated."""
        claims = asdict(attempt) | {"exp": int((clock.now() + LIFETIME).timestamp())}
        return jwt.encode(dict(_HEADER), claims, self._key, registry=_REGISTRY)

    def open(self, sealed: str | None) -> Attempt | None:
        """Return the attempt; None if it is over, or was not sealed here."""
        if sealed is None or len(sealed) > _LONGEST:
            return None
        try:
            claims = jwt.decode(sealed, self._key, registry=_REGISTRY).claims
            JWTClaimsRegistry(
                now=lambda: int(clock.now().timestamp()), exp={"essential": True}
            ).validate(claims)
        except (JoseError, ValueError):
            return None
        return Attempt(**{name: claims[name] for name in Attempt.__slots__})
