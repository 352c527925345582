"""What would keep the version before waiting, or break it, is no migration."""

from pathlib import Path

import pytest

from edu.migration_lint import judged

FIRST = "SET lock_timeout = '2s';\nCREATE TABLE sheet (id uuid PRIMARY KEY, term text NOT NULL);\n"
BREAKING = {
    "adding-required-field": "ALTER TABLE cell ADD COLUMN term text NOT NULL",
    "adding-not-nullable-field": "ALTER TABLE cell ALTER COLUMN term SET NOT NULL",
    "ban-drop-column": "ALTER TABLE cell DROP COLUMN term",
    "ban-drop-table": "DROP TABLE cell",
    "renaming-column": "ALTER TABLE cell RENAME COLUMN term TO half",
    "renaming-table": "ALTER TABLE cell RENAME TO cells",
    "changing-column-type": "ALTER TABLE cell ALTER COLUMN version TYPE bigint",
    "require-concurrent-index-creation": "CREATE INDEX cell_term ON cell (term)",
    "constraint-missing-not-valid": "ALTER TABLE cell ADD CONSTRAINT some CHECK (version > 0)",
}


@pytest.mark.parametrize("rule", BREAKING)
def test_what_breaks_the_version_before_is_refused(rule: str, tmp_path: Path) -> None:
    (tmp_path / "planted.sql").write_text(f"{FIRST}{BREAKING[rule]};\n", "utf-8")
    code, said = judged(tmp_path)
    assert code == 1
    assert rule in said


def test_a_lock_without_a_timeout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "planted.sql").write_text("ALTER TABLE cell ADD COLUMN term text;\n", "utf-8")
    code, said = judged(tmp_path)
    assert code == 1
    assert "require-lock-timeout" in said


def test_what_only_expands_passes(tmp_path: Path) -> None:
    expanding = (
        "CREATE INDEX sheet_term ON sheet (term);\n"
        "ALTER TABLE cell ADD COLUMN term text;\n"
        "-- squawk-ignore ban-drop-column\n"
        "ALTER TABLE cell DROP COLUMN unused_since_last_release;\n"
    )
    (tmp_path / "planted.sql").write_text(FIRST + expanding, "utf-8")
    code, said = judged(tmp_path)
    assert code == 0, said
