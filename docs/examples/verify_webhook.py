"""Verify a webhook of Standard Webhooks, over the raw body, before it is parsed."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

TOLERANCE_SECONDS = 300


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether the body is what the holder of the secret (``whsec_…``) signed just now."""
    given = {name.lower(): value for name, value in headers.items()}
    moment = given.get("webhook-timestamp", "")
    if not (moment.isascii() and moment.isdigit()):
        return False
    if abs(time.time() - int(moment)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{given.get('webhook-id', '')}.{moment}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # While a secret is being replaced both sign: any of the signatures may be the one we know.
    signatures = given.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(expected, one) for one in signatures)
