"""The tables in the code are the tables in the database."""

from collections.abc import Callable

from admissions.app import SERVICE
from chassis.migrations import differences


def test_the_migrations_make_exactly_the_tables(database: Callable[[str], str]) -> None:
    differences(SERVICE.migrations, database("admissions"))
