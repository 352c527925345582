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
    school, commune = _places(home, urls)
    found = [asdict(person) for person in _everybody(school, commune)]
    write_private(home.folder / FILE, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


Place = tuple[str, str]
"""An id and a name."""


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
