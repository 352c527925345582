"""Why a year ends as it does (TT 22/2021 Art. 8, 9, 11-15)."""

from collections.abc import Iterator, Mapping

from gradebook.results.domain.explaining import subjects
from gradebook.results.domain.explaining.steps import Step, called, listed, number, rated
from gradebook.results.domain.readings import Readings
from gradebook.results.domain.study import SIX, Study, hindering
from gradebook.results.domain.words import Comment, Rating, Result
from gradebook.results.domain.year import (
    MOST_ABSENCES,
    Case,
    Final,
    Title,
    YearEnd,
    YearResult,
    excellent,
)

_THRESHOLDS = {Rating.TOT: (65, 80), Rating.KHA: (50, 65), Rating.DAT: (35, 50)}
"""What every scored subject must reach, and what six of them must (Art. 9(2))."""


def explain(case: Case, result: YearResult, readings: Readings) -> Iterator[Step]:
    """Yield the way from the marks to what became of the pupil."""
    for code, subject in case.subjects.items():
        yield from subjects.explain(code, subject, result.subjects[code], readings)
    results = {code: found.terms for code, found in result.subjects.items()}
    for at, about in enumerate(("học kỳ I", "học kỳ II")):
        of_term: dict[str, Result] = {code: terms[at] for code, terms in results.items()}
        yield study(f"Học tập {about}", of_term, result.study.terms[at], readings)
    years: dict[str, Result] = {code: found.year for code, found in result.subjects.items()}
    yield study("Học tập cả năm", years, result.study.year, readings)
    yield Step(
        "Rèn luyện cả năm",
        f"học kỳ I {rated(case.conduct[0])}, học kỳ II {rated(case.conduct[1])} → "
        f"{rated(result.conduct_year)}",
        "TT 22/2021 Điều 8(2)",
    )
    yield _title(result, years)
    yield _year_end(case, result)
    if result.after_summer is not None:
        yield from _after_summer(case, result, readings)


def study(about: str, results: Mapping[str, Result], found: Study, readings: Readings) -> Step:
    """Say which condition decided a study result."""
    law = "TT 22/2021 Điều 9(2)"
    if found.base is None or found.result is None:
        waits = listed(called(code) for code, result in results.items() if result is None)
        return Step(about, f"chưa có kết quả: còn chờ {waits}", law)
    higher = [rating for rating in reversed(Rating) if rating.rank > found.base.rank]
    parts = [f"{rating.vietnamese}: không, vì {_lacks(rating, results)}" for rating in higher]
    parts.append(f"→ {found.base.vietnamese}{_has(found.base, results)}")
    if found.base is not found.result:
        code, alternative = next(hindering(*_by_mode(results), readings))
        how = "bỏ môn này ra" if readings.art9_3 == "removal" else "môn này đủ mức"
        parts.append(
            f"chỉ do một môn ({called(code)}): {how} thì được {alternative.vietnamese}, cao hơn ít "
            f"nhất hai mức, nên nâng một mức (Điều 9(3)) → {found.result.vietnamese}"
        )
    return Step(about, "; ".join(parts), law)


def _lacks(rating: Rating, results: Mapping[str, Result]) -> str:
    """Name what a level asks and these results do not have."""
    all_from, six_from = _THRESHOLDS[rating]
    scored, comments = _by_mode(results)
    failed = [called(code) for code, one in comments.items() if one is Comment.CHUA_DAT]
    low = [f"{called(code)} {number(one)}" for code, one in scored.items() if one < all_from]
    reached = sum(one >= six_from for one in scored.values())
    lacks = []
    if len(failed) > (rating is Rating.DAT):
        lacks.append(f"{listed(failed)} Chưa đạt")
    if low:
        lacks.append(f"{listed(low)} dưới {number(all_from)}")
    if reached < SIX:
        lacks.append(f"chỉ {reached} môn từ {number(six_from)} (cần {SIX})")
    return " và ".join(lacks)


def _has(rating: Rating, results: Mapping[str, Result]) -> str:
    """Say by what a level was reached."""
    if rating is Rating.CHUA_DAT:
        return ""
    all_from, six_from = _THRESHOLDS[rating]
    reached = sum(one >= six_from for one in _by_mode(results)[0].values())
    return f" (mọi môn từ {number(all_from)}, {reached} môn từ {number(six_from)})"


def _by_mode(results: Mapping[str, Result]) -> tuple[dict[str, int], dict[str, Comment]]:
    scored = {code: one for code, one in results.items() if isinstance(one, int)}
    return scored, {code: one for code, one in results.items() if isinstance(one, Comment)}


def _title(result: YearResult, years: Mapping[str, Result]) -> Step:
    nines = excellent(_by_mode(years)[0].values())
    had = (
        f"rèn luyện {rated(result.conduct_year)}, học tập {rated(result.study.year.result)}, "
        f"{nines} môn từ 9,0"
    )
    if result.title is not None:
        asked = f" (cần {SIX})" if result.title is Title.XUAT_SAC else f" (chưa đủ {SIX})"
        return Step("Danh hiệu", f"{had}{asked} → {result.title.vietnamese}", "TT 22/2021 Điều 15")
    if result.conduct_year is None or result.study.year.result is None:
        return Step("Danh hiệu", f"{had} → chưa xét được", "TT 22/2021 Điều 15")
    return Step(
        "Danh hiệu", f"{had} → không có: cần rèn luyện Tốt và học tập Tốt", "TT 22/2021 Điều 15"
    )


def _year_end(case: Case, result: YearResult) -> Step:
    absent = "số buổi nghỉ chưa tổng hợp"
    if case.absences is not None:
        absent = f"nghỉ {case.absences} buổi (được {MOST_ABSENCES})"
    had = (
        f"rèn luyện {rated(result.conduct_year)}, học tập {rated(result.study.year.result)}, "
        f"{absent}"
    )
    if case.individual_plan is not None:
        decided = {
            YearEnd.PROMOTED: "hiệu trưởng quyết định lên lớp",
            YearEnd.RETAINED: "hiệu trưởng quyết định ở lại lớp",
        }.get(result.year_end, "chờ hiệu trưởng quyết định")
        says = f"học sinh khuyết tật học theo kế hoạch giáo dục cá nhân: {decided}"
        return Step("Cuối năm học", says, "TT 22/2021 Điều 11")
    retests = listed(map(called, result.retest_subjects))
    match result.year_end:
        case YearEnd.PROMOTED:
            return Step("Cuối năm học", f"{had} → được lên lớp", "TT 22/2021 Điều 12(1)")
        case YearEnd.SUMMER_TRAINING:
            then = f", rồi kiểm tra lại {retests}" if retests else ""
            says = f"{had} → rèn luyện trong kỳ nghỉ hè{then}"
            return Step("Cuối năm học", says, "TT 22/2021 Điều 13")
        case YearEnd.RETEST:
            says = f"{had} → kiểm tra lại trong kỳ nghỉ hè: {retests}"
            return Step("Cuối năm học", says, "TT 22/2021 Điều 14")
        case YearEnd.INCOMPLETE:
            return Step("Cuối năm học", f"{had} → chưa xét được", "TT 22/2021 Điều 12")
        case YearEnd.RETAINED:
            why = (
                f"nghỉ quá {MOST_ABSENCES} buổi"
                if case.absences is not None and case.absences > MOST_ABSENCES
                else "rèn luyện và học tập cùng Chưa đạt"
            )
            return Step("Cuối năm học", f"{had} → ở lại lớp vì {why}", "TT 22/2021 Điều 12")


def _after_summer(case: Case, result: YearResult, readings: Readings) -> Iterator[Step]:
    after = result.after_summer
    if after is None or case.summer is None:
        return
    if result.year_end is YearEnd.SUMMER_TRAINING:
        says = (
            f"đánh giá lại sau rèn luyện hè: {rated(case.summer.conduct)}"
            if case.summer.conduct is not None
            else "không hoàn thành rèn luyện hè"
        )
        yield Step("Rèn luyện sau hè", f"{says} → {rated(after.conduct)}", "TT 22/2021 Điều 13")
    if result.retest_subjects and after.conduct.passes:
        changes = [
            f"{called(code)} {_written(result, code)} → {_short(after.subjects[code])}"
            + ("" if code in case.summer.retests else " (không dự kiểm tra lại)")
            for code in result.retest_subjects
        ]
        yield Step("Kiểm tra lại", listed(changes), "TT 22/2021 Điều 14")
        yield study("Học tập sau hè", after.subjects, after.study, readings)
    outcome = "được lên lớp" if after.outcome is Final.PROMOTED else "ở lại lớp"
    says = f"rèn luyện {rated(after.conduct)}, học tập {rated(after.study.result)} → {outcome}"
    yield Step("Sau hè", says, "TT 22/2021 Điều 12")


def _written(result: YearResult, code: str) -> str:
    return _short(result.subjects[code].year)


def _short(result: Result) -> str:
    if isinstance(result, int):
        return number(result)
    return "–" if result is None else result.vietnamese
