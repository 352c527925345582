"""Names travel sealed: AES-256-GCM under a key per pupil, itself wrapped under a master key.

Whoever has the master key and the pupil's wrapped key can read; when the wrapped key is erased,
every copy of the sealed bytes, in the log, in backups and in other services, is noise.

Layout of both kinds of box: version (1 byte) ‖ nonce (12) ‖ ciphertext with tag. The pupil's id is
associated data, so a box put beside another pupil does not open.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, ValidationError

_VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32
_PERSON, _TEXT, _SUBJECT_KEY = b"person:", b"text:", b"subject-key:"


class SealError(Exception):
    """The box does not open: a wrong key, another pupil's box, or damage."""


class SealedPerson(BaseModel):
    """What `student-enrolled` carries sealed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    birth_date: date


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A pupil's key as it travels: base64 of the box, and which master key opens it."""

    wrapped_key: str
    key_id: str


class MasterKeys:
    """The master key that wraps, and older ones that may still unwrap while keys are renewed."""

    def __init__(self, current: str, older: Iterable[str] = ()) -> None:
        """Take base64 of 32 bytes each; the id of a key is derived from it.

        Raises:
            ValueError: a key is not base64 of 32 bytes.
        """
        self._keys: Mapping[str, bytes] = {
            _id_of(key): key for key in map(_decode_master, (current, *older))
        }
        self.current_id = next(iter(self._keys))

    def wrap(self, key: bytes, pupil_id: str) -> WrappedKey:
        """Wrap a pupil's key under the current master key."""
        box = _encrypt(self._keys[self.current_id], key, _SUBJECT_KEY + pupil_id.encode())
        return WrappedKey(box, self.current_id)

    def unwrap(self, wrapped: WrappedKey, pupil_id: str) -> bytes:
        """Return the pupil's key.

        Raises:
            SealError: no master key of that id, another pupil's key, or damage.
        """
        master = self._keys.get(wrapped.key_id)
        if master is None:
            raise SealError(f"no master key {wrapped.key_id} in the settings")
        return _decrypt(master, wrapped.wrapped_key, _SUBJECT_KEY + pupil_id.encode())

    def rewrap(self, wrapped: WrappedKey, pupil_id: str) -> WrappedKey:
        """Wrap the same key under the current master key; the sealed bytes stay as they are."""
        return self.wrap(self.unwrap(wrapped, pupil_id), pupil_id)

    def open_if_complete(
        self, sealed: str | None, wrapped: WrappedKey | None, pupil_id: str
    ) -> SealedPerson | None:
        """Open as soon as record and key have both come, in whichever order; until then None."""
        if sealed is None or wrapped is None:
            return None
        return unseal(sealed, self.unwrap(wrapped, pupil_id), pupil_id)


def new_key() -> bytes:
    """Draw the key of one pupil."""
    return AESGCM.generate_key(bit_length=8 * _KEY_BYTES)


def seal(person: SealedPerson, key: bytes, pupil_id: str) -> str:
    """Seal a person under the pupil's key; base64."""
    return _encrypt(key, person.model_dump_json().encode(), _PERSON + pupil_id.encode())


def unseal(sealed: str, key: bytes, pupil_id: str) -> SealedPerson:
    """Open what `seal` made for this pupil.

    Raises:
        SealError: a wrong key, another pupil's box, or damage.
    """
    text = _decrypt(key, sealed, _PERSON + pupil_id.encode())
    try:
        return SealedPerson.model_validate_json(text)
    except ValidationError:
        raise SealError("the box holds no person") from None


def seal_text(text: str, key: bytes, owner_id: str) -> str:
    """Seal any other text of a person, such as contacts, under that person's key; base64."""
    return _encrypt(key, text.encode(), _TEXT + owner_id.encode())


def unseal_text(box: str, key: bytes, owner_id: str) -> str:
    """Open what `seal_text` made for this person.

    Raises:
        SealError: a wrong key, another person's box, or damage.
    """
    return _decrypt(key, box, _TEXT + owner_id.encode()).decode()


def _encrypt(key: bytes, text: bytes, associated: bytes) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    box = _VERSION + nonce + AESGCM(key).encrypt(nonce, text, associated)
    return base64.b64encode(box).decode()


def _decrypt(key: bytes, box: str, associated: bytes) -> bytes:
    try:
        content = base64.b64decode(box, validate=True)
        nonce, ciphertext = content[1 : 1 + _NONCE_BYTES], content[1 + _NONCE_BYTES :]
        if content[:1] != _VERSION:
            raise SealError("unknown version of the box")
        return AESGCM(key).decrypt(nonce, ciphertext, associated)
    except (InvalidTag, binascii.Error, ValueError):
        raise SealError("the box does not open with this key for this pupil") from None


def _decode_master(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("a master key must be base64") from None
    if len(key) != _KEY_BYTES:
        raise ValueError(f"a master key must be {_KEY_BYTES} bytes long")
    return key


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"edu master key" + key).hexdigest()[:12]
