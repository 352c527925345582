"""Generated requests, right and wrong ones, with a token and without: no answer may be a 5xx."""

import asyncio
import contextlib
import sys
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
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
from edu.home import Home
from edu.suite import SERVICES

from .acquaintance import Acquaintance, introduce, make

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(600)]

WHOLE, AMONG_ALL = (15, 4), (5, 2)
"""Of each operation, right and wrong: how many with a token, and how many of these without, too."""
SETTINGS = {
    "NOTIFICATIONS_ALLOW_LOOPBACK_WEBHOOKS": "true",
    "PAYMENTS_VNPAY_PAY_URL": "https://pay.example.vn/vpcpay.html",
}
SECONDS = 20


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Run the whole suite in a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        patch.setenv("EDU_HOME", str(tmp_path_factory.mktemp("home")))
        yield up.detached([])
        down.main([])


@pytest.fixture(scope="module")
def acquainted(run: dict[str, Any]) -> Acquaintance:
    """Return somebody who may do everything, and ids that the suite holds."""
    assert run["services"]
    return asyncio.run(make(Home.default()))


@dataclass
class Client:
    """Sends cases to one service and counts how it answers."""

    url: str
    session: requests.Session
    acquainted: Acquaintance
    whole: bool
    """Whether more is tried, and at random; among all tests always the same."""
    answers: Counter[int] = field(default_factory=Counter)
    statuses: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """With a token, by operation."""
    cases: Counter[str] = field(default_factory=Counter)
    """By operation."""
    failures: list[str] = field(default_factory=list)

    def send(self, case: Any, *, stranger: bool) -> None:
        label = case.operation.label
        self.cases[label] += 1
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        if not stranger:
            headers["Authorization"] = f"Bearer {self.acquainted.token}"
            if self.cases[label] % 2:
                introduce(case, self.acquainted.known, Random(self.cases.total()))
        request = case.as_transport_kwargs(base_url=self.url, headers=headers)
        try:
            # Only the status is read: a stream of events never ends.
            with self.session.request(**request, stream=True, timeout=SECONDS) as answer:
                status = answer.status_code
        except requests.Timeout:
            self.failures.append(f"nothing in {SECONDS} s: {case.as_curl_command()}")
            return
        self.answers[status] += 1
        if not stranger:
            self.statuses[label].add(status)
        if status >= 500:
            self.failures.append(f"{status}: {case.as_curl_command()}")

    def fuzz(self, operation: Any, mode: GenerationMode) -> None:
        numbers = count()
        cases, strangers = WHOLE if self.whole else AMONG_ALL

        @settings(
            max_examples=cases,
            derandomize=not self.whole,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(mode))
        def generated(case: Any) -> None:
            if next(numbers) < strangers:
                self.send(case, stranger=True)
            self.send(case, stranger=False)

        # An operation without parameters cannot be asked wrongly.
        with contextlib.suppress(Unsatisfiable):
            generated()


def harm(operation: Any) -> tuple[bool, bool]:
    """Let operations that take known things away come last, and those that only read first."""
    takes = operation.method.upper() == "DELETE" or operation.path.endswith(("/erase", "/unlink"))
    return takes, operation.method.upper() != "GET"


@pytest.mark.parametrize("service", SERVICES)
def test_no_request_makes_a_server_fail(
    service: str,
    run: dict[str, Any],
    acquainted: Acquaintance,
    pytestconfig: pytest.Config,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = pytestconfig.getoption("markexpr") == "fuzz"  # `./edu test fuzz`
    url = run["services"][service]["url"]
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    with requests.Session() as session:
        client = Client(url, session, acquainted, whole)
        for operation in sorted(operations, key=harm):
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                client.fuzz(operation, mode)
    counts = ", ".join(f"{count}×{status}" for status, count in sorted(client.answers.items()))
    done = [label for label, seen in client.statuses.items() if min(seen) < 300]
    undone = {one.label for one in operations} - set(done)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{service}: {len(operations)} operations, {client.answers.total()} cases, "
            f"{len(client.failures)} answers 5xx ({counts}); "
            f"{len(done)} operations did what was asked, not {sorted(undone)}\n"
        )
    assert client.failures == []
    assert {one.label for one in operations} == set(client.cases)
    # Nobody is turned away at the door everywhere: what is behind it was reached.
    assert [label for label, seen in client.statuses.items() if seen <= {401, 403, 404}] == []
