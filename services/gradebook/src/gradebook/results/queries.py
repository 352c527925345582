"""What others may ask of the law: cases decided, and the points that it leaves open."""

from gradebook.results.calculator import KINDS, BrokenCaseError, evaluate, explain
from gradebook.results.domain.readings import VALUES, Readings, UnknownReadingError
from gradebook.results.domain.readings import read as readings
from gradebook.results.open_points import OPEN_POINTS

__all__ = [
    "KINDS",
    "OPEN_POINTS",
    "VALUES",
    "BrokenCaseError",
    "Readings",
    "UnknownReadingError",
    "evaluate",
    "explain",
    "readings",
]
