"""How to reach a guardian: checked when it is written down, sealed where it is kept."""

from typing import Annotated, NamedTuple

import phonenumbers
import structlog
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from chassis.http import Words
from chassis.sealing import MasterKeys, SealError, WrappedKey, new_key, seal_text, unseal_text

REGION = "VN"

_log = structlog.get_logger("notifications.guardians")


def _email(text: str) -> str:
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValueError("Địa chỉ thư điện tử không đúng.") from None
    return found.ascii_email or found.normalized


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise ValueError("Số điện thoại không đúng.") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError("Số điện thoại không đúng.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


PersonName = Annotated[Words, StringConstraints(min_length=1, max_length=100)]

Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]
"""An address as mail servers take it: ASCII, domain in lower case."""

Phone = Annotated[str, StringConstraints(max_length=40), AfterValidator(_phone)]
"""A Vietnamese or international number, kept in E.164."""


class Contacts(BaseModel):
    """Who a guardian is and how to reach them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    email: str | None = None
    phone: str | None = None


class Box(NamedTuple):
    """What the database holds of a guardian's contacts."""

    sealed: str
    key: WrappedKey


class ContactBook:
    """Seals and opens contacts, each under the key of its guardian."""

    def __init__(self, keys: MasterKeys) -> None:
        self._keys = keys

    def close(self, guardian_id: str, contacts: Contacts, key: WrappedKey | None = None) -> Box:
        """Seal contacts, under the guardian's key if there is one, else under a new one."""
        wrapped = key or self._keys.wrap(new_key(), guardian_id)
        opened = self._keys.unwrap(wrapped, guardian_id)
        return Box(seal_text(contacts.model_dump_json(), opened, guardian_id), wrapped)

    def open(self, guardian_id: str, box: Box | None) -> Contacts | None:
        """Give the contacts, or none where they were erased or do not open; this never fails."""
        if box is None:
            return None
        try:
            key = self._keys.unwrap(box.key, guardian_id)
            return Contacts.model_validate_json(unseal_text(box.sealed, key, guardian_id))
        except SealError as error:
            _log.warning("contacts do not open", guardian=guardian_id, reason=str(error))
            return None

    def seal_note(self, guardian_id: str, note: str, key: WrappedKey) -> str:
        """Seal any other text about a guardian under their key."""
        return seal_text(note, self._keys.unwrap(key, guardian_id), guardian_id)

    def open_note(self, guardian_id: str, note: str, key: WrappedKey | None) -> str | None:
        """Open such a text; none once the guardian was erased."""
        if key is None:
            return None
        try:
            return unseal_text(note, self._keys.unwrap(key, guardian_id), guardian_id)
        except SealError as error:
            _log.warning("a note does not open", guardian=guardian_id, reason=str(error))
            return None
