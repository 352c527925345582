"""The roster, the classes, the score sheets, and the tables of delivery."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.clock import business_day, now
from chassis.migrations import create_delivery

revision = "0001"
down_revision = None

_ID = sa.Uuid(as_uuid=False)
_CODE = sa.String(32)


def upgrade() -> None:
    create_delivery(op.execute, business_day(now()))
    _create_roster()
    _create_classes()
    _create_scores()


def _create_roster() -> None:
    op.create_table(
        "school",
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("levels", ARRAY(_CODE), nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("school_id", name="pk_school"),
    )
    op.create_table(
        "school_year",
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("school_year", name="pk_school_year"),
    )
    op.create_table(
        "pupil",
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("grade", _CODE, nullable=False),
        sa.Column("enrolled", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.Text),
        sa.PrimaryKeyConstraint("pupil_id", name="pk_pupil"),
    )
    op.create_index("ix_pupil_school_id_school_year", "pupil", ["school_id", "school_year"])
    op.create_table(
        "subject_key",
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("wrapped_key", sa.String),
        sa.Column("key_id", sa.String),
        sa.PrimaryKeyConstraint("pupil_id", name="pk_subject_key"),
    )


def _create_classes() -> None:
    op.create_table(
        "school_class",
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("grade", _CODE, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("homeroom_teacher_id", _ID),
        sa.PrimaryKeyConstraint("class_id", name="pk_school_class"),
        sa.UniqueConstraint(
            "school_id", "school_year", "name", name="uq_school_class_school_id_school_year_name"
        ),
    )
    op.create_table(
        "placement",
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("class_id", _ID),
        sa.PrimaryKeyConstraint("pupil_id", "school_year", name="pk_placement"),
    )
    op.create_index("ix_placement_class_id", "placement", ["class_id"])
    op.create_table(
        "teaching",
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("subject", _CODE, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("teacher_ids", ARRAY(_ID), nullable=False),
        sa.PrimaryKeyConstraint("class_id", "subject", name="pk_teaching"),
    )


def _create_scores() -> None:
    op.create_table(
        "sheet",
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("grade", _CODE, nullable=False),
        sa.Column("subject", _CODE, nullable=False),
        sa.Column("term", _CODE, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("cells_due", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("sheet_id", name="pk_sheet"),
        sa.UniqueConstraint(
            "class_id",
            "subject",
            "term",
            "kind",
            "position",
            name="uq_sheet_class_id_subject_term_kind_position",
        ),
    )
    op.create_table(
        "cell",
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("value", sa.SmallInteger),
        sa.Column("state", _CODE),
        sa.PrimaryKeyConstraint("sheet_id", "pupil_id", name="pk_cell"),
    )
    op.create_index("ix_cell_pupil_id", "cell", ["pupil_id"])
    op.create_table(
        "cell_change",
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("before", sa.SmallInteger),
        sa.Column("before_state", _CODE),
        sa.Column("after", sa.SmallInteger),
        sa.Column("after_state", _CODE),
        sa.Column("reason_code", _CODE),
        sa.Column("reason", sa.Text),
        sa.Column("changed_by", _ID, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("sheet_id", "pupil_id", "version", name="pk_cell_change"),
    )
    # History is written once: not even a mistake in this service can change it.
    op.execute(
        """
        CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the history of scores is append-only';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER cell_change_is_append_only BEFORE UPDATE OR DELETE ON cell_change
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
        """
    )
