"""The letterbox: what arrives is put down before it is acknowledged, and only what is signed."""

import json
import smtplib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook

from edu.embedded.process import free_ports
from edu.letterbox import HOST, Letter, Letterbox, MailServer, subscriber

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def letterbox(tmp_path: Path) -> Letterbox:
    box = Letterbox(tmp_path / "letterbox")
    box.prepare()
    return box


@pytest.fixture
def mail_port(letterbox: Letterbox) -> Iterator[int]:
    (port,) = free_ports(1)
    controller = Controller(MailServer(letterbox), hostname=HOST, port=port)
    controller.start()
    yield port
    controller.stop()


@pytest.fixture
def url(letterbox: Letterbox) -> Iterator[str]:
    with ThreadingHTTPServer((HOST, 0), subscriber(letterbox)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{HOST}:{server.server_port}/"
        server.shutdown()
        thread.join()


def call(url: str, body: str, secret: str = SECRET) -> int:
    moment = datetime.now(UTC)
    headers = {
        "webhook-id": "01a2-event",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("01a2-event", moment, body),
    }
    return httpx.post(url, content=body, headers=headers).status_code


def test_letters_lie_there_in_the_order_in_which_they_came(
    letterbox: Letterbox, mail_port: int
) -> None:
    with smtplib.SMTP(HOST, mail_port) as server:
        for number in (1, 2):
            letter = EmailMessage()
            letter["Message-ID"] = f"<{number}@example.vn>"
            if number == 2:
                letter["X-Edu-Repeat"] = "1"
            letter.set_content("Kính gửi phụ huynh")
            server.send_message(letter, "from@example.vn", [f"{number}@phuhuynh.example"])
    assert sorted(letterbox.letters(), key=lambda one: one.to) == [
        Letter("1@phuhuynh.example", "<1@example.vn>", repeat=False),
        Letter("2@phuhuynh.example", "<2@example.vn>", repeat=True),
    ]
    assert len([*letterbox.letters_folder.glob("*.eml")]) == 2


def test_a_call_is_taken_if_it_is_signed_and_twice_is_once(letterbox: Letterbox, url: str) -> None:
    body = json.dumps({"type": "edu.payments.fee-paid.v1", "data": {"name": "Mực tím"}})
    assert call(url, body) == HTTPStatus.UNAUTHORIZED
    letterbox.expect(SECRET)
    assert call(url, body, "whsec_" + "A" * 32) == HTTPStatus.UNAUTHORIZED
    assert [*letterbox.documents()] == []
    assert [call(url, body), call(url, body)] == [HTTPStatus.NO_CONTENT] * 2
    assert [*letterbox.documents()] == [json.loads(body)]


def test_both_doors_are_open_when_it_answers(url: str) -> None:
    assert httpx.get(url).status_code == HTTPStatus.OK
