"""Nothing is started that is not exactly what the lock pins; each obstacle has its own text."""

import hashlib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from edu.embedded.artifacts import LOCK_FILE, PLATFORMS, Artifact, fetch, locked
from edu.embedded.process import free_ports
from edu.failure import Failure

CONTENT = b"what the lock pins"
NOBODY = f"http://127.0.0.1:{free_ports(1)[0]}"
ARTIFACT = Artifact("org.example:thing:1.2", hashlib.sha256(CONTENT).hexdigest())


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the tests look at what arrives."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a folder as a Maven repository and return the artifact's place in it."""
    folder = tmp_path / "repository"
    place = folder / ARTIFACT.path
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("EDU_MAVEN_URL", f"http://127.0.0.1:{server.server_port}/")
        yield place
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def full_cache(cache: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache that was filled before the network went away."""
    assert repository.exists()
    fetch([ARTIFACT], cache)
    monkeypatch.setenv("EDU_MAVEN_URL", NOBODY)
    return cache


def test_the_second_start_needs_no_network(full_cache: Path) -> None:
    (path,) = fetch([ARTIFACT], full_cache)
    assert path.read_bytes() == CONTENT


def test_a_tampered_download_is_refused_and_thrown_away(cache: Path, repository: Path) -> None:
    repository.write_bytes(b"something else")
    with pytest.raises(Failure, match=r"thing-1\.2\.jar is not the file that .* pins"):
        fetch([ARTIFACT], cache)
    assert list((cache / "artifacts").iterdir()) == []


@pytest.mark.usefixtures("repository")
def test_a_tampered_file_is_fetched_again(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = fetch([ARTIFACT], cache)
    path.write_bytes(b"something else")
    assert fetch([ARTIFACT], cache) == [path]
    assert path.read_bytes() == CONTENT
    assert "damaged or tampered with" in capsys.readouterr().err


def test_a_tampered_file_without_network_is_not_used(
    full_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (full_cache / "artifacts" / ARTIFACT.name).write_bytes(b"something else")
    with pytest.raises(Failure, match=r"does not answer.*needs the network"):
        fetch([ARTIFACT], full_cache)
    assert "damaged or tampered with" in capsys.readouterr().err


def test_a_missing_download_names_the_repository(cache: Path, repository: Path) -> None:
    repository.unlink()
    with pytest.raises(Failure, match=r"has no org\.example:thing:1\.2 \(404\).*EDU_MAVEN_URL"):
        fetch([ARTIFACT], cache)


def test_a_missing_network_says_what_to_do(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDU_MAVEN_URL", NOBODY)
    with pytest.raises(Failure, match=r"does not answer.*refused.*HTTPS_PROXY.*EDU_MAVEN_URL"):
        fetch([ARTIFACT], cache)


@pytest.mark.usefixtures("repository")
def test_a_half_download_is_not_taken_for_a_file(cache: Path) -> None:
    (cache / "artifacts").mkdir(parents=True)
    (cache / "artifacts" / (ARTIFACT.name + ".part")).write_bytes(CONTENT[:5])
    (path,) = fetch([ARTIFACT], cache)
    assert path.read_bytes() == CONTENT


def test_the_lock_names_no_address() -> None:
    text = LOCK_FILE.read_text("utf-8")
    assert "://" not in text
    assert "org.apache.kafka:kafka-clients:4.3.1" in text  # not the one that a logger would like
    assert len(locked("kafka")) == 46
    for platform in PLATFORMS:
        (archive,) = locked(f"postgres-{platform}")
        assert archive.version == "18.6.0"
        assert len(archive.sha256) == 64
