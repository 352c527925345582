"""Whom one can be in development: the same people as the tokens', and where each of them works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from edu.bootstrap import CODE, COMMUNE, Caller
from edu.home import Home, write_private
from edu.tokens import named_id, token

FILE = "people.json"
Place = tuple[str, str]
"""An id and a name."""

KINDS = {"commune": "xã", "ward": "phường", "special-zone": "đặc khu"}


@dataclass(frozen=True)
class Person:
    """Somebody to choose on the sign-in page."""

    name: str
    """What the choice is called."""
    title: str
    place: str
    role: str
    subject: str
    school: str | None = None
    unit: str | None = None


def people(folder: Path) -> list[Person]:
    """Return the people of a home; none before the suite has furnished it."""
    path = folder / FILE
    known = json.loads(path.read_text("utf-8")) if path.exists() else []
    return [Person(**one) for one in known]


def settle(home: Home, urls: dict[str, str]) -> None:
    """Write down who there is, once units and school are there."""
    join(home, *_everybody(*_places(home, urls)))


def join(home: Home, *more: Person) -> None:
    """Add people to those of a home; the same name takes the place of whoever had it."""
    known = {one.name: one for one in (*people(home.folder), *more)}
    text = json.dumps([asdict(one) for one in known.values()], indent=1, ensure_ascii=False)
    write_private(home.folder / FILE, text + "\n")


def of_school(name: str, school: Place, commune: Place) -> Iterator[Person]:
    """Give who works with a school: its principal, and the officer of its commune."""
    subject = named_id(f"{name} principal")
    yield Person(f"{name}-principal", "Hiệu trưởng", school[1], "principal", subject, school[0])
    yield Person(
        f"{name}-commune-officer",
        "Chuyên viên giáo dục cấp xã",
        commune[1],
        "department-officer",
        named_id(f"{name} commune officer"),
        unit=commune[0],
    )


def _places(home: Home, urls: dict[str, str]) -> tuple[Place | None, Place | None]:
    """Return the school and the commune of the development tokens, where admissions runs."""
    if "admissions" not in urls:
        return None, None
    admissions = Caller(urls["admissions"], token(home, "department-officer"))
    (school,) = admissions.get(f"/v1/schools?code={CODE}")["items"]
    (commune,) = admissions.get(f"/v1/units?code={COMMUNE}")["items"]
    place = f"{KINDS.get(commune['kind'], '')} {commune['name']}".strip()
    return (school["school_id"], school["name"]), (commune["unit_id"], place)


def _everybody(school: Place | None, commune: Place | None) -> Iterator[Person]:
    everywhere = "toàn tỉnh"
    yield Person(
        "department-officer",
        "Chuyên viên Sở Giáo dục và Đào tạo",
        everywhere,
        "department-officer",
        named_id("department-officer"),
    )
    if commune is not None:
        yield Person(
            "commune-officer",
            "Chuyên viên giáo dục cấp xã",
            commune[1],
            "department-officer",
            named_id("commune-officer"),
            unit=commune[0],
        )
    for role, title in (
        ("principal", "Hiệu trưởng"),
        ("teacher", "Giáo viên bộ môn"),
        ("homeroom-teacher", "Giáo viên chủ nhiệm"),
        ("cashier", "Thủ quỹ"),
    ):
        if school is not None:
            subject = "teacher" if role == "homeroom-teacher" else role
            yield Person(role, title, school[1], role, named_id(subject), school=school[0])
    yield Person("guardian", "Cha mẹ học sinh", "", "guardian", named_id("guardian"))
    yield Person("auditor", "Kiểm toán viên", everywhere, "auditor", named_id("auditor"))
