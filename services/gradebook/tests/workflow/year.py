"""A class through its year, over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.clock import new_id

AN, BINH, CHI = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(3))
HOMEROOM = new_id()


async def planned(
    book: Any,
    *pupils: str,
    subjects: Sequence[str] = ("TOAN",),
    term: str = "HK1",
) -> str:
    """Open a class with a plan of these subjects; TEACHER teaches all of them."""
    class_id: str = await book.class_6a(pupils or (AN, BINH))
    await plan(book, class_id, subjects=subjects, term=term)
    return class_id


async def plan(
    book: Any, class_id: str, *, subjects: Sequence[str] | None, term: str = "HK1"
) -> Mapping[str, Any]:
    """Plan a term: the teacher of mathematics teaches everything, the class has a homeroom."""
    teacher = book.teacher.partition("/")[2]
    if subjects:
        teaching = [{"subject": one, "teacher_ids": [teacher]} for one in subjects]
        await book.put(f"/classes/{class_id}/teaching", {"teaching": teaching})
    await book.put(f"/classes/{class_id}", {"name": "6A", "homeroom_teacher_id": HOMEROOM})
    wanted = [{"subject": one} for one in subjects] if subjects else None
    body = {"term": term, "due_on": "2027-01-10", "subjects": wanted}
    answer: Mapping[str, Any] = await book.put(f"/classes/{class_id}/assessment-plan", body)
    return answer


async def columns(book: Any, class_id: str, subject: str, term: str = "HK1") -> list[Any]:
    """Give a subject's columns as they stand."""
    found = await book.get(f"/classes/{class_id}/sheets", params={"subject": subject, "term": term})
    return list(found["sheets"])


async def fill(
    book: Any, class_id: str, subject: str, marks: Mapping[str, str], term: str = "HK1"
) -> None:
    """Give each pupil one mark in every column of a subject and term."""
    for column in await columns(book, class_id, subject, term):
        cells = [{"pupil_id": pupil, "score": mark} for pupil, mark in marks.items()]
        await book.save(column["sheet_id"], cells, token=book.principal)


async def lock(
    book: Any, class_id: str, subject: str, term: str = "HK1", *, expect: int = 200, **body: Any
) -> Any:
    """Lock a book as its teacher."""
    path = f"/classes/{class_id}/books/{subject}/{term}/lock"
    return await book.post(path, body, token=book.teacher, expect=expect)


async def conduct(
    book: Any, class_id: str, levels: Mapping[str, str | None], term: str = "HK1", **row: Any
) -> Any:
    """Let the homeroom teacher decide the conduct of pupils nobody has decided about."""
    rows = [
        {"pupil_id": pupil, "version": 0, "level": level} | row for pupil, level in levels.items()
    ]
    return await book.put(
        f"/classes/{class_id}/conduct/{term}",
        {"pupils": rows},
        token=f"homeroom-teacher/{HOMEROOM}",
    )
