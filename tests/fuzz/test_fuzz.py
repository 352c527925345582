"""Generated requests, right and wrong ones, with a token and without: no answer may be a 5xx."""

import contextlib
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from edu import down, up
from edu.suite import SERVICES

from .acquaintance import Known, introduce, make

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(600)]

CASES, STRANGERS = 15, 4  # of each operation, right and wrong ones each: with a token, without
ROLE = "department-officer"
SECONDS = 20


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Run the whole suite in a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDU_HOME", str(tmp_path_factory.mktemp("home")))
        yield up.detached([])
        down.main([])


@pytest.fixture(scope="module")
def known(run: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Return ids that the suite holds."""
    assert run["services"]
    return make(tmp_path_factory.mktemp("exam"))


@dataclass
class Client:
    """Sends cases to one service and counts how it answers."""

    url: str
    session: requests.Session
    known: Known
    answers: Counter[int] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    """By operation."""
    failures: list[str] = field(default_factory=list)

    def send(self, case: Any, token: str | None) -> None:
        self.cases[case.operation.label] += 1
        if token is not None and self.cases[case.operation.label] % 2:
            introduce(case, self.known, Random(self.cases.total()))
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        request = case.as_transport_kwargs(base_url=self.url, headers=headers)
        # Only the status is read: a stream of events never ends.
        with self.session.request(**request, stream=True, timeout=SECONDS) as answer:
            self.answers[answer.status_code] += 1
            if answer.status_code >= 500:
                self.failures.append(f"{answer.status_code}: {case.as_curl_command()}")

    def fuzz(self, operation: Any, mode: GenerationMode, token: str | None) -> None:
        @settings(
            max_examples=STRANGERS if token is None else CASES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(mode))
        def generated(case: Any) -> None:
            self.send(case, token)

        # An operation without parameters cannot be asked wrongly.
        with contextlib.suppress(Unsatisfiable):
            generated()


@pytest.mark.parametrize("service", SERVICES)
def test_no_request_makes_a_server_fail(
    service: str, run: dict[str, Any], known: Known, capsys: pytest.CaptureFixture[str]
) -> None:
    url = run["services"][service]["url"]
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    with requests.Session() as session:
        client = Client(url, session, known)
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                for token in (run["tokens"][ROLE], None):
                    client.fuzz(operation, mode, token)
    counts = ", ".join(f"{count}×{status}" for status, count in sorted(client.answers.items()))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{service}: {len(operations)} operations, {client.answers.total()} cases, "
            f"{len(client.failures)} answers 5xx ({counts})\n"
        )
    assert client.failures == []
    assert {one.label for one in operations} == set(client.cases)
