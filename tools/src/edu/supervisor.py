"""One process that owns a home: starts broker, database and services, and keeps them alive."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edu.embedded.pair import Pair
from edu.embedded.process import Child, free_ports
from edu.failure import Failure
from edu.home import Home, new_key
from edu.issuer import trust
from edu.migrate import behind
from edu.suite import SERVICES, Entry, given_kafka

MIGRATE_SECONDS = 120
READY_SECONDS = 60
GRACE_SECONDS = 20.0
WATCH_SECONDS = 0.1
IDENTITY, LETTERBOX = "identity", "letterbox"
FIRST_DELAY, LONGEST_DELAY, HEALTHY_AFTER = 0.5, 30.0, 60.0


@dataclass
class Served:
    """A process that must stay alive, and when it may be started again."""

    child: Child
    started: float = field(default_factory=time.monotonic)
    delay: float = FIRST_DELAY
    due: float | None = None

    def keep_alive(self, say: Callable[[str], None]) -> bool:
        """Start it again if it died and its pause is over; tell whether that happened.

        The pause doubles with each death up to its cap, and is short again after a minute of life.
        """
        moment = time.monotonic()
        if self.child.running:
            return False
        if self.due is None:
            if moment - self.started > HEALTHY_AFTER:
                self.delay = FIRST_DELAY
            self.due = moment + self.delay
            self.delay = min(self.delay * 2, LONGEST_DELAY)
            say(f"{self.child.name} ended with {self.child.exit_code()}; {self.child.log} says why")
        if moment < self.due:
            return False
        self.child.start()
        self.started, self.due = moment, None
        return True


@dataclass
class Supervisor:
    """The suite of one home, or the part of it that was asked for."""

    home: Home
    services: list[Entry]
    detached: bool = False
    pair: Pair = field(init=False)
    bootstrap: str = field(default="", init=False)
    databases: dict[str, str] = field(default_factory=dict, init=False)
    urls: dict[str, str] = field(default_factory=dict, init=False)
    identity_url: str | None = field(default=None, init=False)
    letterbox_ports: list[int] = field(default_factory=list, init=False)
    """For letters and for calls, where something arrives here."""
    watched: dict[str, Served] = field(default_factory=dict, init=False)
    tokens: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.pair = Pair(self.home)

    def start(self) -> None:
        """Bring everything up; while the broker boots, the services load their code."""
        for log in self.home.logs.iterdir():
            if log != self.log:
                log.unlink()
        needs_database = [one for one in self.services if one.given_database is None]
        self.pair.begin(kafka=given_kafka() is None, postgres=bool(needs_database))
        self.bootstrap = given_kafka() or self._embedded_bootstrap()
        for entry in self.services:
            self.databases[entry.name] = entry.given_database or self._database(entry)
        self._migrate()
        if any(entry.signs_in_here for entry in self.services):
            self.identity_url = f"http://127.0.0.1:{free_ports(1)[0]}"
        if any(entry.posts_here for entry in self.services):
            self.letterbox_ports = free_ports(2)
        for entry in self.services:
            self._serve(entry)
        self._watch_pair()
        self.write_run()

        from edu import tokens, topics  # noqa: PLC0415 - now there is time for it

        tokens.prepare(self.home)
        self._identify()
        self._open_letterbox()
        self.pair.wait_ready()
        topics.apply(self.bootstrap)
        for entry in self.services:
            self._wait_ready(entry.name, f"{self.urls[entry.name]}/readyz")
        if self.identity_url is not None:
            self._wait_ready(IDENTITY, f"{self.identity_url}/.well-known/openid-configuration")
        if self.letterbox_url is not None:
            self._wait_ready(LETTERBOX, self.letterbox_url)

    def _database(self, entry: Entry) -> str:
        assert self.pair.postgres is not None  # noqa: S101 - started for whoever was given none
        return self.pair.postgres.ensure_database(entry.package)

    def _embedded_bootstrap(self) -> str:
        assert self.pair.kafka is not None  # noqa: S101 - started because none was given
        return self.pair.kafka.bootstrap

    def environment(self, entry: Entry) -> dict[str, str]:
        """Return a service's environment. What the caller's environment sets already, stays."""
        settings = trust(self.home) | {
            "DATABASE_URL": self.databases[entry.name],
            "HOST": "127.0.0.1",
            # Chosen here and kept, so that a restarted service is where its callers know it.
            "PORT": str(free_ports(1)[0]),
        }
        if entry.has_master_key:
            settings["MASTER_KEY"] = self.home.secret("master-key", new_key)
        if entry.has_history_key:
            settings["HISTORY_KEY"] = self.home.secret("history-key", new_key)
        if entry.signs_in_here and self.identity_url is not None:
            settings |= {
                "SIGNIN_ISSUER": self.identity_url,
                "SIGNIN_CLIENT_ID": entry.name,
                "SIGNIN_KEY": self.home.secret("signin-key", new_key),
            }
        if not entry.is_production:
            settings |= entry.development
        if self.letterbox_ports and entry.posts_here:
            settings |= {
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": str(self.letterbox_ports[0]),
                "SMTP_SECURITY": "none",
                "ALLOW_LOOPBACK_WEBHOOKS": "true",
            }
        ours = {entry.variable(name): value for name, value in settings.items()}
        return ours | os.environ | {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap}

    def _migrate(self) -> None:
        """Bring every schema to its head; a service itself never does."""
        databases = {entry.package: self.databases[entry.name] for entry in self.services}
        outdated = behind(databases)
        if not outdated:
            return
        child = Child(
            "migrate",
            [sys.executable, "-P", "-m", "edu.migrate"],
            self.home.logs / "migrate.log",
            environment=dict(os.environ) | {"EDU_MIGRATE": json.dumps(outdated)},
        )
        child.start()
        if child.wait(MIGRATE_SECONDS) != 0:
            raise child.failure("could not bring every schema to its head")

    def _serve(self, entry: Entry) -> None:
        environment = self.environment(entry)
        child = Child(
            entry.name,
            [sys.executable, "-P", "-m", entry.package, "serve"],
            self.home.logs / f"{entry.name}.log",
            environment=environment,
            patience=GRACE_SECONDS,
        )
        child.start()
        host, port = (environment[entry.variable(name)] for name in ("HOST", "PORT"))
        self.urls[entry.name] = f"http://{host}:{port}"
        self.watched[entry.name] = Served(child)

    def _identify(self) -> None:
        """Start the development issuer's pages, where people of a service sign in by them."""
        if self.identity_url is None:
            return
        port = self.identity_url.rpartition(":")[2]
        child = Child(
            IDENTITY,
            [sys.executable, "-P", "-m", "edu.identity", str(self.home.folder), "--port", port],
            self.home.logs / f"{IDENTITY}.log",
        )
        child.start()
        self.watched[IDENTITY] = Served(child)
        self.write_run()

    @property
    def letterbox_url(self) -> str | None:
        """Where webhooks may be sent to."""
        return f"http://127.0.0.1:{self.letterbox_ports[1]}/" if self.letterbox_ports else None

    def _open_letterbox(self) -> None:
        """Start what takes letters and calls; notifications try again where it is not there."""
        if not self.letterbox_ports:
            return
        mail, calls = map(str, self.letterbox_ports)
        command = [sys.executable, "-P", "-m", "edu.letterbox", str(self.home.folder)]
        child = Child(
            LETTERBOX,
            [*command, "--smtp-port", mail, "--port", calls],
            self.home.logs / f"{LETTERBOX}.log",
        )
        child.start()
        self.watched[LETTERBOX] = Served(child)
        self.write_run()

    def _watch_pair(self) -> None:
        for one in (self.pair.kafka, self.pair.postgres):
            if one is not None and one.child is not None:
                self.watched[one.child.name] = Served(one.child)

    def _wait_ready(self, name: str, address: str) -> None:
        """Return when a process says it is ready; else show what it says instead."""
        child = self.watched[name].child
        deadline = time.monotonic() + READY_SECONDS
        answer = "nothing"
        while time.monotonic() < deadline:
            if not child.running:
                raise child.failure("did not start")
            status, answer = ask(address)
            if status == 200:  # noqa: PLR2004 - HTTP's own number
                return
            time.sleep(0.05)
        raise child.failure(f"was not ready after {READY_SECONDS} s and answers {answer}")

    @property
    def log(self) -> Path:
        """The supervisor's own log."""
        return self.home.logs / "supervisor.log"

    def write_run(self) -> None:
        """Write what runs, where, the tokens, where people sign in and calls go (null: nowhere)."""
        me = {"name": "supervisor", "pid": os.getpid(), "log": str(self.log)}
        children = [
            {"name": name, "pid": one.child.pid, "log": str(one.child.log)}
            for name, one in self.watched.items()
        ]
        self.home.write_run(
            {
                "processes": [me, *children],
                "services": {name: {"url": url} for name, url in self.urls.items()},
                "kafka": {"bootstrap": self.bootstrap},
                "databases": self.databases,
                "identity": {"url": self.identity_url},
                "letterbox": {"url": self.letterbox_url},
                "tokens": self.tokens,
            }
        )

    def run(self) -> None:
        """Keep everything alive until somebody asks to stop, which is an interrupt."""
        while True:
            restarted = [one for one in self.watched.values() if one.keep_alive(self.say)]
            if restarted:
                self.write_run()
            time.sleep(WATCH_SECONDS)

    def say(self, text: str) -> None:
        """Tell whoever watches, at once, and the log."""
        print(text, flush=True)
        if not self.detached:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(text + "\n")

    def stop(self) -> None:
        """Stop the services side by side, then what they stand on."""
        ours = {IDENTITY, LETTERBOX, *SERVICES}
        children = [one.child for name, one in self.watched.items() if name in ours]
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop()
        self.pair.stop()
        self.home.run_file.unlink(missing_ok=True)


def ask(url: str) -> tuple[int, str]:
    """Return the status and text of an answer; 0 when there is none."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own services
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace")
    except OSError as error:
        return 0, str(error)


def chosen(names: list[str]) -> list[Entry]:
    """Return the services of these names; all, if none is named."""
    unknown = [name for name in names if name not in SERVICES]
    if unknown:
        raise Failure(f"No service is called {unknown[0]}. There are: {', '.join(SERVICES)}.")
    return [SERVICES[name] for name in names or SERVICES]


def running(home: Home) -> dict[str, Any]:
    """Return the run file of the suite that runs in this home."""
    content = home.run()
    if content is None or home.owner() is None:
        raise Failure("Nothing runs here: start it with `./edu up`.")
    return content
