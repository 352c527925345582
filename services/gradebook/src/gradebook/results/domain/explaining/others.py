"""Why a primary year and the completion of THCS end as they do (TT 27/2020; TT 22, TT 31)."""

from collections.abc import Iterator

from gradebook.results.domain import completion, primary
from gradebook.results.domain.completion import CompletionResult, Reason, Rule, Status
from gradebook.results.domain.explaining.steps import Step, called, listed, rated
from gradebook.results.domain.primary import Assessed, Outcome, PrimaryResult, Title, YearLevel
from gradebook.results.domain.year import MOST_ABSENCES

_PERSON = {**primary.QUALITIES, **primary.COMPETENCES}
_LOWEST = {YearLevel.HTXS: 9, YearLevel.HTT: 7, YearLevel.HT: 5}
_OUTCOMES = {
    Outcome.COMPLETED: "hoàn thành chương trình lớp học",
    Outcome.SUPPORT: "giáo viên hướng dẫn, giúp đỡ rồi đánh giá bổ sung",
    Outcome.PRINCIPAL_DECIDES: "vẫn chưa đủ điều kiện, chờ hiệu trưởng quyết định",
    Outcome.PROMOTED_BY_PRINCIPAL: "hiệu trưởng quyết định cho lên lớp",
    Outcome.RETAINED: "hiệu trưởng quyết định ở lại lớp",
    Outcome.INCOMPLETE: "chưa xét được",
    Outcome.REJECTED: "dữ liệu nhập sai, chưa xét được",
}
_REASONS = {
    Reason.ABSENCES: f"nghỉ quá {MOST_ABSENCES} buổi",
    Reason.AGE: "không đúng độ tuổi",
    Reason.FILE: "hồ sơ chưa đủ",
    Reason.RESULTS: "kết quả rèn luyện hoặc học tập Chưa đạt",
}


def explain_primary(case: primary.Case, result: PrimaryResult) -> Iterator[Step]:
    """Yield the way from what was assessed to what became of the pupil."""
    first = Assessed(case.subjects, case.qualities, case.competences, case.tests)
    if result.outcome is Outcome.REJECTED:
        yield Step("Dữ liệu", listed(result.errors), "TT 27/2020 Điều 7")
    elif result.result is None:
        waits = listed(primary.missing(first, case.grade))
        yield Step("Kết quả giáo dục", f"chưa có kết quả: còn chờ {waits}", "TT 27/2020 Điều 9")
    else:
        yield _level("Kết quả giáo dục", first, result.result)
        yield _title(case, result)
    if result.result_after_support is not None and case.supplement is not None:
        again = primary.supplemented(first, case.supplement)
        yield _level("Kết quả sau hỗ trợ", again, result.result_after_support)
    says = _OUTCOMES[result.outcome]
    if result.primary_completed:
        says += "; hoàn thành chương trình tiểu học"
    yield Step("Xét hoàn thành", says, "TT 27/2020 Điều 11")


def _level(about: str, assessed: Assessed, level: YearLevel) -> Step:
    higher = list(YearLevel)[: list(YearLevel).index(level)]
    parts = [f"{one.vietnamese}: không, vì {_lacks(one, assessed)}" for one in higher]
    return Step(about, "; ".join([*parts, f"→ {level.vietnamese}"]), "TT 27/2020 Điều 9(2)")


def _lacks(level: YearLevel, assessed: Assessed) -> str:
    """Name what a level asks and was not assessed so."""
    only_best = level is not YearLevel.HT
    subjects = {"T"} if only_best else {"T", "H"}
    person = {"T"} if only_best else {"T", "D"}
    lacks = [
        f"{called(code)}: {primary.SUBJECT_LEVELS[given]}"
        for code, given in assessed.subjects.items()
        if given not in subjects
    ]
    lacks += [
        f"{_PERSON.get(code, code)}: {primary.PERSON_LEVELS[given]}"
        for code, given in {**assessed.qualities, **assessed.competences}.items()
        if given not in person
    ]
    lacks += [
        f"bài kiểm tra {called(code)} {primary.mark(given)} điểm (cần {_LOWEST[level]})"
        for code, given in assessed.tests.items()
        if (primary.mark(given) or 0) < _LOWEST[level]
    ]
    return listed(lacks)


def _title(case: primary.Case, result: PrimaryResult) -> Step:
    match result.title:
        case Title.HS_XUAT_SAC:
            says = "Hoàn thành xuất sắc → Học sinh Xuất sắc"
        case Title.HS_TIEU_BIEU:
            says = "Hoàn thành tốt, có thành tích hoặc tiến bộ, được lớp công nhận → "
            says += "Học sinh tiêu biểu hoàn thành tốt trong học tập và rèn luyện"
        case _ if result.result is YearLevel.HTT and not case.outstanding_or_progress:
            says = "Hoàn thành tốt, chưa có thành tích hay tiến bộ vượt bậc → không có"
        case _ if result.result is YearLevel.HTT:
            says = "Hoàn thành tốt nhưng chưa được tập thể lớp công nhận → không có"
        case _:
            says = "không có: cần Hoàn thành tốt trở lên"
    return Step("Danh hiệu", says, "TT 27/2020 Điều 13")


def explain_completion(case: completion.Case, result: CompletionResult) -> Iterator[Step]:
    """Yield the conditions of completion and which of them decided."""
    law = "TT 22/2021 Điều 12" if result.rule is Rule.TT22_ART12 else "TT 31/2023; TT 22/2021 Đ. 12"
    had = (
        f"rèn luyện {rated(case.conduct_year)}, học tập {rated(case.study_year)}, "
        f"nghỉ {case.absences} buổi"
    )
    later = [
        f"{what} sau hè {rated(found)}"
        for what, passed, found in (
            ("rèn luyện", case.conduct_year.passes, case.conduct_after_summer),
            ("học tập", case.study_year.passes, case.study_after_retest),
        )
        if not passed
    ]
    match result.status:
        case Status.CONFIRMED:
            says = f"hoàn thành chương trình THCS, đợt {result.round}"
        case Status.WAITING_SUMMER:
            says = "chờ kết quả sau hè"
        case Status.NOT_COMPLETED:
            says = "chưa hoàn thành: " + listed(_REASONS[reason] for reason in result.reasons)
    yield Step("Hoàn thành THCS", f"{listed([had, *later])} → {says}", law)
