"""When columns are written, which books are locked or written again, what guardians see."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0008"
down_revision = "0007"

_ID = sa.Uuid(as_uuid=False)
_CODE = sa.String(32)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_books()
    _create_what_homeroom_teachers_write()
    _create_decisions()
    # What selects the cells in which results are counted; admissions' next fact fills them.
    op.add_column("pupil", sa.Column("sex", _CODE))
    op.add_column("pupil", sa.Column("ethnic_minority", sa.Boolean))
    op.add_column("pupil", sa.Column("birth_year", sa.Integer))


def _create_books() -> None:
    op.create_table(
        "entry_window",
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("term", _CODE, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("opens_on", sa.Date, nullable=False),
        sa.Column("closes_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint(
            "school_id", "school_year", "term", "kind", "position", name="pk_entry_window"
        ),
    )
    op.create_table(
        "book",
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("subject", _CODE, nullable=False),
        sa.Column("term", _CODE, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("grade", _CODE, nullable=False),
        sa.Column("regular", sa.SmallInteger, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("locked", sa.Boolean, nullable=False),
        sa.Column("locked_by", _ID, nullable=True),
        sa.Column("locked_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("class_id", "subject", "term", name="pk_book"),
    )
    op.create_table(
        "reopening",
        sa.Column("reopening_id", _ID, nullable=False),
        sa.Column("target_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("state", _CODE, nullable=False),
        sa.Column("hours", sa.SmallInteger, nullable=False),
        sa.Column("reason_code", _CODE, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("requested_by", _ID, nullable=False),
        sa.Column("requested_at", _MOMENT, nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decision_reason", sa.Text, nullable=True),
        sa.Column("until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("reopening_id", name="pk_reopening"),
    )
    op.create_index(
        "ux_reopening_requested",
        "reopening",
        ["target_id"],
        unique=True,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_index("ix_reopening_target_id", "reopening", ["target_id"])
    op.create_index(
        "ix_reopening_school_id_requested_at", "reopening", ["school_id", "requested_at"]
    )
    op.create_table(
        "publication",
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Column("changed_by", _ID, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sheet_id", name="pk_publication"),
    )
    op.create_table(
        "term_closing",
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("term", _CODE, nullable=False),
        sa.Column("closings", sa.Integer, nullable=False),
        sa.Column("closed_by", _ID, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("class_id", "term", name="pk_term_closing"),
    )


def _create_what_homeroom_teachers_write() -> None:
    op.create_table(
        "conduct",
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("term", _CODE, nullable=False),
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("level", _CODE, nullable=True),
        sa.Column("remark", sa.Text, nullable=True),
        sa.Column("absences", sa.Integer, nullable=True),
        sa.Column("changed_by", _ID, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("pupil_id", "school_year", "term", name="pk_conduct"),
    )
    op.create_index("ix_conduct_class_id_term", "conduct", ["class_id", "term"])
    op.create_table(
        "primary_assessment",
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("period", _CODE, nullable=False),
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("subjects", JSONB, nullable=False),
        sa.Column("qualities", JSONB, nullable=False),
        sa.Column("competences", JSONB, nullable=False),
        sa.Column("tests", JSONB, nullable=False),
        sa.Column("outstanding", sa.Boolean, nullable=False),
        sa.Column("recognised", sa.Boolean, nullable=False),
        sa.Column("changed_by", _ID, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("pupil_id", "school_year", "period", name="pk_primary_assessment"),
    )
    op.create_index(
        "ix_primary_assessment_class_id_period", "primary_assessment", ["class_id", "period"]
    )


def _create_decisions() -> None:
    op.create_table(
        "promotion_decision",
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("promotes", sa.Boolean, nullable=False),
        sa.Column("decided_by", _ID, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("pupil_id", "school_year", name="pk_promotion_decision"),
    )
    op.create_table(
        "decided_result",
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("term", _CODE, nullable=False),
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("grade", _CODE, nullable=False),
        sa.Column("sex", _CODE, nullable=False),
        sa.Column("ethnic_minority", sa.Boolean, nullable=False),
        sa.Column("averages", JSONB, nullable=False),
        sa.Column("study", _CODE, nullable=True),
        sa.Column("adjusted", sa.Boolean, nullable=False),
        sa.Column("conduct", _CODE, nullable=True),
        sa.Column("title", _CODE, nullable=True),
        sa.Column("promotion", _CODE, nullable=True),
        sa.Column("completion", _CODE, nullable=True),
        sa.Column("primary_result", _CODE, nullable=True),
        sa.Column("retests", ARRAY(_CODE), nullable=False),
        sa.Column("rule_set", sa.String, nullable=False),
        sa.Column("decided_by", _ID, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("pupil_id", "school_year", "term", name="pk_decided_result"),
    )
    op.create_index("ix_decided_result_class_id_term", "decided_result", ["class_id", "term"])
