"""An examination's file, the real one or one made up, and what it says, computed directly."""

from __future__ import annotations

import csv
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any

from edu.home import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SUBJECTS = ("TOAN", "VAN", "LI", "HOA", "SINH", "SU", "DIA", "KTPL", "T_ANH")
REAL = ROOT.parent / "shared" / "data" / "exam-2025-thanh-hoa.csv"
"""The results that were published in 2025; they may lie beside a checkout."""


def directly(path: Path) -> dict[str, Any]:
    """Compute a file's statistics, each score as the fraction that its text is."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for subject in (name for name in rows[0] if name in SUBJECTS):
        scores = [Fraction(row[subject]) for row in rows if row[subject]]
        histogram = [0] * 101
        for score in scores:
            histogram[int(score * 10)] += 1
        found[subject] = {
            "count": len(scores),
            "sum": sum(scores) * 100,
            "histogram": histogram,
        }
    return found


def make_up(path: Path, candidates: int, *, seed: int) -> Path:
    """Write a file of made-up results; another seed, other results."""
    lots = Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("STT", "SBD", "MA_TINH", *SUBJECTS, "A00"))
        for number in range(1, candidates + 1):
            chosen = {"TOAN", "VAN", *lots.sample(SUBJECTS[2:], lots.randint(0, 3))}
            drawn = {subject: divmod(lots.randint(0, 1000), 100) for subject in SUBJECTS}
            scores = [
                f"{points}.{hundredths:02d}" if subject in chosen else ""
                for subject, (points, hundredths) in drawn.items()
            ]
            rows.writerow((number, f"{28000000 + number}", 28, *scores, "12.5"))
    return path
