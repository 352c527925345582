"""Asking for health: by a container, and by a person over the service's own settings."""

import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chassis import cli, probe
from chassis.settings import ServiceSettings


class Answering(BaseHTTPRequestHandler):
    """Is alive and not ready."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/livez" else 503)
        self.end_headers()
        self.wfile.write(f"asked for {self.path}".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_exit_code_says_whether_it_is_ready(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert probe.main([f"{url}/readyz"]) == 1
    assert probe.main([f"{url}/livez"]) == 0
    assert capsys.readouterr().out.splitlines() == ["asked for /readyz", "asked for /livez"]


def test_nobody_there_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe.main(["http://127.0.0.1:9/readyz"]) == 1
    assert "does not answer" in capsys.readouterr().out


def test_a_person_asks_where_the_settings_say_it_is(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = tmp_path / "url"
    said.write_text(f"{url}\n", "utf-8")
    everywhere: dict[str, Any] = {
        "host": "0.0.0.0",  # noqa: S104 - a container's
        "port": int(url.rpartition(":")[2]),
        "url_file": None,
    }
    chosen: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "url_file": str(said)}
    service: Any = None
    for fields in (everywhere, chosen):
        settings = ServiceSettings.model_construct(**fields)
        assert cli._health(service, settings, Namespace(what="live")) == 0
        assert cli._health(service, settings, Namespace(what="ready")) == 1
    assert capsys.readouterr().out.splitlines() == ["asked for /livez", "asked for /readyz"] * 2


def test_it_loads_nothing_but_the_standard_library() -> None:
    source = Path(probe.__file__).read_text("utf-8")
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if "import " in line}
    assert imported - {"is"} <= sys.stdlib_module_names
