"""The rooms of a service: the same file names in every slice, one door between two of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLICED = {
    name: f"services/{name}" for name in ("admissions", "gradebook", "notifications", "payments")
}
FILES = {"__init__", "domain", "tables", "commands", "http", "events", "queries"}
NO_SLICES = {"migrations", "static"}
LONGEST = 400

# A file beside the six is a slice's own affair (an import of a register, the wording of refusals):
# it keeps one of the six short. Nobody outside may know it, so that it can go as it came.
MEETINGS = {
    # Where classes, roster and scores meet: a pupil who comes or goes changes all three at once.
    "gradebook.seating": {
        "gradebook.classes.http",
        "gradebook.classes.seats",
        "gradebook.roster.commands",
        "gradebook.scores.sheets",
    },
    # A lock looks at cells, a publication shows them, and a plan opens their columns.
    "gradebook.workflow": {
        "gradebook.books.commands",
        "gradebook.books.domain",
        "gradebook.classes.http",
        "gradebook.results.commands",
        "gradebook.scores.domain.columns",
        "gradebook.scores.domain.saving",
        "gradebook.scores.sheets",
    },
    # What a term needs before it has an average is what the score book opens columns for.
    "gradebook.results": {"gradebook.scores.domain.columns"},
    # A page offers the columns that there are.
    "gradebook.pages": {"gradebook.scores.domain.columns"},
    # The chain is made over what the score book stored, and read back row by row.
    "gradebook.history": {
        "gradebook.scores.domain.history",
        "gradebook.scores.domain.marks",
        "gradebook.scores.tables",
    },
    # Every đồng of a charge or a payment is posted, by the ledger's rules, and what a charge no
    # longer needs is the pupil's credit in the same moment.
    "payments.fees": {
        "payments.ledger.domain",
        "payments.ledger.posting",
        "payments.receipts.settling",
    },
    "payments.receipts": {"payments.ledger.domain", "payments.ledger.posting"},
    # What VNPAY reports is a payment like any other, or money that nobody can name.
    "payments.vnpay": {"payments.receipts.commands", "payments.receipts.domain"},
    # Whoever is to be forgotten is forgotten in all slices at once.
    "payments.erasure": {
        "payments.fees.commands",
        "payments.receipts.commands",
        "payments.register.commands",
    },
    "notifications.erasure": {
        "notifications.guardians.commands",
        "notifications.messages.commands",
        "notifications.register.commands",
    },
}
"""The slices that exist to join others, and what they may use besides their queries."""

SOURCES = sorted(
    path for room in ("libs", "services", "tools", "tests") for path in (ROOT / room).rglob("*.py")
)


def slices() -> Iterator[tuple[str, Path]]:
    for package, room in SLICED.items():
        source = ROOT / room / "src" / package
        for folder in sorted(source.iterdir()):
            if (folder / "__init__.py").exists() and folder.name not in NO_SLICES:
                yield f"{package}.{folder.name}", folder


SLICES = dict(slices())


def imported(path: Path) -> Iterator[str]:
    """Yield every module of ours that a file imports, by its full name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                # `from gradebook.classes import queries` names a module, too.
                yield f"{node.module}.{alias.name}" if node.module in SLICES else node.module


def test_a_file_can_be_read_in_one_sitting() -> None:
    lengths = {str(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {path: n for path, n in lengths.items() if n > LONGEST} == {}


@pytest.mark.parametrize("name", SLICES)
def test_a_slice_has_the_files_that_every_slice_has(name: str) -> None:
    files = {path.stem for path in SLICES[name].iterdir() if path.suffix == ".py"}
    assert files & (FILES - {"__init__"}), "it holds none of a slice's files"


@pytest.mark.parametrize("name", SLICES)
def test_a_slice_uses_another_by_its_queries_alone(name: str) -> None:
    allowed = MEETINGS.get(name, set())
    for path in SLICES[name].rglob("*.py"):
        for module in imported(path):
            other = ".".join(module.split(".")[:2])
            if other in SLICES and other != name and module not in allowed:
                assert module.startswith(f"{other}.queries"), f"{path} imports {module}"


def test_every_meeting_is_used() -> None:
    for name, modules in MEETINGS.items():
        used = {module for path in SLICES[name].rglob("*.py") for module in imported(path)}
        assert modules <= used


@pytest.mark.parametrize("name", SLICES)
def test_rules_know_no_database_no_wire_and_no_clock(name: str) -> None:
    pure = {"contracts", "chassis.errors", name.partition(".")[0], "__future__"}
    standard = {"collections", "dataclasses", "datetime", "decimal", "enum", "functools", "re"}
    standard |= {"fractions", "itertools", "math", "operator", "typing", "unicodedata", "uuid"}
    rules = [SLICES[name] / "domain.py", *(SLICES[name] / "domain").glob("*.py")]
    for path in filter(Path.exists, rules):
        for module in imported(path):
            top = module.partition(".")[0]
            assert top in standard | {"pydantic"} or any(
                module == part or module.startswith(f"{part}.") for part in pure
            ), f"{path} imports {module}"
            assert not module.endswith((".tables", ".commands", ".http", ".events", ".queries"))
