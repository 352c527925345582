"""The catalogue of templates: read and tried out once, when the service starts.

It is also the slice's door: what messages say is named here for those who say it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import NamedTuple

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications.templates.domain import (
    CONTENTS,
    AbsenceMarked,
    AbsenceRow,
    Content,
    Enrolled,
    FeeAssessed,
    FeePaid,
    FeeRow,
    PaidLine,
    ScoreRow,
    ScoreSaved,
    ScoreWithdrawn,
    Transferred,
)
from notifications.templates.examples import EXAMPLES, OWN_SCHOOL, PEOPLE, SCHOOLS, Person
from notifications.templates.words import FILTERS

__all__ = [
    "EXAMPLE",
    "LETTER",
    "AbsenceMarked",
    "AbsenceRow",
    "BrokenTemplateError",
    "Catalogue",
    "Content",
    "Enrolled",
    "FeeAssessed",
    "FeePaid",
    "FeeRow",
    "NotRenderedError",
    "PaidLine",
    "Part",
    "Person",
    "ScoreRow",
    "ScoreSaved",
    "ScoreWithdrawn",
    "Surroundings",
    "Text",
    "Transferred",
    "catalogue",
    "values_of",
]

LETTER = "letter"
"""The frame of every letter: salutation, one part for each message, how to stop it."""

_SURROUNDINGS = frozenset({"school", "schools", "people"})
_OF_LETTER = frozenset({"guardian", "day", "parts"})
_LONGEST_TITLE = 200
_LONGEST_TEXT = 20_000


class BrokenTemplateError(Exception):
    """A template that does not do what it says: the service does not start with it."""


class NotRenderedError(Exception):
    """The text of one message could not be made; it names the template, and no value."""


class Part(NamedTuple):
    """What one message says."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What joins a content when it is sent: the names."""

    school: str
    schools: Mapping[str, str]
    people: Mapping[str, Person]


EXAMPLE = Surroundings(OWN_SCHOOL, SCHOOLS, PEOPLE)


@dataclass(frozen=True, slots=True)
class Text:
    """One version of one template."""

    name: str
    version: int
    variables: frozenset[str]
    title: Template
    text: Template

    def render(self, values: Mapping[str, object]) -> Part:
        """Make title and text from exactly these values.

        Raises:
            NotRenderedError: a value is missing, or the result is not fit to be sent.
        """
        try:
            title = self.title.render(values).strip()
            text = self.text.render(values).strip()
        except (TemplateError, LookupError, TypeError, ValueError, ArithmeticError) as error:
            raise NotRenderedError(f"{self.name}.{self.version}: {type(error).__name__}") from None
        if not title or not text or len(title.splitlines()) > 1:
            raise NotRenderedError(f"{self.name}.{self.version}: title or text is malformed")
        if len(title) > _LONGEST_TITLE or len(text) > _LONGEST_TEXT:
            raise NotRenderedError(f"{self.name}.{self.version}: too long")
        return Part(title, text)


class Catalogue:
    """Every version of every template that may still be needed."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        """Read the texts (ours, unless a test brings others) and try each one out.

        Raises:
            BrokenTemplateError: one uses what it does not declare, or does not render.
        """
        self._contents = {content.TEMPLATE: content for content in CONTENTS}
        self._texts: dict[tuple[str, int], Text] = {}
        for file_name, source in (texts if texts is not None else dict(_ours())).items():
            text = _read(file_name, source, self._variables_of(file_name.split(".")[0]))
            self._texts[text.name, text.version] = text
        self._newest = dict(sorted(self._texts))
        for name in (*self._contents, LETTER):
            if name not in self._newest:
                raise BrokenTemplateError(f"there is no text for {name}")
        for example in EXAMPLES:
            for version in self.versions(example.TEMPLATE):
                self._try(example, version)

    def _variables_of(self, name: str) -> frozenset[str]:
        if name == LETTER:
            return _OF_LETTER
        content = self._contents.get(name)
        if content is None:
            raise BrokenTemplateError(f"nothing is sent by the name of {name}")
        return _SURROUNDINGS | values_of(content)

    def _try(self, example: Content, version: int) -> None:
        try:
            part = self.render(example, version, EXAMPLE)
            self.letter("Trần Văn Bình", date(2026, 10, 12), [part])
            self.letter("Trần Văn Bình", date(2026, 10, 12), [part, part])
        except NotRenderedError as error:
            raise BrokenTemplateError(str(error)) from None

    def newest(self, name: str) -> int:
        """Give the version that new messages take."""
        return self._newest[name]

    def versions(self, name: str) -> Sequence[int]:
        """Give every version of a template."""
        return sorted(version for found, version in self._texts if found == name)

    def variables(self, name: str) -> Sequence[str]:
        """Give what the texts of a template may use."""
        return sorted(self._variables_of(name))

    def content(self, name: str, values: Mapping[str, object]) -> Content:
        """Read what was kept of a message."""
        return self._contents[name].model_validate(values, strict=False)

    def render(self, content: Content, version: int, surroundings: Surroundings) -> Part:
        """Say what a message says.

        Raises:
            NotRenderedError: it cannot be said.
        """
        text = self._texts.get((content.TEMPLATE, version))
        if text is None:
            raise NotRenderedError(f"{content.TEMPLATE}.{version}: there is no such text")
        values = {name: getattr(content, name) for name in values_of(type(content))}
        return text.render(
            {
                **values,
                "school": surroundings.school,
                "schools": surroundings.schools,
                "people": surroundings.people,
            }
        )

    def letter(self, guardian: str, day: date, parts: Sequence[Part]) -> Part:
        """Put one message, or a digest of several, into a letter.

        Raises:
            NotRenderedError: it cannot be said.
        """
        text = self._texts[LETTER, self._newest[LETTER]]
        return text.render({"guardian": guardian, "day": day, "parts": parts})


@cache
def catalogue() -> Catalogue:
    """Give the catalogue, which is read and tried out at the first call.

    Raises:
        BrokenTemplateError: see `Catalogue`.
    """
    return Catalogue()


def values_of(content: type[Content]) -> frozenset[str]:
    """Give the names of a content's values: its fields, and what it works out from them."""
    worked_out = {
        name
        for kind in content.__mro__
        if kind not in Content.__mro__
        for name, member in vars(kind).items()
        if isinstance(member, property)
    }
    return frozenset(content.model_fields) | worked_out


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    line_statement_prefix="%",  # a line that only decides leaves no empty line behind
    autoescape=False,
)
_ENVIRONMENT.filters = dict(FILTERS) | {"length": len}
_ENVIRONMENT.globals.clear()


def _ours() -> Iterator[tuple[str, str]]:
    for file in (resources.files(__package__) / "texts").iterdir():
        if file.name.endswith(".txt"):
            yield file.name, file.read_text("utf-8")


def _read(file_name: str, source: str, allowed: frozenset[str]) -> Text:
    name, version, _ = file_name.split(".")
    try:
        used = find_undeclared_variables(_ENVIRONMENT.parse(source))
        title, _, text = source.partition("\n\n")
        compiled = (_ENVIRONMENT.from_string(title), _ENVIRONMENT.from_string(text))
    except TemplateError as error:
        raise BrokenTemplateError(f"{file_name}: {error}") from None
    if strange := used - allowed:
        raise BrokenTemplateError(f"{file_name} uses {', '.join(sorted(strange))}")
    return Text(name, int(version), frozenset(used), *compiled)
