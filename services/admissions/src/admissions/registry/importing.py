"""Registers as they come from outside: units as GeoJSON or JSON, schools as CSV."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from admissions.csv_table import CellError, Column
from admissions.registry.domain import in_order
from admissions.text import TidyName, plain, tidy
from chassis.errors import Invalid
from chassis.http.wording import describe
from contracts.ids import CommuneCode
from contracts.lists import Level, Ownership, UnitKind

_MOST_UNITS = 20_000
Choice = TypeVar("Choice")

_KINDS = {
    "xa": UnitKind.COMMUNE,
    "phuong": UnitKind.WARD,
    "thi tran": UnitKind.TOWNSHIP,
    "dac khu": UnitKind.SPECIAL_ZONE,
}
_LEVELS = {
    "mn": Level.MN,
    "mam non": Level.MN,
    "mau giao": Level.MN,
    "th": Level.TH,
    "tieu hoc": Level.TH,
    "thcs": Level.THCS,
    "trung hoc co so": Level.THCS,
    "thpt": Level.THPT,
    "trung hoc pho thong": Level.THPT,
    "gdtx": Level.GDTX,
    "giao duc thuong xuyen": Level.GDTX,
}
_OWNERSHIPS = {
    "cong lap": Ownership.PUBLIC,
    "dan lap": Ownership.COMMUNITY,
    "tu thuc": Ownership.PRIVATE,
    "public": Ownership.PUBLIC,
    "community": Ownership.COMMUNITY,
    "private": Ownership.PRIVATE,
}


def _kind(value: object) -> object:
    return _KINDS.get(plain(value), value) if isinstance(value, str) else value


class Entry(BaseModel):
    """A commune of a register; further properties (full name, outline) are passed over."""

    model_config = ConfigDict(frozen=True)

    code: CommuneCode
    name: TidyName
    kind: Annotated[UnitKind, BeforeValidator(_kind)]


class _Feature(BaseModel):
    properties: Entry


class _FeatureCollection(BaseModel):
    features: list[_Feature]


_COLLECTION = TypeAdapter(_FeatureCollection)
_LIST = TypeAdapter(list[Entry])


def read_units(document: bytes) -> Sequence[Entry]:
    """Read a GeoJSON FeatureCollection or a JSON list of communes.

    Raises:
        Invalid: with every fault.
    """
    try:
        if document.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            entries = _LIST.validate_json(document.removeprefix(b"\xef\xbb\xbf"))
        else:
            collection = _COLLECTION.validate_json(document.removeprefix(b"\xef\xbb\xbf"))
            entries = [feature.properties for feature in collection.features]
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        located = [{**fault, "loc": ("body", *fault["loc"])} for fault in found]
        raise Invalid(
            "file-refused",
            f"Tệp có {len(found)} lỗi nên chưa ghi đơn vị nào.",
            errors=describe(located),
        ) from None
    if not 0 < len(entries) <= _MOST_UNITS:
        raise Invalid("file-refused", f"Tệp phải có từ 1 đến {_MOST_UNITS} đơn vị.")
    return entries


def _code(cell: str) -> str:
    code = tidy(cell)
    if not 0 < len(code) <= 32:  # noqa: PLR2004 - as contracts.ids.SchoolCode
        raise CellError("Mã dài quá 32 ký tự.")
    return code


def _name(cell: str) -> str:
    name = tidy(cell)
    if not 0 < len(name) <= 200:  # noqa: PLR2004 - as contracts.ids.Name
        raise CellError("Tên dài quá 200 ký tự.")
    return name


def _commune(cell: str) -> str:
    if not (len(cell) == 5 and cell.isascii() and cell.isdigit()):  # noqa: PLR2004 - as the law
        raise CellError("Không phải mã xã, phường.")
    return cell


def _levels(cell: str) -> tuple[Level, ...]:
    words = [plain(word) for word in cell.replace("-", ",").replace("+", ",").split(",")]
    unknown = [word for word in words if word not in _LEVELS]
    if unknown:
        raise CellError("Không có cấp học này.")
    return in_order(_LEVELS[word] for word in words)


def _ownership(cell: str) -> Ownership:
    ownership = _OWNERSHIPS.get(plain(cell))
    if ownership is None:
        raise CellError("Không có loại hình này.")
    return ownership


SCHOOL_COLUMNS = (
    Column(
        "code",
        "Mã trường",
        ("ma truong", "school code", "code"),
        _code,
        "Ghi mã trường của Bộ, tối đa 32 ký tự.",
    ),
    Column("name", "Tên trường", ("ten truong", "school name", "name"), _name, "Ghi tên trường."),
    Column(
        "levels",
        "Cấp học",
        ("cap hoc", "cap", "levels", "level"),
        _levels,
        "Ghi MN, TH, THCS, THPT hoặc GDTX; nhiều cấp thì nối bằng dấu +.",
    ),
    Column(
        "ownership",
        "Loại hình",
        ("loai hinh", "ownership"),
        _ownership,
        "Ghi Công lập, Dân lập hoặc Tư thục.",
        blank=Ownership.PUBLIC,
        optional=True,
    ),
    Column(
        "commune",
        "Mã xã",
        ("ma xa", "ma xa phuong", "commune code", "commune"),
        _commune,
        "Ghi mã 5 chữ số của xã, phường, ví dụ 25459.",
    ),
)
