"""The other end of notifications in development: a mail server, and a subscriber's webhook.

What arrives lies in the home's folder ``letterbox``: each letter as a file that mail programs open,
each document that was called in. Nothing leaves the machine. `./edu up` starts it beside
notifications, unless the environment names a mail server.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook, WebhookVerificationError

from edu.home import Home, write_private

HOST = "127.0.0.1"
MAX_DOCUMENT = 1 << 20


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as the mail server took it."""

    to: str
    message_id: str
    repeat: bool
    """The sender says that it may have come before."""


@dataclass(frozen=True)
class Letterbox:
    """What arrived in a home."""

    folder: Path

    @classmethod
    def of(cls, home: Home) -> Letterbox:
        """Return the letterbox of a home."""
        return cls(home.folder / "letterbox")

    @property
    def letters_folder(self) -> Path:
        """The folder with a file for each letter."""
        return self.folder / "letters"

    @property
    def calls_folder(self) -> Path:
        """The folder with a file for each document; one that is called in again is the same."""
        return self.folder / "calls"

    @property
    def _secret_file(self) -> Path:
        return self.folder / "secret"

    def prepare(self) -> None:
        """Make the folders."""
        self.letters_folder.mkdir(parents=True, exist_ok=True)
        self.calls_folder.mkdir(exist_ok=True)

    def expect(self, secret: str) -> None:
        """Take, from now on, the calls that are signed with this secret."""
        write_private(self._secret_file, secret)

    def verify(self, body: bytes, headers: dict[str, str]) -> None:
        """Raise WebhookVerificationError unless a call is signed so, and now."""
        try:
            secret = self._secret_file.read_text("utf-8")
        except FileNotFoundError:
            raise WebhookVerificationError("nobody subscribed") from None
        Webhook(secret).verify(body, headers)

    def letters(self) -> Iterator[Letter]:
        """Read the letters."""
        for path in self.letters_folder.glob("*.eml"):
            mail = message_from_bytes(path.read_bytes(), policy=policy.compat32)
            yield Letter(mail["Delivered-To"], mail["Message-ID"], "X-Edu-Repeat" in mail)

    def documents(self) -> Iterator[dict[str, Any]]:
        """Read the documents."""
        for path in self.calls_folder.glob("*.json"):
            yield json.loads(path.read_bytes())

    def keep_letter(self, to: str, content: bytes) -> None:
        """Put a letter down, named so that they lie in the order in which they came."""
        path = self.letters_folder / f"{time.time_ns()}.eml"
        self._keep(path, f"Delivered-To: {to}\r\n".encode() + content)

    def keep_document(self, webhook_id: str, body: bytes) -> None:
        """Put a document down under the id of its event."""
        self._keep(self.calls_folder / f"{webhook_id}.json", body)

    def _keep(self, path: Path, content: bytes) -> None:
        fresh = path.with_suffix(".part")
        fresh.write_bytes(content)
        fresh.replace(path)


class MailServer:
    """Takes every letter."""

    def __init__(self, letterbox: Letterbox) -> None:
        """Put them in this letterbox."""
        self._letterbox = letterbox

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd looks for
        self, _server: SMTP, _session: Session, mail: Envelope
    ) -> str:
        """Put a letter down before it is acknowledged."""
        content = mail.content if isinstance(mail.content, bytes) else b""
        for to in mail.rcpt_tos:
            self._letterbox.keep_letter(to, content)
        return "250 2.0.0 taken"


class Subscriber(BaseHTTPRequestHandler):
    """Takes the documents that are signed as Standard Webhooks says."""

    protocol_version = "HTTP/1.1"
    letterbox: Letterbox

    def do_POST(self) -> None:
        """Verify, put down, and only then acknowledge."""
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(min(length, MAX_DOCUMENT))
        try:
            self.letterbox.verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            self.log_error("%s", error)
            self._answer(HTTPStatus.UNAUTHORIZED)
            return
        self.letterbox.keep_document(Path(self.headers["webhook-id"]).name, body)
        self._answer(HTTPStatus.NO_CONTENT)

    def do_GET(self) -> None:
        """Say that both doors are open: the mail server's was first."""
        self._answer(HTTPStatus.OK)

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of what was taken."""


def subscriber(letterbox: Letterbox) -> type[Subscriber]:
    """Return the subscriber of a letterbox: the server makes one for each connection."""
    return type("SubscriberHere", (Subscriber,), {"letterbox": letterbox})


def main(arguments: list[str] | None = None) -> int:
    """Take letters and calls until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m edu.letterbox", description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args(arguments)
    letterbox = Letterbox.of(Home.at(chosen.home))
    letterbox.prepare()
    mail = Controller(MailServer(letterbox), hostname=HOST, port=chosen.smtp_port)
    mail.start()
    with ThreadingHTTPServer((HOST, chosen.port), subscriber(letterbox)) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
