"""E-mail by SMTP, and above all: did the server take the letter, did it not, or does nobody know?

Until the last byte of the content has left, a letter is certainly not taken. From then on only the
server's answer tells; without it the outcome is unknown, and asking again would mean sending again.
"""

import asyncio
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import NamedTuple

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from notifications.messages.domain import AttemptOutcome, Result
from notifications.settings import NotificationsSettings

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_LEADING_DOT = re.compile(rb"(?m)^\.")
_START_INPUT, _CLOSING = 354, 421
_NO_SUCH_ADDRESS = frozenset({550, 551, 553})
_PERMANENT, _TRANSIENT = 500, 400


class Email(NamedTuple):
    """One letter as it goes to one address."""

    letter_id: str
    repeat: bool
    to: str
    name: str
    title: str
    text: str
    queued_at: datetime


class SmtpProvider:
    """Sends letters; keeps connections that are still good for the next ones."""

    def __init__(self, settings: NotificationsSettings, host: str) -> None:
        self._settings = settings
        self._host = host
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, email: Email) -> Result:
        """Make one attempt; this never raises, and when cancelled says what is known."""
        call = _Call(self._settings, email)
        try:
            async with asyncio.timeout(self._settings.send_seconds):
                client = self._idle.pop() if self._idle else None
                call.client = client if client is not None and client.is_connected else None
                if call.client is None:
                    call.client = self._client()
                    await call.client.connect()
                    if call.client.is_ehlo_or_helo_needed:
                        await call.client.ehlo()
                result = await call.converse()
        except SMTPResponseException as error:
            # Outside the conversation proper: greeting, EHLO, STARTTLS, AUTH.
            result = Result(call.unheard, _code(error.code, error.message), provider_down=True)
        except (SMTPException, OSError, TimeoutError, asyncio.CancelledError) as error:
            result = Result(call.unheard, type(error).__name__, provider_down=True)
        if call.client is not None:
            if call.reusable and call.client.is_connected:
                self._idle.append(call.client)
            else:
                call.client.close()
        return result

    def _client(self) -> aiosmtplib.SMTP:
        secret = self._settings.smtp_password
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._settings.smtp_port,
            local_hostname=_domain(self._settings),
            username=self._settings.smtp_username,
            password=secret.get_secret_value() if secret else None,
            use_tls=self._settings.smtp_security == "tls",
            start_tls=self._settings.smtp_security == "starttls",
            timeout=self._settings.send_seconds,
        )

    def close(self) -> None:
        """Let all connections go."""
        while self._idle:
            self._idle.pop().close()


class _Call:
    """One attempt over one connection."""

    def __init__(self, settings: NotificationsSettings, email: Email) -> None:
        self.client: aiosmtplib.SMTP | None = None
        self.reusable = False
        self._settings = settings
        self._email = email
        self._handed_over = False

    @property
    def unheard(self) -> AttemptOutcome:
        """What it means that no answer came."""
        return AttemptOutcome.UNKNOWN if self._handed_over else AttemptOutcome.RETRY

    async def converse(self) -> Result:
        client = self.client
        if client is None or client.protocol is None:
            return Result(AttemptOutcome.RETRY, "not connected", provider_down=True)
        sender = self._settings.mail_from
        answer = await client.execute_command(b"MAIL", b"FROM:<%b>" % sender.encode())
        if answer.code >= _TRANSIENT:
            # Whom we send as is no fault of the letter.
            return Result(AttemptOutcome.RETRY, _code(*answer), provider_down=True)
        answer = await client.execute_command(b"RCPT", b"TO:<%b>" % self._email.to.encode())
        if answer.code >= _TRANSIENT:
            await client.execute_command(b"RSET")
            self.reusable = True
            return _refusal(*answer, to_recipient=True)
        answer = await client.execute_command(b"DATA")
        if answer.code != _START_INPUT:
            return _refusal(*answer)
        content = _LEADING_DOT.sub(b"..", bytes(_message(self._settings, self._email)))
        self._handed_over = True
        client.protocol.write(content + b".\r\n")
        answer = await client.protocol.read_response()
        self.reusable = True
        if answer.code >= _TRANSIENT:
            return _refusal(*answer)
        return Result(AttemptOutcome.ACCEPTED, _code(*answer))


def message_id(letter_id: str, settings: NotificationsSettings) -> str:
    """Give the Message-ID of a letter: the same for each attempt, so that a second copy shows."""
    return f"<{letter_id}@{_domain(settings)}>"


def _domain(settings: NotificationsSettings) -> str:
    return settings.mail_from.rpartition("@")[2]


def _message(settings: NotificationsSettings, email: Email) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(settings.mail_from_name, addr_spec=settings.mail_from)
    message["To"] = Address(email.name, addr_spec=email.to)
    message["Subject"] = email.title
    message["Date"] = email.queued_at
    message["Message-ID"] = message_id(email.letter_id, settings)
    message["Auto-Submitted"] = "auto-generated"
    if email.repeat:
        message["X-Edu-Repeat"] = "the outcome of an earlier attempt is unknown"
    message.set_content(email.text, cte="quoted-printable")
    return message


def _refusal(code: int, words: str, *, to_recipient: bool = False) -> Result:
    if code < _PERMANENT:
        return Result(AttemptOutcome.RETRY, _code(code, words), provider_down=code == _CLOSING)
    enhanced = _ENHANCED.match(words)
    no_such = code in _NO_SUCH_ADDRESS and (enhanced is None or words.startswith("5.1."))
    return Result(
        AttemptOutcome.REFUSED, _code(code, words), address_refused=to_recipient and no_such
    )


def _code(code: int, words: str) -> str:
    """Keep the numbers of an answer; its words may repeat the address."""
    enhanced = _ENHANCED.match(words)
    return f"{code} {enhanced.group()}" if enhanced else str(code)
