"""The law a second time: slow, of decimals and texts, and of none of the service's code.

Cases and results are what JSON makes of the calculator's shapes. Written from the circulars'
tables, not from the first implementation.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Json = dict[str, Any]
LEVELS = ["CHUA_DAT", "DAT", "KHA", "TOT"]
CONDUCT = {
    "TOT": {"CHUA_DAT": "CHUA_DAT", "DAT": "KHA", "KHA": "KHA", "TOT": "TOT"},
    "KHA": {"CHUA_DAT": "CHUA_DAT", "DAT": "DAT", "KHA": "KHA", "TOT": "TOT"},
    "DAT": {"CHUA_DAT": "CHUA_DAT", "DAT": "DAT", "KHA": "KHA", "TOT": "KHA"},
    "CHUA_DAT": {"CHUA_DAT": "CHUA_DAT", "DAT": "DAT", "KHA": "DAT", "TOT": "KHA"},
}


def one_decimal(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"), ROUND_HALF_UP)


def due(subject: Json, term: Json, reading: str) -> int:
    periods = subject["periods"]
    topic = term.get("topic") is not None
    if topic and reading == "band":
        periods += 35
    count = 2 if subject["mode"] == "comment" or periods <= 35 else 3 if periods <= 70 else 4
    return count + (topic and reading == "extra")


def term_result(subject: Json, term: Json, readings: Mapping[str, str]) -> Decimal | str | None:
    reading = subject.get("topic_reading") or readings["topic"]
    regular = list(term["regular"])
    if term.get("topic") is not None:
        regular.append(term["topic"])
    everything = [*regular, term["mid"], term["end"]]
    short = len(regular) < due(subject, term, reading)
    waits = short or "PENDING" in everything or "EXCUSED" in everything
    if subject["mode"] == "comment":
        if waits and readings["comment_missing"] == "wait":
            return None
        return "DAT" if not short and set(everything) == {"DAT"} else "CHUA_DAT"
    if waits:
        return None
    points = [Decimal(0 if cell == "ZERO_BY_RULE" else cell) / 10 for cell in everything]
    mid, end = points[-2:]
    return one_decimal((sum(points[:-2]) + 2 * mid + 3 * end) / (len(regular) + 5))


def subject_results(subject: Json, readings: Mapping[str, str]) -> list[Any]:
    """Give term I, term II, year."""
    first, second = (term_result(subject, term, readings) for term in subject["terms"])
    if subject["mode"] == "comment":
        return [first, second, second]
    if not isinstance(first, Decimal) or not isinstance(second, Decimal):
        return [first, second, None]
    return [first, second, one_decimal((first + 2 * second) / 3)]


def level(results: Mapping[str, Any]) -> str:
    marks = [one for one in results.values() if not isinstance(one, str)]
    failed = list(results.values()).count("CHUA_DAT")

    def reach(threshold: str) -> int:
        return len([one for one in marks if one >= Decimal(threshold)])

    if failed == 0 and min(marks, default=Decimal(10)) >= Decimal("6.5") and reach("8.0") >= 6:
        return "TOT"
    if failed == 0 and min(marks, default=Decimal(10)) >= Decimal("5.0") and reach("6.5") >= 6:
        return "KHA"
    if failed < 2 and min(marks, default=Decimal(10)) >= Decimal("3.5") and reach("5.0") >= 6:
        return "DAT"
    return "CHUA_DAT"


def study(results: Mapping[str, Any], readings: Mapping[str, str]) -> Json:
    if any(one is None for one in results.values()):
        return {"base": None, "result": None}
    base = level(results)
    best = base
    for code, one in results.items():
        others = {key: value for key, value in results.items() if key != code}
        if readings["art9_3"] == "substitution":
            others[code] = "DAT" if isinstance(one, str) else Decimal(10)
        if LEVELS.index(level(others)) - LEVELS.index(base) >= 2:
            best = LEVELS[LEVELS.index(base) + 1]
    return {"base": base, "result": best}


def tenths(result: Any) -> Any:
    return int(result * 10) if isinstance(result, Decimal) else result


def year(case: Json, readings: Mapping[str, str]) -> Json:
    results = {
        code: subject_results(subject, readings) for code, subject in case["subjects"].items()
    }
    terms = [study({c: r[at] for c, r in results.items()}, readings) for at in (0, 1)]
    years = {code: found[2] for code, found in results.items()}
    learnt = study(years, readings)
    first, second = case["conduct"]
    behaved = CONDUCT[first][second] if first and second else None
    end = year_end(case["absences"], behaved, learnt["result"], readings)
    title = None
    if behaved == learnt["result"] == "TOT" and (
        readings["title"] == "literal" or end == "promoted"
    ):
        nines = [one for one in years.values() if isinstance(one, Decimal) and one >= 9]
        title = "XUAT_SAC" if len(nines) >= 6 else "GIOI"
    weak = sorted(
        code for code, one in years.items() if one == "CHUA_DAT" or (one is not None and low(one))
    )
    if end not in {"retest", "summer_training"} or learnt["result"] != "CHUA_DAT":
        weak = []
    summer = after_summer(case["summer"], (behaved, end, weak), years, readings)
    waiting = {"promoted": "promoted", "retained": "retained"}.get(end, "pending")
    return {
        "subjects": {
            code: {"terms": [tenths(found[0]), tenths(found[1])], "year": tenths(found[2])}
            for code, found in results.items()
        },
        "study": {"terms": terms, "year": learnt},
        "conduct_year": behaved,
        "title": title,
        "year_end": end,
        "retest_subjects": weak,
        "after_summer": summer,
        "final": summer["outcome"] if summer else waiting,
    }


def low(result: Any) -> bool:
    return isinstance(result, Decimal) and result < 5


def year_end(
    absences: int, behaved: str | None, learnt: str | None, readings: Mapping[str, str]
) -> str:
    if absences >= 46:
        return "retained"
    if behaved is None or learnt is None:
        return "incomplete"
    both = behaved == learnt == "CHUA_DAT"
    if both:
        return "retained" if readings["both_failed"] == "ministry" else "summer_training"
    if behaved == "CHUA_DAT":
        return "summer_training"
    return "retest" if learnt == "CHUA_DAT" else "promoted"


def after_summer(
    summer: Json | None,
    so_far: tuple[str | None, str, list[str]],
    years: Mapping[str, Any],
    readings: Mapping[str, str],
) -> Json | None:
    behaved, end, weak = so_far
    if summer is None or end not in {"summer_training", "retest"}:
        return None
    if end == "summer_training" and summer["conduct"]:
        behaved = summer["conduct"]
    again = dict(years)
    if behaved != "CHUA_DAT":
        for code in weak:
            if code not in summer["retests"]:
                continue
            sat = summer["retests"][code]
            if isinstance(years[code], str):
                again[code] = "DAT" if sat == "DAT" else "CHUA_DAT"
            else:
                new = Decimal(0 if sat == "ZERO_BY_RULE" else sat) / 10
                better = readings["retest"] == "best_of" and years[code] > new
                again[code] = years[code] if better else new
    learnt = study(again, readings)
    promoted = "CHUA_DAT" not in {behaved, learnt["result"]}
    return {
        "conduct": behaved,
        "study": learnt,
        "subjects": {code: tenths(one) for code, one in again.items()},
        "outcome": "promoted" if promoted else "retained",
    }


def primary_level(case: Json) -> str:
    subjects = "".join(sorted(set(case["subjects"].values())))
    person = "".join(sorted(set(case["qualities"].values()) | set(case["competences"].values())))
    lowest = min(case["tests"].values())
    if subjects == "T" and person == "T" and lowest >= 7:
        return "HTXS" if lowest >= 9 else "HTT"
    if "C" in subjects or "C" in person or lowest < 5:
        return "CHT"
    return "HT"


def primary(case: Json, readings: Mapping[str, str]) -> Json:
    """Give the result of a case in which everything is assessed as the law knows it."""
    result = primary_level(case)
    after, outcome = None, "completed"
    if result == "CHT":
        outcome = "support"
        if case["supplement"] is not None:
            parts = ("subjects", "qualities", "competences", "tests")
            after = primary_level(
                {part: {**case[part], **case["supplement"].get(part, {})} for part in parts}
            )
            outcome = "completed"
            if after == "CHT":
                decided = {None: "principal_decides", True: "promoted_by_principal"}
                outcome = decided.get(case["principal_promotes"], "retained")
    title = {"HTXS": "HS_XUAT_SAC"}.get(result)
    if result == "HTT" and case["outstanding_or_progress"] and case["recognised_by_class"]:
        title = "HS_TIEU_BIEU"
    by_principal = readings["primary_completion"] == "principal"
    done = {"completed", "promoted_by_principal"} if by_principal else {"completed"}
    return {
        "errors": [],
        "result": result,
        "result_after_support": after,
        "title": title,
        "outcome": outcome,
        "primary_completed": case["grade"] == 5 and outcome in done,
    }


def completion(case: Json, readings: Mapping[str, str]) -> Json:
    old = case["school_year"] <= "2024-2025"
    reasons = ["absences"] if case["absences"] >= 46 else []
    age = int(case["school_year"][5:]) - case["birth_year"]
    if old and (age >= 22 if case["track"] == "GDPT" else age <= 14):
        reasons.append("age")
    if old and not case["file_complete"]:
        reasons.append("file")
    weak = [
        later
        for now, later in (
            (case["conduct_year"], case["conduct_after_summer"]),
            (case["study_year"], case["study_after_retest"]),
        )
        if now == "CHUA_DAT"
    ]
    hopeless = len(weak) == 2 and readings["both_failed"] == "ministry"
    if hopeless or "CHUA_DAT" in weak:
        reasons.append("results")
    status, of_round = "not_completed", None
    if not reasons and None in weak:
        status = "waiting_summer"
    elif not reasons:
        status, of_round = "confirmed", 2 if weak else 1
    rule = "TT31_2023" if old else "TT22_ART12"
    return {"rule": rule, "status": status, "round": of_round, "reasons": reasons}
