"""`./edu demo --report` for a small part of the province: broker, database, aggregator, numbers."""

from __future__ import annotations

import re

import pytest

from edu.demo import report
from edu.simulator.published import NO_EVENT, TABLE

PART = 0.002
"""Four schools, 64 classes; the register of the published years is always all of it."""


@pytest.mark.wire
@pytest.mark.timeout(300)
def test_a_small_province_is_counted_as_it_was_published_and_drawn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = report.main(PART)
    said = capsys.readouterr().out
    assert code == 0, said
    lines = said.splitlines()
    assert "SAI" not in said
    assert re.search(r"265/386 \(68,7 %\) +265/386 \(68,7 %\) +đúng", said)
    assert re.search(r"274/313 .* +đúng$", said, re.MULTILINE)
    assert f"{len(TABLE)} published numbers and {len(report.DRAWN)} of the simulated" in lines[-1]
    # What a part of the province cannot equal says why in a line of its own.
    differs = [at for at, line in enumerate(lines) if re.search(r"  khác( |$)", line)]
    assert differs
    assert all("khác vì chỉ mô phỏng 0,002 của tỉnh" in lines[at + 1] for at in differs)
    assert sum("không có gì để đếm" in line for line in lines) == len(NO_EVENT)
