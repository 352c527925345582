"""One scenario: its seed, its figures, whether its fault was seen, and the line that it prints."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from .checker import Checker, Findings
from .stage import Stage


class FaultNotSeenError(AssertionError):
    """The fault did not happen, so nothing was proved."""


class NotRunError(Exception):
    """What the scenario needs cannot be had on this machine."""


@dataclass
class Scenario:
    """What a scenario draws from and reports to."""

    name: str
    """As in the list of scenarios: F7."""
    seed: int
    short: bool
    """Whether it plays among all tests: fewer rounds, shorter faults."""
    figures: dict[str, object] = field(default_factory=dict)
    lots: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.lots = random.Random(f"{self.name} {self.seed}")

    def report(self, **figures: object) -> None:
        """Add figures to the line, in the order in which they come; a float is seconds."""
        self.figures |= figures

    def saw(self, fault: object, what: str) -> None:
        """Go on only if the fault did happen."""
        if not fault:
            raise FaultNotSeenError(what)

    def check(self, stage: Stage, *, parked: int = 0) -> Findings:
        """End in the one checker."""
        findings = Checker(stage, parked).check()
        self.report(lost=findings.lost, double=findings.double)
        return findings

    def line(self, error: BaseException | None) -> str:
        """Return the line of this scenario, given how it ended."""
        match error:
            case None:
                verdict, why = "pass", ""
            case FaultNotSeenError():
                verdict, why = "fault not seen", f" ({error})"
            case NotRunError():
                verdict, why = "not run", f" ({error})"
            case _:
                verdict, why = "FAIL", f" {' '.join((str(error) or repr(error)).split())[:300]}"
        figures = "".join(f" {name}={shown(value)}" for name, value in self.figures.items())
        return f"{self.name} {verdict} seed={self.seed}{figures}{why}"


def shown(figure: object) -> str:
    """Write a figure as it stands in the line."""
    return f"{figure:.2f}s" if isinstance(figure, float) else str(figure)
