"""The rows of `./edu bench` and the page that is drawn from them; nothing is timed here."""

import importlib
import json

import pytest

from edu import bench
from edu.bench import page
from edu.bench.figures import (
    Bench,
    Effort,
    Figure,
    Measured,
    NotHere,
    NotRun,
    Report,
    Row,
    percentile,
    row,
)
from edu.bench.machine import this_machine

FASTER = Figure("drain", "a drain", "records/s", mark=100, goal=200, at_least=True, raw="a client")
SHORTER = Figure("wait", "a wait", "ms", mark=50)


def judged(figure: Figure, *runs: float) -> Row:
    measured = Measured(list(runs), [300.0, 100.0, 200.0])
    return row(figure, measured, others=3.0, command="./edu bench x", at="2026-11-22", commit="abc")


@pytest.mark.parametrize(
    ("figure", "runs", "met"),
    [
        (FASTER, (90, 101, 102), True),
        (FASTER, (90, 99, 102), False),
        (SHORTER, (10, 50, 90), True),
        (SHORTER, (10, 51, 90), False),
    ],
)
def test_the_median_is_held_against_the_mark(
    figure: Figure, runs: tuple[float, ...], met: bool
) -> None:
    one = judged(figure, *runs)
    assert (one.median, one.met, one.raw_median) == (sorted(runs)[1], met, 200)


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, percent) for percent in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7.0], 99) == 7


@pytest.mark.parametrize(
    ("refusal", "why"),
    [
        (NotHere("no broker for this machine"), "no broker for this machine"),
        (KeyboardInterrupt(), "stopped before it was done; others took "),
    ],
)
def test_what_could_not_run_leaves_a_row_for_each_figure_that_says_why(
    monkeypatch: pytest.MonkeyPatch, refusal: BaseException, why: str
) -> None:
    def refuse(_: Effort) -> dict[str, Measured]:
        raise refusal

    monkeypatch.setattr("edu.bench.relay.BENCH", Bench("relay", (FASTER, SHORTER), refuse))
    rows = list(bench.measured("relay", Effort()))
    assert [one.name for one in rows] == ["drain", "wait"]
    assert all(isinstance(one, NotRun) and one.not_run.startswith(why) for one in rows)


def test_every_benchmark_says_what_it_has_to_reach() -> None:
    found = [importlib.import_module(f"edu.bench.{name}").BENCH for name in bench.BENCHES]
    assert [one.name for one in found] == list(bench.BENCHES)
    figures = [figure for one in found for figure in one.figures]
    assert len({figure.name for figure in figures}) == len(figures)
    assert all(figure.mark > 0 and figure.unit and figure.title for figure in figures)


def test_a_row_that_could_not_run_today_does_not_push_out_a_figure() -> None:
    machine = this_machine()
    old, new = judged(FASTER, 101, 101, 101), judged(SHORTER, 1, 2, 3)
    refused = [
        NotRun(name=name, title=name, not_run="no broker", command="./edu bench x")
        for name in ("drain", "other")
    ]
    merged = page.merged(
        Report(machine=machine, rows=[old]), Report(machine=machine, rows=[new, *refused])
    )
    assert merged.rows == [old, new, refused[1]]
    assert "not run: no broker" in page.drawn(merged)


def test_the_page_is_what_is_drawn_from_the_kept_rows() -> None:
    kept = Report.model_validate_json(page.KEPT.read_bytes())
    assert page.PAGE.read_text("utf-8") == page.drawn(kept)
    assert all(len(one.runs) >= 5 for one in kept.rows if isinstance(one, Row))


@pytest.mark.wire
def test_a_tiny_run_gives_a_whole_row(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["relay", "--json", "--runs", "1", "--part", "0.005"])
    (one,) = Report.model_validate(json.loads(capsys.readouterr().out)).rows
    assert isinstance(one, Row)
    assert (one.name, len(one.runs), one.median > 0) == ("relay-drain", 1, True)
    assert one.raw_median is not None
