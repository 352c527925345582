"""A mail server on this machine, which does what a test wants."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from edu.embedded.process import free_ports


@dataclass
class Received:
    """One letter that the sink took."""

    to: str
    content: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        return dict(message_from_bytes(self.content, policy=policy.default).items())

    @property
    def body(self) -> str:
        return str(message_from_bytes(self.content, policy=policy.default).get_content())


@dataclass
class Sink:
    """A mail server on this machine that takes everything, unless it is told otherwise."""

    taken: list[Received] = field(default_factory=list)
    at_mail: Callable[[], str | None] = lambda: None
    at_recipient: Callable[[str], str | None] = lambda _: None
    at_data: Callable[[], str] = lambda: "250 2.0.0 queued as ABC123"
    port: int = 0

    async def handle_MAIL(  # noqa: N802 - the name that aiosmtpd looks for
        self, _s: SMTP, _e: SmtpSession, mail: SmtpEnvelope, address: str, _o: list[str]
    ) -> str:
        if (refusal := self.at_mail()) is not None:
            return refusal
        mail.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _s: SMTP, _e: SmtpSession, mail: SmtpEnvelope, address: str, _o: list[str]
    ) -> str:
        if (refusal := self.at_recipient(address)) is not None:
            return refusal
        mail.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _s: SMTP, _e: SmtpSession, mail: SmtpEnvelope
    ) -> str:
        answer = self.at_data()
        if answer.startswith("250"):
            content = mail.content if isinstance(mail.content, bytes) else b""
            self.taken += [Received(to, content) for to in mail.rcpt_tos]
        return answer


@pytest.fixture
def sink() -> Iterator[Sink]:
    handler = Sink(port=free_ports(1)[0])
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()
