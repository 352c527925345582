"""Why a subject has its results: every mark with its weight (TT 22/2021 Art. 6, 7, 9(1))."""

from collections.abc import Iterator

from gradebook.results.domain.averages import (
    END,
    MID,
    Cell,
    Commented,
    Scored,
    ScoredTerm,
    SubjectResult,
    cells_of,
    regular_due,
)
from gradebook.results.domain.explaining.steps import (
    NOTHING_YET,
    Step,
    called,
    listed,
    number,
    quotient,
    written,
)
from gradebook.results.domain.readings import Readings
from gradebook.results.domain.words import Comment, Missing, Result

_TERMS = ("học kỳ I", "học kỳ II")
_WORDS = {
    Missing.PENDING: "chưa đánh giá",
    Missing.EXCUSED: "vắng có phép, chờ kiểm tra bù",
}


def explain(
    code: str,
    subject: Scored | Commented,
    result: SubjectResult[int | None] | SubjectResult[Comment | None],
    readings: Readings,
) -> Iterator[Step]:
    """Yield both terms and the year."""
    for at, found in enumerate(result.terms):
        due = regular_due(subject, at, readings)
        about = f"{called(code)}, {_TERMS[at]}"
        if isinstance(subject, Scored):
            yield Step(about, _scored(subject.terms[at], due, found), "TT 22/2021 Điều 9(1)b")
        else:
            cells = cells_of(subject.terms[at])
            yield Step(about, _commented(cells, due, found), "TT 22/2021 Điều 9(1)a")
    about = f"{called(code)}, cả năm"
    if not isinstance(subject, Scored):
        says = f"lấy kết quả học kỳ II: {written(result.year)}"
        yield Step(about, says, "TT 22/2021 Điều 9(1)a")
        return
    first, second = result.terms
    says = NOTHING_YET
    if isinstance(first, int) and isinstance(second, int):
        total = first + 2 * second
        says = (
            f"({number(first)} + 2 × {number(second)}) / 3 = {number(total)} / 3 = "
            f"{quotient(total, 3)} → {written(result.year)}"
        )
    yield Step(about, says, "TT 22/2021 Điều 9(1)b")


def _scored(term: ScoredTerm, due: int, average: Result) -> str:
    cells = cells_of(term)
    regular = len(cells) - 2
    if average is None:
        return _waiting(cells, due)
    marks = [_mark(cell) for cell in cells]
    weights = [1] * regular + [MID, END]
    total = sum(weight * mark for weight, mark in zip(weights, marks, strict=True))
    parts = sum(weights)
    terms = [
        number(mark) if weight == 1 else f"{weight} × {number(mark)}"
        for weight, mark in zip(weights, marks, strict=True)
    ]
    says = f"({' + '.join(terms)}) / {parts} = {number(total)} / {parts} = "
    says += f"{quotient(total, parts)} → {written(average)}"
    zeros = cells.count(Missing.ZERO_BY_RULE)
    if zeros:
        says += f" ({zeros} lần vắng không lý do tính 0 điểm, Điều 7)"
    return says


def _mark(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0


def _commented(cells: tuple[Comment | Missing, ...], due: int, found: Result) -> str:
    if found is None:
        return _waiting(cells, due)
    passed = cells.count(Comment.DAT)
    return f"{passed}/{max(len(cells), due + 2)} lần đánh giá Đạt → {written(found)}"


def _waiting(cells: tuple[object, ...], due: int) -> str:
    """Say what a result waits for."""
    why = [f"{cells.count(word)} lần {text}" for word, text in _WORDS.items() if word in cells]
    lacking = due - (len(cells) - 2)
    if lacking > 0:
        why.append(f"thiếu {lacking} lần đánh giá thường xuyên")
    return f"{NOTHING_YET}: {listed(why)}"
