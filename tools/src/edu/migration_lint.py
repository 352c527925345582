"""Is every migration one beside which the version before can go on working? Squawk judges the SQL.

A step of `./edu check`. What a revision makes itself may be made in any way; what was there before
may only be added to, without keeping anybody waiting. What contracts a schema, one release after
nothing uses it any more, says so above its statement: ``-- squawk-ignore ban-drop-column``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from edu.migrate import folder
from edu.suite import SERVICES

POSTGRES = "18.0"
MATTERS_OF_TASTE = (
    "prefer-bigint-over-int",  # counts of one school, and versions, never reach 2^31
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-text-field",  # codes have a length that never changes
    "require-statement-timeout",  # what keeps others waiting is a lock, and that has its timeout
)


def main() -> int:
    """Judge every revision of every service; 1 if one may not be released."""
    from chassis.migrations import statements  # noqa: PLC0415 - loads Alembic

    with tempfile.TemporaryDirectory() as room:
        for entry in SERVICES.values():
            for revision, sql in statements(folder(entry.package)).items():
                (Path(room) / f"{entry.name}-{revision}.sql").write_text(sql, "utf-8")
        code, said = judged(Path(room))
    print(said.rstrip())
    return code


def judged(room: Path) -> tuple[int, str]:
    """Return Squawk's verdict on the SQL files of a folder, and what it says."""
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("squawk")),
            *("--pg-version", POSTGRES, "--assume-in-transaction"),
            *("--exclude", ",".join(MATTERS_OF_TASTE)),
            *sorted(path.name for path in room.glob("*.sql")),
        ],
        cwd=room,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


if __name__ == "__main__":
    sys.exit(main())
