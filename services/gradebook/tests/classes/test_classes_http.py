"""Classes over HTTP on a real database."""

from typing import Any

from chassis.clock import new_id

YEAR = "2026-2027"


def _class(school_id: str, **fields: Any) -> dict[str, Any]:
    return {"school_id": school_id, "school_year": YEAR, "grade": "6", "name": "6A"} | fields


async def test_classes_are_opened_once_and_found_again_by_name(book: Any) -> None:
    school = book.facts.school()
    await book.hear(school)
    own_id = new_id()
    body = {
        "classes": [
            _class(school.school_id, name=" 6A  1 ", class_id=own_id),
            _class(school.school_id, name="6A2", homeroom_teacher_id=new_id()),
        ]
    }
    first = (await book.post("/classes", body, expect=201))["classes"]
    assert [(one["name"], one["version"], one["opened"]) for one in first] == [
        ("6A 1", 1, True),
        ("6A2", 1, True),
    ]
    assert first[0]["class_id"] == own_id
    again = (await book.post("/classes", body, expect=201))["classes"]
    assert again == [one | {"opened": False} for one in first]
    events = await book.outbox("class-opened")
    assert [event.data["name"] for event in events] == ["6A 1", "6A2"]
    assert {event.key for event in events} == {school.school_id}


async def test_a_class_that_differs_from_the_one_that_stands_is_a_conflict(book: Any) -> None:
    school = book.facts.school()
    await book.hear(school)
    await book.post("/classes", {"classes": [_class(school.school_id)]}, expect=201)
    for other in ({"grade": "7"}, {"class_id": new_id()}):
        body = {"classes": [_class(school.school_id, **other)]}
        refused = await book.post("/classes", body, expect=409)
        assert refused["errors"][0]["where"] == "classes[0]"
    assert len(await book.outbox("class-opened")) == 1


async def test_a_class_needs_a_known_open_school_of_its_level(book: Any) -> None:
    school = book.facts.school()
    body = {"classes": [_class(school.school_id)]}
    unknown = await book.post("/classes", body, expect=409)
    assert unknown["type"].endswith("school-unknown")
    await book.hear(school)
    upper = {"classes": [_class(school.school_id, grade="10")]}
    refused = await book.post("/classes", upper, expect=422)
    assert "không dạy Lớp 10" in refused["errors"][0]["what"]
    await book.hear(book.facts.school(version=2, open=False))
    closed = await book.post("/classes", body, expect=409)
    assert closed["type"].endswith("school-closed")


async def test_a_class_gets_another_name_and_homeroom_teacher(book: Any) -> None:
    class_id = await book.class_6a()
    await book.class_6a(name="6B")
    teacher = new_id()
    body = {"name": "6A1", "homeroom_teacher_id": teacher}
    changed = await book.put(f"/classes/{class_id}", body)
    assert (changed["name"], changed["version"]) == ("6A1", 2)
    assert await book.put(f"/classes/{class_id}", body) == changed
    event = (await book.outbox("class-opened"))[-1]
    assert event.data == changed
    taken = {"name": "6B", "homeroom_teacher_id": None}
    assert (await book.put(f"/classes/{class_id}", taken, expect=409))["type"].endswith(
        "name-taken"
    )


async def test_teaching_is_assigned_by_subject(book: Any) -> None:
    class_id = await book.class_6a()
    teachers = sorted([new_id(), new_id()])
    teaching = [
        {"subject": "VAN", "teacher_ids": list(reversed(teachers))},
        {"subject": "TOAN", "teacher_ids": []},
    ]
    assigned = await book.put(f"/classes/{class_id}/teaching", {"teaching": teaching})
    assert assigned["teaching"] == [
        {"subject": "TOAN", "version": 2, "teacher_ids": []},
        {"subject": "VAN", "version": 1, "teacher_ids": teachers},
    ]
    await book.put(f"/classes/{class_id}/teaching", {"teaching": teaching})
    events = [
        (event.data["subject"], event.data["version"])
        for event in await book.outbox("teaching-assigned")
    ]
    assert events == [("TOAN", 1), ("VAN", 1), ("TOAN", 2)]
    strange = {"teaching": [{"subject": "LI", "teacher_ids": teachers}]}
    refused = await book.put(f"/classes/{class_id}/teaching", strange, expect=422)
    assert "Vật lí không có ở Lớp 6" in refused["errors"][0]["what"]


async def test_a_class_is_read_with_its_list_and_its_teachers(book: Any) -> None:
    pupil_id = new_id()
    class_id = await book.class_6a([pupil_id])
    read = await book.get(f"/classes/{class_id}", token=book.teacher)
    assert read["pupils"] == [{"pupil_id": pupil_id, "name": "chưa có tên"}]
    assert [one["subject"] for one in read["teaching"]] == ["TOAN"]
    params = {"school_id": read["school_id"], "school_year": YEAR}
    listed = await book.get("/classes", params=params)
    assert [one["class_id"] for one in listed["classes"]] == [class_id]


async def test_a_teacher_sees_own_classes_and_a_stranger_none(book: Any) -> None:
    class_id = await book.class_6a()
    await book.put(
        f"/classes/{await book.class_6a(name='6B')}/teaching",
        {"teaching": [{"subject": "TOAN", "teacher_ids": [new_id()]}]},
    )
    school_id = (await book.get(f"/classes/{class_id}"))["school_id"]
    params = {"school_id": school_id, "school_year": YEAR}
    own = await book.get("/classes", params=params, token=book.teacher)
    assert [one["class_id"] for one in own["classes"]] == [class_id]
    await book.get("/classes", params=params, token=f"teacher/{new_id()}", expect=404)


async def test_a_schools_pupils_are_listed_with_their_seats(book: Any) -> None:
    seated, waiting = new_id(), new_id()
    class_id = await book.class_6a([seated])
    await book.hear(book.facts.enrolled(waiting))
    school_id = (await book.get(f"/classes/{class_id}"))["school_id"]
    params = {"school_year": YEAR, "grade": "6"}
    listed = await book.get(f"/schools/{school_id}/pupils", params=params)
    assert {one["pupil_id"]: one["class_id"] for one in listed["pupils"]} == {
        seated: class_id,
        waiting: None,
    }
