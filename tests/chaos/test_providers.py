"""A mail server and a subscriber that fail, hang, or take something and say nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from edu import bootstrap
from edu.letterbox import HOST, Letterbox, MailServer

from .checker import Checker
from .faults import pause
from .guardians import all_sent, enlist, mail_arrives
from .scenario import Scenario
from .stage import API, NOTIFICATIONS, RELAY, Stage, until
from .traffic import flowing

MOST_FAILURES = 10
SECONDS = 2
"""How long a provider may take here."""
HANGS = 30.0
SUBSCRIBED = "edu.gradebook.score-entered.v1"


@dataclass
class Weather:
    """What both providers do with whoever comes, and how often they did it."""

    mode: str = "takes"
    """``takes``, ``fails``, ``drops`` what it has taken without an answer, or ``hangs``."""
    letters: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    """How often each document was taken, by its event's id."""
    unanswered: Counter[str] = field(default_factory=Counter)
    """How often it was taken and not answered."""
    end: threading.Event = field(default_factory=threading.Event)

    def met(self, mode: str) -> bool:
        """Tell whether both providers were called in it."""
        return bool(self.letters[mode] and self.calls[mode])


class Mail(MailServer):
    """A mail server in this weather."""

    def __init__(self, letterbox: Letterbox, weather: Weather) -> None:
        super().__init__(letterbox)
        self._weather = weather

    async def handle_MAIL(  # noqa: N802 - the name that aiosmtpd looks for
        self, _server: SMTP, _session: Session, mail: Envelope, address: str, _options: list[str]
    ) -> str:
        self._weather.letters[self._weather.mode] += 1
        if self._weather.mode == "fails":
            return "451 4.3.0 not now"
        mail.mail_from = address
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, mail: Envelope
    ) -> str:
        mode = self._weather.mode
        if mode == "hangs":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(self._weather.end.wait), HANGS)
            return "451 4.3.0 too late"
        answer = await super().handle_DATA(server, session, mail)
        if mode == "drops" and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return answer


class Subscriber(BaseHTTPRequestHandler):
    """A subscriber in this weather."""

    protocol_version = "HTTP/1.1"
    weather: Weather

    def do_POST(self) -> None:
        """Take a document, or do what the weather says."""
        weather = self.weather
        mode, event_id = weather.mode, self.headers["webhook-id"]
        weather.calls[mode] += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        if mode == "hangs":
            weather.end.wait(HANGS)
        if mode in {"takes", "drops"}:
            weather.taken[event_id] += 1
        if mode in {"hangs", "drops"}:
            weather.unanswered[event_id] += mode == "drops"
            self.close_connection = True
            return
        fails = mode == "fails"
        self.send_response(HTTPStatus.INTERNAL_SERVER_ERROR if fails else HTTPStatus.NO_CONTENT)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def listening(weather: Weather) -> Iterator[str]:
    """Give the address of a subscriber."""
    kind = type("SubscriberHere", (Subscriber,), {"weather": weather})
    with ThreadingHTTPServer((HOST, 0), kind) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}/"
        finally:
            weather.end.set()
            server.shutdown()
            thread.join()


PENDING = "SELECT count(*) FROM webhook_delivery WHERE state IN ('pending', 'sending')"


def nothing_waits(stage: Stage) -> bool:
    """Let everything be due now, and tell whether all of it has gone.

    The pauses of a schedule are hours; nobody waits for them here.
    """
    stage.rows("notifications", "UPDATE letter SET not_before = now() WHERE state = 'queued'")
    stage.rows("notifications", "UPDATE webhook_delivery SET due = now() WHERE state = 'pending'")
    [waiting] = stage.rows("notifications", PENDING)
    return int(waiting[0]) == 0


def test_f23_providers_fail_hang_and_vanish(stage: Stage, scenario: Scenario) -> None:
    weather = Weather()
    mail = Mail(Letterbox.of(stage.home), weather)
    more = {
        "SEND_SECONDS": str(SECONDS),
        "WEBHOOK_SECONDS": str(SECONDS),
        "ALLOW_LOOPBACK_WEBHOOKS": "true",
    }
    with listening(weather) as url, mail_arrives(stage, mail, **more) as settings:
        stage.play(API, RELAY, NOTIFICATIONS, settings=settings)
        enlist(stage)
        caller = bootstrap.Caller(stage.url(NOTIFICATIONS), stage.token("service"))
        endpoint = {"url": url, "types": [SUBSCRIBED], "description": f"seed {scenario.seed}"}
        caller.send("POST", "/v1/webhooks", endpoint)
        Checker(stage).rest()
        weather.mode = "fails"
        with flowing(stage, scenario.lots, rate=15):
            pause(5)
        Checker(stage).rest()
        pause(1)
        failures = (weather.letters["fails"], weather.calls["fails"])
        weather.mode = "takes"
        resumed = until(lambda: nothing_waits(stage), "all documents have gone", within=60)
        all_sent(stage)
        for mode, rate in (("drops", 10), ("hangs", 2)):
            weather.mode = mode
            with flowing(stage, scenario.lots, rate=rate):
                pause(2)
            Checker(stage).rest()
            until(partial(weather.met, mode), f"both were called while it {mode}")
            pause(SECONDS + 1)
        weather.mode = "takes"
        until(lambda: nothing_waits(stage), "what was in doubt has gone again", within=60)
        all_sent(stage)
        stage.rows("notifications", "UPDATE webhook SET state = 'disabled'")
        scenario.check(stage)
    again = weather.taken.total() - len(weather.taken)
    doubtful = weather.unanswered.total()
    scenario.report(failures=f"{failures[0]}+{failures[1]}", resumed=resumed, doubtful=doubtful)
    scenario.report(documents=len(weather.taken), again=again)
    met = all(weather.met(mode) for mode in ("fails", "drops", "hangs"))
    scenario.saw(met and doubtful, f"letters {dict(weather.letters)}, calls {dict(weather.calls)}")
    assert max(failures) <= MOST_FAILURES
    for event_id, count in weather.taken.items():
        assert count <= 1 + weather.unanswered[event_id], event_id
