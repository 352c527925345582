"""The development issuer: makes the tokens that an identity provider makes in production.

Its tokens take the same path as any other; only the private key lies in a file here. It does not
work in production, and production does not accept its keys (`DEVELOPMENT_KEY_PREFIX`).
"""

import json
import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from chassis.auth.principal import Role
from chassis.auth.tokens import DEVELOPMENT_KEY_PREFIX
from chassis.clock import new_id, now

PRODUCTION = "production"
_PRIVATE, _PUBLIC = "issuer-key.json", "jwks.json"


class DevelopmentIssuerRefusedError(Exception):
    """Somebody asked for development tokens in production."""


def open_key(folder: Path, *, environment: str) -> ECKey:
    """Return the key kept in `folder`, made at the first call; beside it lies `jwks.json`.

    Raises:
        DevelopmentIssuerRefusedError: the environment is production.
    """
    if environment == PRODUCTION:
        raise DevelopmentIssuerRefusedError("The development issuer does not run in production.")
    private = folder / _PRIVATE
    if private.exists():
        key = ECKey.import_key(json.loads(private.read_text()))
    else:
        key = generate_key()
        folder.mkdir(parents=True, exist_ok=True)
        _write(private, key.as_dict(private=True))
    # Public, and read by services that may run as other users.
    _write(jwks_path(folder), jwks(key), mode=0o444)
    return key


def jwks_path(folder: Path) -> Path:
    """Return where the public keys lie: the value of `<SERVICE>_TOKEN_JWKS`."""
    return folder / _PUBLIC


def generate_key() -> ECKey:
    """Make a new ES256 key whose id says what it is."""
    return ECKey.generate_key("P-256", {"kid": DEVELOPMENT_KEY_PREFIX + new_id(), "use": "sig"})


def jwks(key: ECKey) -> dict[str, object]:
    """Return the JWK set with the public half of `key`."""
    return {"keys": [key.as_dict(private=False)]}


def mint(
    key: ECKey,
    *,
    issuer: str,
    audience: str,
    subject: str,
    roles: Iterable[Role],
    school: str | None = None,
    unit: str | None = None,
    lifetime: timedelta = timedelta(hours=12),
) -> str:
    """Make a token as an identity provider would."""
    issued = now()
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": int(issued.timestamp()),
        "exp": int((issued + lifetime).timestamp()),
        "jti": new_id(),
        "roles": sorted(roles),
    }
    claims |= {
        name: value for name, value in (("school", school), ("unit", unit)) if value is not None
    }
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, algorithms=["ES256"])


def _write(path: Path, content: object, *, mode: int = 0o600) -> None:
    """Replace `path` in one step, readable by its owner only unless `mode` says otherwise.

    What says so already is left alone: a container that has the file mounted keeps seeing it.
    """
    text = json.dumps(content)
    if path.exists() and path.read_text() == text:
        return
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    part.chmod(mode)
    part.replace(path)
