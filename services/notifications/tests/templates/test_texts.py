"""The texts: what they say, and that a broken one never starts."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.lists import ColumnKind, Grade, ScoreState, Subject, Term
from contracts.payments import FeeKind, PaymentMethod
from notifications.templates import words
from notifications.templates.examples import EXAMPLES, PEOPLE
from notifications.templates.queries import (
    EXAMPLE,
    BrokenTemplateError,
    Catalogue,
    NotRenderedError,
    Part,
    catalogue,
    values_of,
)

TEXTS = dict.fromkeys(
    (
        "score-saved.1.txt",
        "score-withdrawn.1.txt",
        "fee-assessed.1.txt",
        "fee-paid.1.txt",
        "absence-marked.1.txt",
        "enrolled.1.txt",
        "transferred.1.txt",
    ),
    "{{ school }}\n\n{{ people }}",
) | {"letter.1.txt": "{{ parts[0].title }}\n\n{{ guardian }}{{ day | day }}{{ parts }}"}


def with_scores(text: str) -> dict[str, str]:
    return TEXTS | {"score-saved.1.txt": text}


def test_the_texts_of_the_service_work() -> None:
    texts = catalogue()
    assert texts.newest("score-saved") == 1
    for example in EXAMPLES:
        part = texts.render(example, texts.newest(example.TEMPLATE), EXAMPLE)
        assert part.title == part.title.strip()
        assert "  " not in part.title + part.text
        assert "{" not in part.text
        assert "\n\n\n" not in part.text
        assert PEOPLE["first"].name in part.title + part.text


@pytest.mark.parametrize(
    "text",
    [
        "{{ nobody }}\n\nx",  # not declared
        "{{ school.missing }}\n\nx",  # not there
        "{% if %}\n\nx",  # no template
        "{{ school | unknown }}\n\nx",  # no such filter
        "{{ ''.__class__.__mro__[1].__subclasses__() }}\n\nx",  # out of the sandbox
        "{{ school.__init__.__globals__ }}\n\nx",
        "{{ people.clear() }}\n\nx",  # changes what it is given
        "{% for a in range(10**9) %}x{% endfor %}\n\nx",  # nothing but what is declared
        "{% include 'other' %}\n\nx",
        "\n\n{{ school }}",  # no title
        "{{ school }}",  # no text
        "{{ school }}\n\n{{ school * 3000 }}",  # too long
    ],
)
def test_a_broken_text_stops_the_service_at_the_start(text: str) -> None:
    with pytest.raises(BrokenTemplateError) as broken:
        Catalogue(with_scores(text))
    assert "score-saved" in str(broken.value)


def test_a_text_without_a_message_or_a_message_without_a_text_stops_it_too() -> None:
    with pytest.raises(BrokenTemplateError, match="nothing is sent"):
        Catalogue(TEXTS | {"advert.1.txt": "x\n\ny"})
    without = {name: text for name, text in TEXTS.items() if not name.startswith("enrolled")}
    with pytest.raises(BrokenTemplateError, match="no text for enrolled"):
        Catalogue(without)


def test_an_older_version_stays_for_what_was_queued_with_it() -> None:
    texts = Catalogue(TEXTS | {"score-saved.2.txt": "{{ school }} mới\n\n{{ people }}"})
    assert texts.newest("score-saved") == 2
    example = EXAMPLES[0]
    assert texts.render(example, 1, EXAMPLE).title == "THCS Tân Ninh"
    assert texts.render(example, 2, EXAMPLE).title == "THCS Tân Ninh mới"
    with pytest.raises(NotRenderedError):
        texts.render(example, 3, EXAMPLE)


def test_a_name_that_is_missing_is_an_error_and_names_nobody() -> None:
    nobody = replace(EXAMPLE, people={})
    with pytest.raises(NotRenderedError) as error:
        catalogue().render(EXAMPLES[0], 1, nobody)
    assert "Ánh" not in str(error.value)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.TEMPLATE)
def test_what_is_kept_of_a_message_is_read_again(example: Any) -> None:
    kept = example.model_dump(mode="json")
    assert catalogue().content(example.TEMPLATE, kept) == example


def test_what_remains_of_a_message_for_some_pupils() -> None:
    both = EXAMPLES[1]
    assert both.only(frozenset({"first", "second", "third"})) == both
    second = both.only(frozenset({"second"}))
    assert second is not None
    assert second.pupils() == ("second",)
    assert both.only(frozenset()) is None


def test_what_a_text_may_use_is_what_the_content_holds() -> None:
    assert values_of(type(EXAMPLES[0])) >= {"rows", "correction", "comment", "day"}
    assert "TEMPLATE" not in values_of(type(EXAMPLES[0]))


@pytest.mark.parametrize(
    ("value", "state", "comment", "written"),
    [
        (850, None, False, "8,5"),
        (1000, None, False, "10"),
        (0, None, False, "0"),
        (725, None, False, "7,25"),
        (1, None, True, "Đạt"),
        (0, None, True, "Chưa đạt"),
        (None, ScoreState.EXCUSED, False, "vắng có lý do, chờ kiểm tra bù"),
        (0, ScoreState.ZERO_BY_RULE, False, "0 (vắng không lý do)"),
        (None, None, False, "–"),
    ],
)
def test_a_score_as_a_guardian_reads_it(
    value: int | None, state: ScoreState | None, *, comment: bool, written: str
) -> None:
    assert words.score(value, state, comment=comment) == written


def test_days_money_and_periods_as_they_are_written_here() -> None:
    assert words.day(date(2026, 9, 5)) == "05/09/2026"
    assert words.money(1_250_000).replace("\xa0", " ") == "1.250.000 ₫"
    assert words.period("2026-11") == "tháng 11/2026"
    assert words.period("HK1") == "học kỳ I"
    assert words.column(ColumnKind.REGULAR, 2) == "đánh giá thường xuyên lần 2"
    assert words.column(ColumnKind.ENDTERM, 1) == "đánh giá cuối kỳ"


def test_every_code_has_words() -> None:
    for kind in FeeKind:
        assert words.fee(kind)
    for method in PaymentMethod:
        assert words.method(method)
    for term in Term:
        assert words.term(term)
    for column in ColumnKind:
        assert words.column(column, 1)
    for subject in Subject:
        assert words.subject(subject)
    for grade in Grade:
        assert words.grade(grade)


@given(st.text(max_size=50))
def test_whatever_a_person_is_called_is_said_and_never_run(name: str) -> None:
    spoken = Part("Tin", "Nội dung")
    letter = catalogue().letter(name, date(2026, 10, 12), [spoken])
    assert f"ông/bà {name}," in letter.text


def test_a_digest_numbers_its_parts() -> None:
    parts = [Part("Điểm", "8,5"), Part("Thu", "650.000 ₫")]
    letter = catalogue().letter("Bình", date(2026, 10, 12), parts)
    assert letter.title == "Tin từ nhà trường ngày 12/10/2026 (2 tin)"
    assert "1. Điểm\n\n8,5\n\n2. Thu\n\n650.000 ₫\n\nTrân trọng." in letter.text
