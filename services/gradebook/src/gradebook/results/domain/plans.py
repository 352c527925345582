"""Which subjects a pupil takes (TT 32/2018 as amended by TT 13/2022; TT 22/2021 Art. 10, 11)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from contracts.lists import Grade, Level, Subject

_COMPULSORY = {
    Level.THCS: (
        Subject.VAN,
        Subject.TOAN,
        Subject.NN1,
        Subject.GDCD,
        Subject.LSDL,
        Subject.KHTN,
        Subject.CN,
        Subject.TIN,
        Subject.GDTC,
        Subject.NT,
        Subject.HDTN,
        Subject.GDDP,
    ),
    Level.THPT: (
        Subject.VAN,
        Subject.TOAN,
        Subject.NN1,
        Subject.SU,
        Subject.GDQPAN,
        Subject.GDTC,
        Subject.HDTN,
        Subject.GDDP,
    ),
}
CHOICES = (
    Subject.DIA,
    Subject.KTPL,
    Subject.LI,
    Subject.HOA,
    Subject.SINH,
    Subject.CN,
    Subject.TIN,
    Subject.AN,
    Subject.MT,
)
"""Môn học lựa chọn of THPT."""
CHOSEN = 4
TOPICS = 3
"""Cụm chuyên đề that a pupil of THPT takes, each of a subject that the pupil learns."""
OPTIONAL = (Subject.NN2, Subject.TDT)
"""Môn học tự chọn."""
EXEMPTIBLE = (Subject.GDTC, Subject.GDQPAN)
"""Whose practical part can be exempted; the pupil is assessed on theory as often (Art. 10)."""
_NO_TOPICS = (Subject.NN1, Subject.GDQPAN, Subject.GDTC, Subject.HDTN, Subject.GDDP)


@dataclass(frozen=True, slots=True)
class SubjectPlan:
    """What a class, or one pupil of it, takes beside the compulsory subjects."""

    chosen: tuple[Subject, ...] = ()
    optional: tuple[Subject, ...] = ()
    topics: tuple[Subject, ...] = ()
    exempt: tuple[Subject, ...] = ()
    individual: bool = False
    """A disabled pupil's individual education plan (Art. 11): the principal decides."""


PLAIN = SubjectPlan()


@dataclass(frozen=True, slots=True)
class Fault:
    """What in a plan is against the curriculum, and how it is mended."""

    field: str
    what: str
    how: str


def subjects(plan: SubjectPlan, grade: Grade) -> Sequence[Subject]:
    """Give what is learnt, in the order of the score book; nothing where no law of marks is."""
    return (*_COMPULSORY.get(grade.level, ()), *plan.chosen, *plan.optional)


def complete(plan: SubjectPlan, grade: Grade) -> bool:
    """Whether it says all that must be chosen: in THPT nobody can know without it."""
    return grade.level is not Level.THPT or len(plan.chosen) == CHOSEN


def faults(plan: SubjectPlan, grade: Grade) -> Iterator[Fault]:
    """Say what is against the curriculum of the grade."""
    if grade.level not in _COMPULSORY:
        yield Fault("chosen", f"{grade.vietnamese} không có kế hoạch môn học.", "Bỏ kế hoạch này.")
        return
    high = grade.level is Level.THPT
    yield from _only(
        "chosen", plan.chosen, CHOICES if high else (), CHOSEN if high else 0, "môn lựa chọn"
    )
    learnt = set(subjects(plan, grade)).difference(_NO_TOPICS)
    yield from _only(
        "topics", plan.topics, learnt if high else (), TOPICS if high else 0, "cụm chuyên đề"
    )
    yield from _only("optional", plan.optional, OPTIONAL, None, "môn tự chọn")
    allowed = [one for one in EXEMPTIBLE if one in subjects(plan, grade)]
    yield from _only("exempt", plan.exempt, allowed, None, "môn được miễn thực hành")


def _only(
    field: str,
    given: Sequence[Subject],
    allowed: Iterable[Subject],
    count: int | None,
    what: str,
) -> Iterator[Fault]:
    allowed = set(allowed)
    for subject in given:
        if subject not in allowed:
            yield Fault(field, f"{subject.vietnamese} không phải {what} ở đây.", "Bỏ môn này.")
    if len(set(given)) < len(given):
        yield Fault(field, "Có môn ghi hai lần.", "Bỏ một lần.")
    if count is not None and len(given) != count:
        yield Fault(field, f"Có {len(given)} {what}, phải có đúng {count}.", "Chọn lại cho đủ.")
