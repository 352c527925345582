"""The closed lists, complete from the start, and the open enumerations.

A *closed* list may never gain or lose a code inside a major version: every statistic has a cell
for each of its values. An *open* enumeration may grow in a minor version: a reader that does not
know a value takes it as ``other``. Codes are stable; the law they come from stands beside them.
"""

from enum import StrEnum
from typing import Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from contracts.event import READER


class OpenEnum(StrEnum):
    """An enumeration that may grow; each has the member ``OTHER = "other"``.

    A writer names a member, so it cannot publish a value that is not declared. Only a reader,
    marked by the validation context, takes an unknown text as ``other``: a command that names an
    unknown value is still refused.
    """

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Self], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Wrap the enumeration's own validation with the reader's rule."""

        def validate(
            value: object, inner: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo
        ) -> object:
            if info.context is READER and isinstance(value, str):
                return cls._value2member_map_.get(value, cls("other"))
            return inner(value)

        return core_schema.with_info_wrap_validator_function(validate, handler(source))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Mark the enumeration as open for the compatibility gate."""
        json_schema: dict[str, Any] = handler(schema)
        handler.resolve_ref_schema(json_schema)["x-open"] = True
        return json_schema


class Level(OpenEnum):
    """Cấp học."""

    MN = "MN"
    """Mầm non (preschool)."""
    TH = "TH"
    """Tiểu học (primary, grades 1-5)."""
    THCS = "THCS"
    """Trung học cơ sở (lower secondary, grades 6-9)."""
    THPT = "THPT"
    """Trung học phổ thông (upper secondary, grades 10-12)."""
    GDTX = "GDTX"
    """Giáo dục thường xuyên (continuing education)."""
    OTHER = "other"


class Grade(StrEnum):
    """Khối: from the nursery to grade 12. Closed."""

    level: Level
    vietnamese: str
    english: str

    def __new__(
        cls, code: str, level: Level = Level.OTHER, vietnamese: str = "", english: str = ""
    ) -> Self:
        """Keep what is known of a grade beside its code; a look-up gives the code alone."""
        grade = str.__new__(cls, code)
        grade._value_ = code
        grade.level = level
        grade.vietnamese = vietnamese
        grade.english = english
        return grade

    NT = "NT", Level.MN, "Nhà trẻ", "Nursery"
    MG3 = "MG3", Level.MN, "Mẫu giáo 3-4 tuổi", "Kindergarten, age 3"
    MG4 = "MG4", Level.MN, "Mẫu giáo 4-5 tuổi", "Kindergarten, age 4"
    MG5 = "MG5", Level.MN, "Mẫu giáo 5-6 tuổi", "Kindergarten, age 5"
    G1 = "1", Level.TH, "Lớp 1", "Grade 1"
    G2 = "2", Level.TH, "Lớp 2", "Grade 2"
    G3 = "3", Level.TH, "Lớp 3", "Grade 3"
    G4 = "4", Level.TH, "Lớp 4", "Grade 4"
    G5 = "5", Level.TH, "Lớp 5", "Grade 5"
    G6 = "6", Level.THCS, "Lớp 6", "Grade 6"
    G7 = "7", Level.THCS, "Lớp 7", "Grade 7"
    G8 = "8", Level.THCS, "Lớp 8", "Grade 8"
    G9 = "9", Level.THCS, "Lớp 9", "Grade 9"
    G10 = "10", Level.THPT, "Lớp 10", "Grade 10"
    G11 = "11", Level.THPT, "Lớp 11", "Grade 11"
    G12 = "12", Level.THPT, "Lớp 12", "Grade 12"


class Assessment(StrEnum):
    """How a subject is assessed: by score (and comment), or by comment only (Đạt, Chưa đạt)."""

    SCORE = "score"
    COMMENT = "comment"


_SCORE, _COMMENT = Assessment
_TH, _THCS, _THPT = (Level.TH,), (Level.THCS,), (Level.THPT,)
_TH_THCS, _TH_THPT, _THCS_THPT = (*_TH, *_THCS), (*_TH, *_THPT), (*_THCS, *_THPT)
_ALL = (*_TH, *_THCS, *_THPT)


class Subject(StrEnum):
    """Môn học, hoạt động giáo dục and môn thi. Closed.

    Sources: TT 22/2021/TT-BGDĐT Art. 5 and TT 32/2018 (THCS, THPT), TT 27/2020 (TH), and the
    subjects of the upper-secondary examination from 2025 (TT 24/2024), whose codes are those of
    the published result files. ``levels`` is where a subject is taught; one that is only examined
    (the languages, the two halves of Công nghệ) has the level whose pupils sit it.
    """

    assessment: Assessment
    vietnamese: str
    english: str
    levels: tuple[Level, ...]

    def __new__(
        cls,
        code: str,
        assessment: Assessment = _SCORE,
        levels: tuple[Level, ...] = (),
        vietnamese: str = "",
        english: str = "",
    ) -> Self:
        """Keep what is known of a subject beside its code; a look-up gives the code alone."""
        subject = str.__new__(cls, code)
        subject._value_ = code
        subject.assessment = assessment
        subject.levels = levels
        subject.vietnamese = vietnamese
        subject.english = english
        return subject

    # Taught at more than one level.
    TOAN = "TOAN", _SCORE, _ALL, "Toán", "Mathematics"
    VAN = "VAN", _SCORE, _THCS_THPT, "Ngữ văn", "Literature"
    NN1 = "NN1", _SCORE, _ALL, "Ngoại ngữ 1", "First foreign language"
    NN2 = "NN2", _SCORE, _THCS_THPT, "Ngoại ngữ 2", "Second foreign language"
    TDT = "TDT", _SCORE, _ALL, "Tiếng dân tộc thiểu số", "Ethnic minority language"
    LSDL = "LSDL", _SCORE, _TH_THCS, "Lịch sử và Địa lí", "History and geography"
    CN = "CN", _SCORE, _THCS_THPT, "Công nghệ", "Technology"
    TIN = "TIN", _SCORE, _THCS_THPT, "Tin học", "Informatics"
    GDTC = "GDTC", _COMMENT, _ALL, "Giáo dục thể chất", "Physical education"
    NT = "NT", _COMMENT, _TH_THCS, "Nghệ thuật", "Arts"
    AN = "AN", _COMMENT, _TH_THPT, "Âm nhạc", "Music"
    MT = "MT", _COMMENT, _TH_THPT, "Mĩ thuật", "Fine arts"
    HDTN = (
        "HDTN",
        _COMMENT,
        _ALL,
        "Hoạt động trải nghiệm, hướng nghiệp",
        "Experiential and career activities",
    )
    GDDP = "GDDP", _COMMENT, _THCS_THPT, "Nội dung giáo dục của địa phương", "Local education"

    # Primary only (TT 27/2020).
    TV = "TV", _SCORE, _TH, "Tiếng Việt", "Vietnamese"
    DD = "DD", _COMMENT, _TH, "Đạo đức", "Ethics"
    TNXH = "TNXH", _COMMENT, _TH, "Tự nhiên và Xã hội", "Nature and society"
    KH = "KH", _SCORE, _TH, "Khoa học", "Science"
    THCN = "THCN", _SCORE, _TH, "Tin học và Công nghệ", "Informatics and technology"

    # Lower secondary only (TT 22/2021).
    GDCD = "GDCD", _SCORE, _THCS, "Giáo dục công dân", "Civic education"
    KHTN = "KHTN", _SCORE, _THCS, "Khoa học tự nhiên", "Natural sciences"

    # Upper secondary only (TT 22/2021).
    SU = "SU", _SCORE, _THPT, "Lịch sử", "History"
    DIA = "DIA", _SCORE, _THPT, "Địa lí", "Geography"
    KTPL = "KTPL", _SCORE, _THPT, "Giáo dục kinh tế và pháp luật", "Economic and legal education"
    LI = "LI", _SCORE, _THPT, "Vật lí", "Physics"
    HOA = "HOA", _SCORE, _THPT, "Hoá học", "Chemistry"
    SINH = "SINH", _SCORE, _THPT, "Sinh học", "Biology"
    GDQPAN = (
        "GDQPAN",
        _SCORE,
        _THPT,
        "Giáo dục quốc phòng và an ninh",
        "Defence and security education",
    )

    # Examined only: the first foreign language by name, and Công nghệ by its two halves.
    T_ANH = "T_ANH", _SCORE, _THPT, "Tiếng Anh", "English"
    T_NGA = "T_NGA", _SCORE, _THPT, "Tiếng Nga", "Russian"
    T_PHAP = "T_PHAP", _SCORE, _THPT, "Tiếng Pháp", "French"
    T_TRUNG = "T_TRUNG", _SCORE, _THPT, "Tiếng Trung Quốc", "Chinese"
    T_DUC = "T_DUC", _SCORE, _THPT, "Tiếng Đức", "German"
    T_NHAT = "T_NHAT", _SCORE, _THPT, "Tiếng Nhật", "Japanese"
    T_HAN = "T_HAN", _SCORE, _THPT, "Tiếng Hàn", "Korean"
    CNCN = "CNCN", _SCORE, _THPT, "Công nghệ định hướng Công nghiệp", "Technology, industrial"
    CNNN = "CNNN", _SCORE, _THPT, "Công nghệ định hướng Nông nghiệp", "Technology, agricultural"


class Term(StrEnum):
    """Học kỳ of a school year. Closed."""

    HK1 = "HK1"
    """Học kỳ I."""
    HK2 = "HK2"
    """Học kỳ II."""
    CN = "CN"
    """Cả năm: what counts for the whole year."""
    HE = "HE"
    """Hè: summer training and re-tests."""


class ColumnKind(StrEnum):
    """The kind of a score sheet's column (TT 22/2021 Art. 6, 7, 14). Closed."""

    REGULAR = "regular"
    """Đánh giá thường xuyên (ĐĐGtx)."""
    SPECIAL_TOPIC = "special-topic"
    """Cụm chuyên đề học tập."""
    MIDTERM = "midterm"
    """Đánh giá giữa kỳ (ĐĐGgk)."""
    ENDTERM = "endterm"
    """Đánh giá cuối kỳ (ĐĐGck)."""
    RETEST = "retest"
    """Kiểm tra lại in the summer."""
    EXAM = "exam"
    """A paper of an examination; the only kind with two decimals."""


class ScoreState(OpenEnum):
    """Why a cell has no score, or has one that nobody gave."""

    EXCUSED = "excused"
    """Absent with a reason, waits for the make-up test: the cell has no value."""
    ZERO_BY_RULE = "zero-by-rule"
    """Absent without a reason: 0, or Chưa đạt (TT 22/2021 Art. 7)."""
    OTHER = "other"


class CorrectionReason(OpenEnum):
    """Why cells that had a value were changed or emptied; the words stay in the gradebook."""

    ENTRY_ERROR = "entry-error"
    """Nhập nhầm."""
    REMARKED = "remarked"
    """Chấm lại, phúc khảo."""
    MAKE_UP_TEST = "make-up-test"
    """Kiểm tra bù."""
    RULE_APPLIED = "rule-applied"
    """Xử lý theo quy chế."""
    OTHER = "other"


class Sex(OpenEnum):
    """Giới tính."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"


class UnitKind(OpenEnum):
    """The kind of an administrative unit, those abolished on 1 July 2025 included."""

    PROVINCE = "province"
    """Tỉnh, thành phố trực thuộc trung ương."""
    DISTRICT = "district"
    """Huyện, quận, thị xã, thành phố thuộc tỉnh; none since 1 July 2025."""
    COMMUNE = "commune"
    """Xã."""
    WARD = "ward"
    """Phường."""
    TOWNSHIP = "township"
    """Thị trấn; none since 1 July 2025."""
    SPECIAL_ZONE = "special-zone"
    """Đặc khu."""
    OTHER = "other"


class Ownership(OpenEnum):
    """Loại hình of a school."""

    PUBLIC = "public"
    """Công lập."""
    COMMUNITY = "community"
    """Dân lập."""
    PRIVATE = "private"
    """Tư thục."""
    OTHER = "other"


class TransferReason(OpenEnum):
    """Why a pupil's school, grade or facts changed."""

    MOVED = "moved"
    """Chuyển nơi cư trú."""
    REQUESTED = "requested"
    """Theo nguyện vọng."""
    PROMOTED = "promoted"
    """Lên lớp, chuyển cấp."""
    REPEATED = "repeated"
    """Ở lại lớp."""
    SCHOOL_REORGANISED = "school-reorganised"
    """Sáp nhập, chia tách, giải thể trường."""
    CORRECTED = "corrected"
    """Điều chỉnh thông tin."""
    OTHER = "other"


class WithdrawalReason(OpenEnum):
    """Why a pupil is no longer enrolled in the province."""

    LEFT_PROVINCE = "left-province"
    """Chuyển đi tỉnh khác."""
    LEFT_COUNTRY = "left-country"
    """Ra nước ngoài."""
    COMPLETED = "completed"
    """Hoàn thành chương trình."""
    DROPPED_OUT = "dropped-out"
    """Bỏ học."""
    VOCATIONAL = "vocational"
    """Chuyển sang học nghề."""
    DECEASED = "deceased"
    """Đã mất."""
    REGISTERED_IN_ERROR = "registered-in-error"
    """Ghi danh nhầm."""
    OTHER = "other"


class Scope(OpenEnum):
    """What a number is about: the whole province, a commune or a school."""

    PROVINCE = "province"
    COMMUNE = "commune"
    SCHOOL = "school"
    OTHER = "other"


class MeasureUnit(OpenEnum):
    """What a number counts; shares are shown from numerator and denominator."""

    COUNT = "count"
    PERCENT = "percent"
    PER_MILLE = "per-mille"
    RATIO = "ratio"
    """Numerator ÷ denominator, such as pupils per class."""
    MINUTES = "minutes"
    MOMENT = "moment"
    """Seconds since 1970 (UTC): a point in time, whose age the reader shows."""
    HUNDREDTHS = "hundredths"
    """Hundredths of a score."""
    DONG = "dong"
    OTHER = "other"
