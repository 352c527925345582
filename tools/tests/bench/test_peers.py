"""What the figures of the aggregator rest on: the same fold, the same truth, the right waits."""

import json
from collections import defaultdict
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from contracts.lists import Assessment, Level, Subject
from edu.bench import live, peers, scores_log
from edu.bench.figures import Effort
from edu.bench.recounting import digest
from edu.simulator import marks
from edu.simulator.documents import Writer
from edu.simulator.marks import Manner
from edu.simulator.province import province

BY_COMMENT = [one for one in Subject if one.assessment is Assessment.COMMENT]


def peer() -> Any:
    spec = spec_from_file_location("peer", peers.HERE / "peer.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("manner", [scores_log.SHEETS, scores_log.ROWS], ids=["sheets", "rows"])
def test_the_fold_of_the_others_counts_what_the_simulator_drew(
    manner: Manner, tmp_path: Path
) -> None:
    here = province(part=0.002)
    lanes = defaultdict[int, list[Any]](list)
    writer = Writer(lambda _t, lane, _k, value: lanes[lane].append(json.loads(value)), here.seed)
    slots = [one for one in marks.slots(here, 1) if one.grade.level is Level.THCS][::9]
    assert {slot.column.subject for slot in slots} & set(BY_COMMENT)
    truth = marks.write(writer, here, slots, lambda _: None, manner)
    asked = {
        "records": writer.written,
        "by_comment": BY_COMMENT,
        "begin": dict.fromkeys(lanes, 0),
    }
    fold = peer().Fold(asked)
    for lane, documents in lanes.items():
        for first in range(0, len(documents), 300):
            part = documents[first : first + 300]
            fold.take(part, [lane] * len(part))
    assert (fold.done, fold.broken) == (True, 0)
    out = tmp_path / "counted"
    fold.told(str(out))
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    counted = digest((tuple(key), values) for key, values in rows if any(values))
    assert counted == digest(peers._without_year(truth, here))


def test_a_sequence_that_is_not_the_next_one_is_seen() -> None:
    fold = peer().Fold({"records": 9, "by_comment": [], "begin": {"0": 4}})
    sheet = dict.fromkeys(("school_id", "grade", "subject", "term", "kind"), "x")
    data = {**sheet, "after": [850, None], "before": {"at": [0], "value": [400]}}
    fold.take([{"sequence": str(at), "data": data} for at in (5, 5, 7)], [0, 0, 0])
    assert fold.broken == 2
    assert fold._sums[0, :3].tolist() == [0, 900, 2 * (850**2 - 400**2)]


def test_logs_that_follow_each_other_add_up() -> None:
    here = province(part=0.002)
    writer = Writer(lambda *_: None, here.seed)
    slots = marks.slots(here, 1)[:20]
    first, second = (marks.write(writer, here, part, lambda _: None) for part in (slots, slots))
    twice = dict(scores_log.together([first, second], here))
    assert twice == {key: [2 * value for value in values] for key, values in first.rows(here)}
    assert dict(first.rows(here)) == dict(scores_log.together([first], here))


def test_a_save_waits_until_its_schools_number_counts_it() -> None:
    seen = live._Seen({"a": 10})
    seen.sent["a"] += [1.0, 2.0, 3.0]
    seen.sent["b"] += [1.0]
    for moment, school, numerator in ((1.5, "a", 11), (1.6, "b", 1), (3.5, "a", 12)):
        seen.take({"unit_id": school, "numerator": numerator}, moment)
    assert not seen.all_of_it()
    seen.take({"unit_id": "a", "numerator": 13}, 4.0)
    assert seen.all_of_it()
    assert [round(wait) for wait in seen.waits()] == [500, 1500, 1000, 600]


def test_only_what_is_asked_for_is_wanted() -> None:
    figures = peers.SHEETS
    assert Effort().wants(figures)
    assert Effort(only=frozenset({figures[1].name})).wants(figures)
    assert not Effort(only=frozenset({"relay-drain"})).wants(figures)
