"""I6: each fact is told to each guardian once; only what a crash left open may come once more."""

from __future__ import annotations

from collections import Counter

from edu.letterbox import Letterbox

from .stage import Stage

CRASHED = """
SELECT letter_id::text AS letter, count(*) AS crashed FROM attempt
 WHERE outcome = 'crashed' GROUP BY 1
"""
TOLD_TWICE = """
SELECT event_id FROM message GROUP BY event_id, guardian_id, channel, template HAVING count(*) > 1
"""
DELIVERED = "SELECT letter_id::text AS letter FROM letter WHERE state = 'delivered'"


def check_letters(stage: Stage) -> tuple[bool, str, str]:
    """Return whether it holds, its name, and what is wrong."""
    twice = stage.rows("notifications", TOLD_TWICE)
    if twice:
        return False, "I6", f"{len(twice)} facts were told twice"
    crashed = Counter({r["letter"]: r["crashed"] for r in stage.rows("notifications", CRASHED)})
    first: Counter[str] = Counter()
    repeats: Counter[str] = Counter()
    for letter in Letterbox.of(stage.home).letters():
        letter_id = letter.message_id.strip("<>").partition("@")[0]
        (repeats if letter.repeat else first)[letter_id] += 1
    for letter_id in first | repeats:
        if first[letter_id] > 1 or repeats[letter_id] > min(1, crashed[letter_id]):
            times = f"{first[letter_id]} times and {repeats[letter_id]} times more with a mark"
            return False, "I6", f"letter {letter_id} came {times}, of {crashed[letter_id]} crashes"
    missing = {row["letter"] for row in stage.rows("notifications", DELIVERED)} - (
        first | repeats
    ).keys()
    return not missing, "I6", f"{len(missing)} letters count as delivered and never arrived"
