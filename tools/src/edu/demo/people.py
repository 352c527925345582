"""Pupils and guardians as they live in the south of Viet Nam, put together by lot: they are nobody.

Each name, address and telephone number holds something that nothing else in the world holds, a
*canary*: wherever it turns up, it is that person's data.
"""

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
RELATION = {"female": "mother", "male": "father"}

SYLLABLES = [onset + vowel for onset in "fjwz" for vowel in "aeiou"]
"""Of letters that Vietnamese does not have, and that no word of ours puts together so."""
WORDS = len(SYLLABLES) ** 4
NUMBERS = 10_000_000
WORDS_OF_A_PERSON = 3
"""Of a name, an e-mail address and a street."""
CANARY = 2
"""Where in a name it stands; it is ASCII, so that it is the same in every encoding."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is."""

    name: str
    sex: str
    ethnic: str


@dataclass(frozen=True, slots=True)
class Guardian:
    """Who is there for a pupil, and how to reach them."""

    name: str
    relation: str
    phone: str
    email: str
    address: str


def person(lots: Random, number: int) -> Person:
    """Draw somebody; no two numbers share a name."""
    sex = lots.choice(("female", "male"))
    minority = lots.random() < MINORITY_SHARE
    family = lots.choice(KHMER) if minority else lots.choices([*FAMILY], [*FAMILY.values()])[0]
    middle, given = lots.choice(MIDDLE[sex]), lots.choice(GIVEN[sex])
    name = " ".join((family, middle, word(number * WORDS_OF_A_PERSON), given))
    return Person(name, sex, "Khơ-me" if minority else "Kinh")


def guardian(lots: Random, number: int) -> Guardian:
    """Draw somebody who can be reached; the address is of a domain that nobody can own."""
    own = person(lots, number)
    first = number * WORDS_OF_A_PERSON
    return Guardian(
        name=own.name,
        relation=RELATION[own.sex],
        phone=f"098{number * 6_180_339 % NUMBERS:07}",
        email=f"{word(first + 1).lower()}@phuhuynh.example",
        address=f"số {lots.randint(1, 199)}, đường {word(first + 2)}",
    )


def word(number: int) -> str:
    """Give a word of its own to each number; neighbours look nothing alike."""
    rest = number * 61_803 % WORDS
    syllables = []
    for _ in range(4):
        rest, at = divmod(rest, len(SYLLABLES))
        syllables.append(SYLLABLES[at])
    return "".join(syllables).capitalize()
