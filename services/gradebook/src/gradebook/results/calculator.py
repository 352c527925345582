"""The law as a calculator: a case as JSON in, its result out, or where and why it is no case."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec
from pydantic import TypeAdapter, ValidationError

from chassis.http.wording import describe
from gradebook.results.domain import averages, completion, primary, study, year
from gradebook.results.domain.averages import STRICT
from gradebook.results.domain.explaining import others, subjects
from gradebook.results.domain.explaining import year as explaining_year
from gradebook.results.domain.explaining.steps import Step
from gradebook.results.domain.readings import DEFAULT, Readings
from gradebook.results.domain.words import Comment, Mark, NotACaseError


@dataclass(frozen=True, slots=True)
class StudyCase:
    """The results of all subjects of a term or a year; None = none yet."""

    __pydantic_config__ = STRICT

    scored: dict[str, Mark | None]
    comments: dict[str, Comment | None]


class BrokenCaseError(ValueError):
    """What was sent is no case."""

    def __init__(self, at: str, message: str) -> None:
        """Take the JSON pointer of the place, and what is wrong there."""
        super().__init__(message)
        self.at = at
        self.message = message


class Kind(NamedTuple):
    """How a kind of cases is read, decided and explained."""

    adapter: TypeAdapter[Any]
    decide: Callable[[Any, Readings], Any]
    explain: Callable[[Any, Any, Readings], Iterable[Step]]


def _subject(case: averages.Scored | averages.Commented, readings: Readings) -> object:
    if isinstance(case, averages.Scored):
        return averages.of_scored(case, readings)
    return averages.of_comment(case, readings)


def _study(case: StudyCase, readings: Readings) -> study.Study:
    return study.study(case.scored.values(), case.comments.values(), readings)


def _why_study(case: StudyCase, found: study.Study, readings: Readings) -> Iterable[Step]:
    yield explaining_year.study("Học tập", {**case.scored, **case.comments}, found, readings)


def _why_class(case: year.ClassCase, found: year.ClassResult, readings: Readings) -> Iterable[Step]:
    for at, (pupil, result) in enumerate(zip(case.pupils, found.pupils, strict=True), 1):
        for step in explaining_year.explain(pupil, result, readings):
            yield replace(step, about=f"Học sinh {at}: {step.about}")


KINDS: Mapping[str, Kind] = {
    "tt22_subject": Kind(
        TypeAdapter(averages.Subject),
        _subject,
        lambda case, found, readings: subjects.explain("Môn học", case, found, readings),
    ),
    "tt22_study": Kind(TypeAdapter(StudyCase), _study, _why_study),
    "tt22_year": Kind(TypeAdapter(year.Case), year.evaluate, explaining_year.explain),
    "tt22_class": Kind(TypeAdapter(year.ClassCase), year.evaluate_class, _why_class),
    "tt27_year": Kind(
        TypeAdapter(primary.Case),
        primary.evaluate,
        lambda case, found, _: others.explain_primary(case, found),
    ),
    "completion": Kind(
        TypeAdapter(completion.Case),
        completion.evaluate,
        lambda case, found, _: others.explain_completion(case, found),
    ),
}
"""The kinds of cases that the gradebook's law decides."""


def evaluate(kind: str, raw: bytes, readings: Readings = DEFAULT) -> object:
    """Give the result of a case, which msgspec encodes in the shape of its kind.

    Raises:
        BrokenCaseError: ``raw`` is no case of this kind.

    """
    return _decide(KINDS[kind], raw, readings)[1]


def explain(kind: str, raw: bytes, readings: Readings = DEFAULT) -> tuple[object, list[Step]]:
    """Give the result with the way to it.

    Raises:
        BrokenCaseError: ``raw`` is no case of this kind.

    """
    case, found = _decide(KINDS[kind], raw, readings)
    return found, list(KINDS[kind].explain(case, found, readings))


def _decide(kind: Kind, raw: bytes, readings: Readings) -> tuple[Any, Any]:
    try:
        case = kind.adapter.validate_json(raw)
        return case, kind.decide(case, readings)
    except NotACaseError as error:
        raise BrokenCaseError(pointer(error.path), error.message) from None
    except ValidationError as error:
        raise _broken(error, raw) from None


def _broken(error: ValidationError, raw: bytes) -> BrokenCaseError:
    """Name the first fault; where a cell may be a number or a word, that of what was written."""
    document = msgspec.json.decode(raw)
    found = error.errors(include_url=False)
    path, value = _follow(document, found[0]["loc"])
    same = [one for one in found if _follow(document, one["loc"])[0] == path]
    words = [one for one in same if one["type"] in {"enum", "literal_error"}]
    first = (words or same)[0] if isinstance(value, str) else same[0]
    if first["type"] in {"union_tag_not_found", "union_tag_invalid"}:
        path.append("mode")
    (fault,) = describe([{**first, "loc": ("body",)}])
    return BrokenCaseError(pointer(path), f"{fault.what} {fault.how}".strip())


def _follow(document: Any, location: tuple[str | int, ...]) -> tuple[list[str | int], Any]:
    """Give the way into the document without the names of alternatives that pydantic adds."""
    path: list[str | int] = []
    for at, step in enumerate(location):
        last = at == len(location) - 1
        if isinstance(document, dict) and (step in document or (last and step not in _TAGS)):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int):
            document = document[step] if step < len(document) else None
        else:
            continue
        path.append(step)
    return path, document


_TAGS = frozenset({"scored", "comment"})


def pointer(path: tuple[str | int, ...] | list[str | int]) -> str:
    """Write the place as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
