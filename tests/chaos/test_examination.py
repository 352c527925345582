"""The real examination under fire: whatever it stands on dies, and every number is the file's."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edu import register
from edu.client import Request, Suite
from edu.exam.file import ExamFile, read
from edu.exam.report import report
from edu.exam.sending import KIND, TERM, SchoolYear, Sender
from edu.exam.spread import GRADE, ExamClass, ExamSchool, Names, spread
from edu.freshness import wait_until_counted
from edu.letterbox import Letterbox
from edu.progress import progress
from edu.testing.examination import REAL, directly, make_up
from edu.tokens import named_id

from . import faults
from .checker import Checker
from .guardians import AWAKE, all_sent, mail_arrives, mother
from .province import OFFICER, YEAR
from .scenario import Scenario
from .stage import ADMISSIONS, AGGREGATOR, API, NOTIFICATIONS, RELAY, Process, Stage, until

if TYPE_CHECKING:
    from edu.embedded.kafka import Kafka
    from edu.embedded.postgres import Postgres
    from edu.home import Home

CANDIDATES = 40_000
"""Where the real file is not beside this checkout, so many are made up."""
KILLS = 5
"""Of each."""
TWICE = 0.05
"""How many of all commands are sent twice."""
EVERY = 10
"""Each tenth candidate has a guardian."""
GUARDIANS_AT_ONCE = 50
PUBLISHED_AT_ONCE = 100
LETTER_SECONDS = 600.0
PAUSE_SECONDS = (1.0, 6.0)


class SayingTwice(Suite):
    """A client whose line sometimes says a command twice, which must change nothing."""

    def __init__(self, home: Home, lots: random.Random) -> None:
        super().__init__(home)
        self.twice = 0
        self.taken: set[tuple[str, str]] = set()
        """Service and Idempotency-Key of every command that was answered 2xx."""
        self._lots = lots

    async def _once(self, request: Request) -> Any:
        answer = await super()._once(request)
        if request.method == "GET":
            return answer
        if self._lots.random() < TWICE:
            self.twice += 1
            assert await super()._once(request) == answer
        self.taken.add((request.service, request.options["headers"]["Idempotency-Key"]))
        return answer


class WithGuardians(Sender):
    """Lets guardians of each tenth candidate ask for letters before any score is saved."""

    expected: Counter[str]
    """How many letters each address must get: one for each score."""

    def __init__(self, suite: Suite, file: ExamFile, **more: Any) -> None:
        super().__init__(suite, file, **more)
        self.expected = Counter()
        self._heard = {candidate.number for candidate in file.candidates[::EVERY]}

    async def _enrol(self, school: ExamSchool, school_id: str) -> Mapping[str, str]:
        pupils = await super()._enrol(school, school_id)
        heard = {
            pupil.code: len(pupil.candidate.scores)
            for pupil in school.pupils
            if pupil.candidate.number in self._heard
        }
        guardians = [
            mother(named_id(f"guardian of {code}"), pupils[code], _address(code)) for code in heard
        ]
        for start in range(0, len(guardians), GUARDIANS_AT_ONCE):
            some = {"guardians": guardians[start : start + GUARDIANS_AT_ONCE]}
            await self._command(
                "notifications", "POST", "/v1/guardians", some, waits_for={"pupil-unknown"}
            )
        paths = [f"/v1/guardians/{one['guardian_id']}/preferences" for one in guardians]
        await asyncio.gather(
            *(self._command("notifications", "PUT", path, AWAKE) for path in paths)
        )
        self.expected += Counter({_address(code): count for code, count in heard.items()})
        return pupils

    async def _open_sheets(
        self, classes: Sequence[ExamClass], pupils: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        """Let guardians see the papers, too: a score is told once its column is published."""
        saves = await super()._open_sheets(classes, pupils)
        sheets = [save["sheet_id"] for save in saves]
        for start in range(0, len(sheets), PUBLISHED_AT_ONCE):
            shown = {"sheet_ids": sheets[start : start + PUBLISHED_AT_ONCE], "published": True}
            await self._command("gradebook", "PUT", "/v1/publications", shown)
        return saves


def _address(code: str) -> str:
    return f"{code}@example.vn"


async def examined(
    stage: Stage, path: Path, lots: random.Random
) -> tuple[SayingTwice, Counter[str], dict[str, Any]]:
    """Import the file; return its client, the letters that are due, and what the IOC says."""
    file = read(path)
    names = Names(file.digest)
    async with SayingTwice(stage.home, lots) as suite:
        year = SchoolYear(YEAR, (await register.school_years(suite))[YEAR])
        communes = await register.communes(suite)
        with progress("scores saved", file.scores) as saved:
            sender = WithGuardians(
                suite, file, names=names, year=year, communes=communes, saved=saved
            )
            schools = await sender.send(spread(file, names))
        await wait_until_counted(suite, suite.answered)
        scope = {"school_year": YEAR, "grade": GRADE, "term": TERM, "kind": KIND}
        found = await report(suite, list(schools.values()), file.subjects, scope)
    return suite, sender.expected, found["subjects"]


def test_exam_every_number_is_the_files_whatever_dies(
    stage: Stage, scenario: Scenario, tmp_path: Path
) -> None:
    path = REAL
    if not path.exists():
        path = make_up(tmp_path / "made-up.csv", CANDIDATES, seed=scenario.seed)
    parts = (API, RELAY, AGGREGATOR, ADMISSIONS, NOTIFICATIONS)
    with mail_arrives(stage) as settings:
        api, relay, aggregator, *_ = stage.play(*parts, settings=settings)
        stage.suite.tokens = {role: stage.token(role) for role in (OFFICER, "auditor")}
        stage.suite.write_run()
        importing = asyncio.run_coroutine_threadsafe(
            examined(stage, path, random.Random(scenario.seed)), stage.background.loop
        )
        killed = kill(
            {
                "gradebook": api,
                "relay": relay,
                "aggregator": aggregator,
                "postgres": stage.postgres,
                "kafka": stage.kafka,
            },
            importing,
            scenario.lots,
        )
        suite, expected, found = importing.result()
        scenario.report(
            **killed,
            scores=sum(one["count"] for one in found.values()),
            commands=len(suite.taken),
            twice=suite.twice,
        )
        checker = Checker(stage)
        until(
            lambda: checker.has_read(NOTIFICATIONS.service), "all is heard", within=LETTER_SECONDS
        )
        all_sent(stage, within=LETTER_SECONDS)
        checker.rest()
        for subject in found.values():
            del subject["mean"]
        assert found == directly(path)
        assert missing(stage, suite) == 0
        assert letters(stage, expected) == expected
        scenario.report(letters=expected.total())
        scenario.check(stage)
    scenario.saw(min(killed.values()) >= KILLS, "the import ended before everything had died")
    scenario.saw(suite.twice, "no command was said twice")


def kill(
    targets: Mapping[str, Process | Postgres | Kafka],
    importing: Future[Any],
    lots: random.Random,
) -> Counter[str]:
    """Kill each target so often, in a random order at random moments; count the deaths."""
    killed = Counter(dict.fromkeys(targets, 0))
    shots = list(targets) * KILLS
    lots.shuffle(shots)
    for name in shots:
        wait([importing], timeout=lots.uniform(*PAUSE_SECONDS))
        if importing.done():
            break
        target = targets[name]
        assert target.child is not None
        faults.kill(target.child)
        target.start()
        target.wait_ready()
        killed[name] += 1
    return killed


def missing(stage: Stage, suite: SayingTwice) -> int:
    """Count the commands that were answered 2xx and of which a service knows nothing."""
    known = {
        (service, row["key"])
        for service in stage.suite.databases
        for row in stage.rows(
            service, "SELECT key FROM delivery.idempotency_key WHERE status < 300"
        )
    }
    return len(suite.taken - known)


def letters(stage: Stage, addresses: Container[str]) -> Counter[str]:
    """Return how many different letters came to each of these addresses."""
    came = {(one.to, one.message_id) for one in Letterbox.of(stage.home).letters()}
    return Counter(to for to, _ in came if to in addresses)
