"""Roll-calls, absences of a year, and devices at which pupils check in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006"
down_revision = "0005"

_ID = sa.Uuid(as_uuid=False)
_CODE = sa.String(32)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_roll_calls()
    _create_devices()


def _roll_call() -> list[sa.Column[object]]:
    return [
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("session", _CODE, nullable=False),
    ]


def _create_roll_calls() -> None:
    op.create_table(
        "roll_call",
        *_roll_call(),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("grade", _CODE, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("pupil_ids", ARRAY(_ID), nullable=False),
        sa.Column("marked_by", _ID),
        sa.Column("marked_at", _MOMENT, nullable=False),
        sa.Column("late_after", _MOMENT),
        sa.PrimaryKeyConstraint("class_id", "day", "session", name="pk_roll_call"),
    )
    op.create_index("ix_roll_call_school_id_day", "roll_call", ["school_id", "day"])
    op.create_table(
        "roll_mark",
        *_roll_call(),
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("state", _CODE, nullable=False),
        sa.PrimaryKeyConstraint("class_id", "day", "session", "pupil_id", name="pk_roll_mark"),
    )
    op.create_index("ix_roll_mark_pupil_id_school_year", "roll_mark", ["pupil_id", "school_year"])
    op.create_table(
        "roll_save",
        *_roll_call(),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("pupils_due", sa.Integer, nullable=False),
        sa.Column("pupils", ARRAY(_ID), nullable=False),
        sa.Column("before", ARRAY(_CODE), nullable=False),
        sa.Column("after", ARRAY(_CODE), nullable=False),
        sa.Column("marked_by", _ID),
        sa.Column("marked_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("class_id", "day", "session", "version", name="pk_roll_save"),
    )
    op.execute(
        """
        CREATE FUNCTION refuse_to_change_roll_calls() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the history of roll-calls is append-only';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER roll_save_is_append_only BEFORE UPDATE OR DELETE ON roll_save
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_roll_calls()
        """
    )
    op.create_table(
        "absence_count",
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("absences", sa.Integer, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("grade", _CODE, nullable=False),
        sa.PrimaryKeyConstraint("pupil_id", "school_year", name="pk_absence_count"),
    )


def _create_devices() -> None:
    op.create_table(
        "device",
        sa.Column("device_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("wrapped_key", sa.String, nullable=False),
        sa.Column("key_id", sa.String, nullable=False),
        sa.Column("registered_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("device_id", name="pk_device"),
    )
    op.create_index("ix_device_school_id", "device", ["school_id"])
    op.create_table(
        "arrival",
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("session", _CODE, nullable=False),
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("device_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("school_id", "day", "session", "pupil_id", name="pk_arrival"),
    )
