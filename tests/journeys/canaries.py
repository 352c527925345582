"""Who lives in the small province, and what of each of them must not get out.

Everybody has words and numbers that stand nowhere else in the world.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from edu.bootstrap import name_of_year
from edu.demo import canaries
from edu.demo.province import School
from edu.tokens import named_id

from .searching import Canary, Place

TODAY = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
YEAR = name_of_year(TODAY)
SCHOOL = "80000077"
PUPILS = 6
HEADER = "Mã định danh;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Khối;Mã trường"


def _draw(name: str) -> bytes:
    return hashlib.sha256(f"canary of {name}".encode()).digest()


def word(name: str) -> str:
    """Return a word that stands nowhere else; its first letter has tone marks."""
    return "Ộ" + "".join(chr(97 + byte % 26) for byte in _draw(name)[:10])


def digits(name: str, count: int) -> str:
    """Return a number that stands nowhere else."""
    return str(int.from_bytes(_draw(name)))[:count]


@dataclass(frozen=True)
class Pupil:
    """A pupil, as the school writes them down."""

    number: int

    @property
    def name(self) -> str:
        return f"Nguyễn Thị {word(f'pupil {self.number}')}"

    @property
    def code(self) -> str:
        return f"0722{digits(f'code {self.number}', 8)}"

    def row(self) -> str:
        born = int(YEAR[:4]) - 11
        return f"{self.code};{self.name};01/02/{born};Nữ;Kinh;6;{SCHOOL}"

    def said(self, where: str) -> str:
        """Return what somebody writes about the pupil, in words."""
        return f"về em {word(f'{where} {self.number}')}"


@dataclass(frozen=True)
class Guardian:
    """A guardian of some of the pupils."""

    number: int
    pupils: Sequence[int]

    @property
    def guardian_id(self) -> str:
        return named_id(f"guardian of canaries {self.number}")

    @property
    def name(self) -> str:
        return f"Trần Văn {word(f'guardian {self.number}')}"

    @property
    def email(self) -> str:
        return f"{word(f'e-mail {self.number}')[1:]}@example.com"

    @property
    def phone(self) -> str:
        return f"090{digits(f'phone {self.number}', 7)}"

    @property
    def evidence(self) -> str:
        return f"phiếu {word(f'evidence {self.number}')}"


CHILDREN = [Pupil(number) for number in range(PUPILS)]
GUARDIANS = [Guardian(0, (0,)), Guardian(1, (1,)), Guardian(2, (0, 2))] + [
    Guardian(number, (number,)) for number in range(3, PUPILS)
]
ERASED, REFUSED = CHILDREN[0], GUARDIANS[4]
"""The pupil who is erased in the end; the guardian whose address the mail server does not know."""

AT_HOME = {
    "admissions": ("admissions.public.enrolment_step", "why a step was taken, in words"),
    "gradebook": ("gradebook.public.cell_change", "why a score was corrected, in words"),
    "payments": ("payments.public.payment", "a cashier's note"),
    "correction": ("payments.public.charge_change", "why a charge was corrected, in words"),
    "reversal": ("payments.public.reversal", "why a payment is undone, in words"),
}
"""Where words about a pupil may stand, beside what: only where they were written, never sent.

A pupil's code stands in admissions, which find pupils by it. All else is sealed wherever it
stands, names and contacts even in the tables of their owners, so it is at home nowhere.
"""


_CODES = frozenset({Place("table", "admissions.public.pupil")})


def canaries_of(pupil: Pupil) -> list[Canary]:
    """Return what must not get out about a pupil."""
    return [
        Canary(word(f"pupil {pupil.number}"), f"name of pupil {pupil.number}"),
        Canary(pupil.code, f"code of pupil {pupil.number}", _CODES),
        *(
            Canary(
                word(f"{where} {pupil.number}"),
                f"words about pupil {pupil.number} in {where}",
                frozenset({Place("table", table)}),
            )
            for where, (table, _) in AT_HOME.items()
        ),
    ]


def canaries_of_guardian(guardian: Guardian) -> list[Canary]:
    """Return what must not get out about a guardian."""
    number = guardian.number
    return [
        Canary(word(f"guardian {number}"), f"name of guardian {number}"),
        Canary(guardian.email.partition("@")[0], f"e-mail of guardian {number}"),
        Canary(guardian.phone[1:], f"phone of guardian {number}"),
        Canary(word(f"evidence {number}"), f"evidence of guardian {number}"),
    ]


def canaries_of_the_demo(schools: Iterable[School]) -> list[Canary]:
    """Return what must not get out about everybody whom the demo plays."""
    return [
        Canary(
            one.text,
            f"{one.kind} of a {one.whose} of the demo",
            _CODES if one.kind == "code" else frozenset(),
        )
        for one in canaries.canaries(schools)
    ]
