"""The proofs themselves: what they say is so, and they find what is planted."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chassis.consuming.decisions import SourceState, step
from edu import topics
from edu.infrastructure import Infrastructure
from edu.proof import examination, kills, members
from edu.proof.members import Plan
from edu.proof.schedule import scheduled
from edu.proof.year import hashed, year
from edu.testing.examination import REAL, make_up

EVERY = 20
"""Of the real file each twentieth candidate: two thousand."""
SEED = 6


def test_the_same_seed_is_the_same_year() -> None:
    one, other = year(SEED, 400), year(SEED, 400)
    assert one == other
    assert one.hash != year(SEED + 1, 400).hash
    assert len(one.documents) >= 400
    assert {document.lane[0] for document in one.documents} >= {
        "admissions.enrolment.v1",
        "gradebook.scores.v1",
        "notifications.messages.v1",
        "payments.fees.v1",
    }


def test_a_hash_is_of_every_bit() -> None:
    cells = year(SEED, 400).cells
    for cell in random.Random(SEED).sample(sorted(cells), 5):
        assert hashed(cells | {cell: cells[cell] ^ 1}) != hashed(cells)
    assert hashed(dict(sorted(cells.items(), reverse=True))) == hashed(cells)


def test_a_schedule_holds_everything_and_its_gaps_are_what_a_consumer_sees() -> None:
    documents = year(SEED, 400).documents
    plan = scheduled(documents, random.Random(SEED), times=3)
    assert sorted(plan.deliveries) == sorted([*range(len(documents))] * 3)
    states: dict[object, SourceState] = {}
    fresh = resends = 0
    for at in plan.deliveries:
        document = documents[at]
        before = states.get(document.lane, SourceState())
        judged = step(before, document.sequence)
        assert not judged.late_start
        fresh += judged.fresh
        resends += judged.fresh and document.sequence <= (before.last or 0)
        states[document.lane] = judged.state
    assert fresh == len(documents)
    assert resends == plan.resends > 0
    assert not any(state.gaps for state in states.values())


def test_the_aggregator_is_killed_and_counts_everything_once(
    tmp_path: Path, kafka: str, database: Callable[[str], str]
) -> None:
    found = kills.prove(tmp_path, kafka, database("ioc-aggregator"), seed=SEED, kills=2)
    assert found.differences == [], found.detail()
    assert found.proved, found.line()
    assert (found.kills, found.held) == (2, 1)


@pytest.mark.usefixtures("database")
def test_more_members_say_the_same(tmp_path: Path, kafka: str, infra: Infrastructure) -> None:
    def fresh(_: int) -> str:
        topics.reset(kafka)
        return infra.empty_database("ioc-aggregator")

    plan = Plan(kills=1, sleeps=0, turns=0)
    found = members.prove(tmp_path, kafka, fresh, seed=SEED, plan=plan, groups=(1, 2), events=500)
    assert found.proved, found.faults


def test_an_examination_is_the_files(
    tmp_path: Path, kafka: str, database: Callable[[str], str]
) -> None:
    path = tmp_path / "exam.csv"
    if REAL.exists():
        lines = REAL.read_text("utf-8-sig").splitlines(keepends=True)
        path.write_text("".join([lines[0], *lines[1::EVERY]]), "utf-8")
    else:
        make_up(path, 2_000, seed=SEED)
    found = examination.prove(tmp_path, kafka, database("ioc-aggregator"), path=path, seed=SEED)
    assert found.proved, found.line()
    wrong = replace(found, found=found.found | {"TOAN": {"count": 0, "sum": 0, "histogram": []}})
    assert not wrong.proved
