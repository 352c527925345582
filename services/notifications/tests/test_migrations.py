"""The tables in the code are the tables in the database."""

from collections.abc import Callable

from chassis.migrations import differences
from notifications.app import SERVICE


def test_the_migrations_make_exactly_the_tables(database: Callable[[str], str]) -> None:
    differences(SERVICE.migrations, database("notifications"))
