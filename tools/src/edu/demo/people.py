"""Names as children in the south of Viet Nam bear them, put together by lot: they are nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

FAMILY = {
    "Nguyễn": 38, "Trần": 12, "Lê": 10, "Phạm": 7, "Huỳnh": 6, "Võ": 5, "Phan": 4, "Đặng": 3,
    "Bùi": 2, "Đỗ": 2, "Hồ": 2, "Ngô": 2, "Dương": 2, "Lý": 1, "Trương": 2, "Mai": 1, "Đinh": 1,
}  # fmt: skip
KHMER = ("Thạch", "Sơn", "Kim", "Danh", "Lâm")
MIDDLE = {
    "female": ("Thị", "Ngọc", "Thanh", "Thùy", "Bảo", "Kim", "Minh", "Phương", "Khánh", "Gia"),
    "male": ("Văn", "Minh", "Quốc", "Hoàng", "Gia", "Đức", "Thanh", "Tuấn", "Hữu", "Nhật"),
}
GIVEN = {
    "female": (
        "An", "Anh", "Châu", "Chi", "Dung", "Giang", "Hà", "Hân", "Hương", "Lan", "Linh", "Mai",
        "My", "Ngân", "Nhi", "Như", "Phượng", "Quỳnh", "Thảo", "Thư", "Trang", "Trúc", "Vy", "Yến",
    ),
    "male": (
        "An", "Bảo", "Bình", "Cường", "Duy", "Dũng", "Đạt", "Hải", "Hậu", "Hiếu", "Huy", "Khang",
        "Khoa", "Kiệt", "Long", "Nam", "Nghĩa", "Phúc", "Quân", "Sang", "Tài", "Thịnh", "Trí", "Vũ",
    ),
}  # fmt: skip
MINORITY_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is."""

    name: str
    sex: str
    ethnic: str


def person(lots: Random) -> Person:
    """Draw somebody."""
    sex = lots.choice(("female", "male"))
    minority = lots.random() < MINORITY_SHARE
    family = lots.choice(KHMER) if minority else lots.choices([*FAMILY], [*FAMILY.values()])[0]
    name = " ".join((family, lots.choice(MIDDLE[sex]), lots.choice(GIVEN[sex])))
    return Person(name, sex, "Khơ-me" if minority else "Kinh")
