"""The closed lists are complete, the open enumerations open for readers only."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.event import READER
from contracts.lists import Assessment, Grade, Level, OpenEnum, Sex, Subject


class Lax(BaseModel):
    """What a service reads from a request: lax, but no reader of events."""

    sex: Sex


class Strict(Lax):
    model_config = ConfigDict(strict=True)


def at(level: Level, assessment: Assessment | None = None) -> set[str]:
    return {
        subject.value
        for subject in Subject
        if level in subject.levels and assessment in (None, subject.assessment)
    }


def test_every_grade_has_its_level_and_names() -> None:
    assert [grade.value for grade in Grade] == [
        *("NT", "MG3", "MG4", "MG5"),
        *(str(number) for number in range(1, 13)),
    ]
    levels = [grade.level.value for grade in Grade]
    assert levels == ["MN"] * 4 + ["TH"] * 5 + ["THCS"] * 4 + ["THPT"] * 3
    assert Grade("10").vietnamese == "Lớp 10"
    assert len({grade.vietnamese for grade in Grade} | {grade.english for grade in Grade}) == 32


def test_the_subjects_of_lower_secondary() -> None:
    optional = {"NN2", "TDT"}
    assert at(Level.THCS, Assessment.SCORE) - optional == {
        *("VAN", "TOAN", "NN1", "GDCD", "LSDL", "KHTN", "CN", "TIN")
    }
    assert at(Level.THCS, Assessment.COMMENT) == {"GDTC", "NT", "HDTN", "GDDP"}


def test_the_subjects_of_upper_secondary() -> None:
    examined_only = {
        *("T_ANH", "T_NGA", "T_PHAP", "T_TRUNG", "T_DUC", "T_NHAT", "T_HAN", "CNCN", "CNNN")
    }
    assert at(Level.THPT, Assessment.SCORE) - {"NN2", "TDT"} - examined_only == {
        *("VAN", "TOAN", "NN1", "SU", "GDQPAN"),
        *("DIA", "KTPL", "LI", "HOA", "SINH", "CN", "TIN"),
    }
    assert at(Level.THPT, Assessment.COMMENT) == {"GDTC", "HDTN", "GDDP", "AN", "MT"}


def test_the_subjects_of_primary() -> None:
    assert at(Level.TH) == {
        *("TV", "TOAN", "NN1", "TDT", "DD", "TNXH", "LSDL", "KH", "THCN"),
        *("GDTC", "NT", "AN", "MT", "HDTN"),
    }


def test_the_columns_of_the_published_examination_are_subjects() -> None:
    columns = ["TOAN", "VAN", "LI", "HOA", "SINH", "SU", "DIA", "KTPL", "T_ANH"]
    assert all(Subject(code).assessment is Assessment.SCORE for code in columns)


def test_every_subject_has_two_names() -> None:
    assert all(subject.levels for subject in Subject)
    assert len({subject.vietnamese for subject in Subject}) == len(Subject)
    assert len({subject.english for subject in Subject}) == len(Subject)


def open_enumerations() -> list[type[OpenEnum]]:
    return OpenEnum.__subclasses__()


@pytest.mark.parametrize("enumeration", open_enumerations(), ids=lambda e: e.__name__)
def test_every_open_enumeration_has_other(enumeration: type[OpenEnum]) -> None:
    assert enumeration("other").name == "OTHER"
    assert enumeration.__module__.startswith("contracts.")


def test_a_writer_cannot_name_an_unknown_value() -> None:
    unknown: Any = "unknown"
    known: Any = "male"
    for value in (unknown, known):
        with pytest.raises(ValidationError):
            Strict(sex=value)
    assert Strict(sex=Sex.MALE).sex is Sex.MALE


def test_a_command_with_an_unknown_value_is_refused() -> None:
    assert Lax.model_validate({"sex": "male"}).sex is Sex.MALE
    for read in (Lax.model_validate, Strict.model_validate):
        with pytest.raises(ValidationError):
            read({"sex": "unknown"})
    with pytest.raises(ValidationError):
        Lax.model_validate_json('{"sex":"unknown"}')


def test_a_reader_takes_an_unknown_value_as_other() -> None:
    for text, sex in (("unknown", Sex.OTHER), ("male", Sex.MALE), ("", Sex.OTHER)):
        read = Strict.model_validate_json(f'{{"sex":"{text}"}}', context=READER)
        assert read.sex is sex
    for text in ("null", "7", "[]"):
        with pytest.raises(ValidationError):
            Strict.model_validate_json(f'{{"sex":{text}}}', context=READER)
