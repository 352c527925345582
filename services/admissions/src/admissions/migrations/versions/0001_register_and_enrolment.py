"""The register, the calendar, enrolment, and the tables of delivery."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.clock import business_day, now
from chassis.migrations import create_delivery

revision = "0001"
down_revision = None

_UUID = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    create_delivery(op.execute, business_day(now()))
    _create_registry()
    _create_calendar()
    _create_enrolment()


def _create_registry() -> None:
    op.create_table(
        "unit",
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("parent_id", _UUID, sa.ForeignKey("unit.id"), index=True),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("named_from", sa.Date, nullable=False),
        sa.Column("ended_on", sa.Date),
        sa.Column("merged_into_id", _UUID, sa.ForeignKey("unit.id")),
    )
    living = sa.text("ended_on IS NULL")
    op.create_index("unit_living_code", "unit", ["code"], unique=True, postgresql_where=living)
    op.create_table(
        "unit_name",
        sa.Column("unit_id", _UUID, sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
    )
    op.create_table(
        "school",
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("levels", ARRAY(sa.Text), nullable=False),
        sa.Column("ownership", sa.String, nullable=False),
        sa.Column("unit_id", _UUID, sa.ForeignKey("unit.id"), nullable=False, index=True),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
    )
    is_open = sa.text("open")
    op.create_index("school_open_code", "school", ["code"], unique=True, postgresql_where=is_open)
    op.create_table(
        "school_code",
        sa.Column("school_id", _UUID, sa.ForeignKey("school.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("code", sa.String, nullable=False, index=True),
        sa.Column("valid_from", sa.Date, nullable=False),
    )


def _create_calendar() -> None:
    op.create_table(
        "school_year",
        sa.Column("school_year", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("terms", JSONB, nullable=False),
        sa.Column("holidays", JSONB, nullable=False),
    )


def _create_enrolment() -> None:
    op.create_table(
        "pupil",
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("code", sa.String, unique=True),
        sa.Column("school_id", _UUID, sa.ForeignKey("school.id"), nullable=False),
        sa.Column("grade", sa.String, nullable=False),
        sa.Column(
            "school_year", sa.String, sa.ForeignKey("school_year.school_year"), nullable=False
        ),
        sa.Column("sex", sa.String, nullable=False),
        sa.Column("ethnic_minority", sa.Boolean, nullable=False),
        sa.Column("birth_year", sa.Integer, nullable=False),
        sa.Column("inclusion", sa.Boolean, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("sealed", sa.Text),
    )
    enrolled = sa.text("state = 'enrolled'")
    op.create_index("pupil_school", "pupil", ["school_id", "code"], postgresql_where=enrolled)
    op.create_table(
        "subject_key",
        sa.Column("pupil_id", _UUID, sa.ForeignKey("pupil.id"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("wrapped_key", sa.Text, nullable=False),
        sa.Column("key_id", sa.String, nullable=False),
    )
    op.create_table(
        "enrolment_step",
        sa.Column("pupil_id", _UUID, sa.ForeignKey("pupil.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("school_id", _UUID, sa.ForeignKey("school.id"), nullable=False),
        sa.Column("grade", sa.String, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("reason_code", sa.String),
        sa.Column("note", sa.Text),
        sa.Column("recorded_by", sa.String, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
