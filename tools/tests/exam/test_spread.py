"""The rule that spreads candidates over schools: fixed, complete, and one file's own."""

from hypothesis import given
from hypothesis import strategies as st

from edu.exam.file import Candidate, ExamFile
from edu.exam.spread import CLASS_SIZE, SCHOOL_SIZE, Names, spread

SUBJECTS = ("TOAN", "VAN", "LI", "SU")


def file_of(papers: list[set[str]], digest: str = "ab" * 32) -> ExamFile:
    candidates = tuple(
        Candidate(str(number), {s: number % 1001 for s in SUBJECTS if s in sat})
        for number, sat in enumerate(papers, 1)
    )
    return ExamFile(digest, SUBJECTS, candidates)


sets_of_papers = st.lists(st.sets(st.sampled_from(SUBJECTS)), max_size=200)


@given(sets_of_papers)
def test_every_paper_of_every_candidate_is_in_exactly_one_sheet(papers: list[set[str]]) -> None:
    file = file_of(papers)
    names = Names(file.digest)
    found = sorted(
        (pupil, subject, score)
        for school in spread(file, names)
        for each in school.classes
        for subject, sat in each.papers(file.subjects)
        for pupil, score in sat
    )
    assert found == sorted(
        (names.code(one.number), subject, score)
        for one in file.candidates
        for subject, score in one.scores.items()
    )


@given(sets_of_papers)
def test_the_same_file_always_becomes_the_same_schools(papers: list[set[str]]) -> None:
    first, again = file_of(papers), file_of(papers)
    assert spread(first, Names(first.digest)) == spread(again, Names(again.digest))


def test_two_files_share_no_name() -> None:
    ids = [
        {school.code, *(each.class_id for each in school.classes)}
        | {pupil.code for pupil in school.pupils}
        for digest in ("ab" * 32, "cd" * 32)
        for school in spread(file_of([{"TOAN"}] * 100, digest), Names(digest))
    ]
    assert len(ids[0]) == 104
    assert ids[0].isdisjoint(ids[1])


def test_schools_and_classes_are_full_and_those_with_the_same_papers_sit_together() -> None:
    papers = [{"TOAN", "LI"} if n % 2 else {"TOAN", "SU"} for n in range(SCHOOL_SIZE + 60)]
    file = file_of(papers)
    schools = spread(file, Names(file.digest))
    assert [sum(1 for _ in school.pupils) for school in schools] == [SCHOOL_SIZE, 60]
    sizes = [len(each.pupils) for school in schools for each in school.classes]
    assert sizes == [CLASS_SIZE] * (SCHOOL_SIZE // CLASS_SIZE) + [CLASS_SIZE, 15]
    sheets = [len(list(each.papers(SUBJECTS))) for each in schools[0].classes]
    assert sheets == [2] * 20
    assert [each.name for each in schools[1].classes] == ["12A1", "12A2"]
