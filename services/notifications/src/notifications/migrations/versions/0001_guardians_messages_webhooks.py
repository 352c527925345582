"""The register, guardians, messages and webhooks, and the tables of delivery."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.clock import business_day, now
from chassis.migrations import create_delivery

revision = "0001"
down_revision = None

_ID = sa.Uuid(as_uuid=False)
_CODE = sa.String(32)
_MOMENT = sa.DateTime(timezone=True)


def _column(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    create_delivery(op.execute, business_day(now()))
    _create_register()
    _create_guardians()
    _create_messages()
    _create_webhooks()


def _create_register() -> None:
    op.create_table(
        "school",
        _column("school_id", _ID),
        _column("version", sa.Integer),
        _column("name", sa.String),
        sa.PrimaryKeyConstraint("school_id", name="pk_school"),
    )
    op.create_table(
        "school_class",
        _column("class_id", _ID),
        _column("version", sa.Integer),
        _column("school_id", _ID),
        _column("name", sa.String),
        sa.Column("homeroom_teacher_id", _ID),
        sa.PrimaryKeyConstraint("class_id", name="pk_school_class"),
    )
    op.create_index("ix_school_class_homeroom_teacher_id", "school_class", ["homeroom_teacher_id"])
    op.create_table(
        "placement",
        _column("pupil_id", _ID),
        _column("school_year", sa.String),
        _column("version", sa.Integer),
        sa.Column("class_id", _ID),
        sa.PrimaryKeyConstraint("pupil_id", "school_year", name="pk_placement"),
    )
    op.create_index("ix_placement_class_id", "placement", ["class_id"])
    op.create_table(
        "pupil",
        _column("pupil_id", _ID),
        _column("version", sa.Integer),
        _column("school_id", _ID),
        _column("school_year", sa.String),
        _column("grade", _CODE),
        _column("enrolled", sa.Boolean),
        sa.Column("sealed", sa.Text),
        sa.PrimaryKeyConstraint("pupil_id", name="pk_pupil"),
    )
    op.create_table(
        "subject_key",
        _column("pupil_id", _ID),
        _column("version", sa.Integer),
        sa.Column("wrapped_key", sa.String),
        sa.Column("key_id", sa.String),
        sa.PrimaryKeyConstraint("pupil_id", name="pk_subject_key"),
    )


def _create_guardians() -> None:
    op.create_table(
        "guardian",
        _column("guardian_id", _ID),
        _column("version", sa.Integer),
        sa.Column("wrapped_key", sa.String),
        sa.Column("key_id", sa.String),
        sa.Column("sealed", sa.Text),
        _column("has_email", sa.Boolean),
        _column("has_phone", sa.Boolean),
        _column("email_refused", sa.Boolean),
        _column("changed_at", _MOMENT),
        sa.PrimaryKeyConstraint("guardian_id", name="pk_guardian"),
    )
    op.create_table(
        "guardian_link",
        _column("guardian_id", _ID),
        _column("pupil_id", _ID),
        _column("version", sa.Integer),
        _column("relation", _CODE),
        _column("active", sa.Boolean),
        sa.Column("school_id", _ID),
        sa.Column("grade", _CODE),
        _column("pupil_version", sa.Integer),
        sa.PrimaryKeyConstraint("guardian_id", "pupil_id", name="pk_guardian_link"),
    )
    op.create_index("ix_guardian_link_pupil_id", "guardian_link", ["pupil_id"])
    op.create_table(
        "consent",
        sa.Column("number", sa.BigInteger, primary_key=True),
        _column("guardian_id", _ID),
        _column("purpose", _CODE),
        _column("given", sa.Boolean),
        _column("evidence_kind", _CODE),
        sa.Column("evidence", sa.Text),
        _column("recorded_by", sa.String),
        _column("recorded_at", _MOMENT),
    )
    op.create_index(
        "ix_consent_guardian_id_purpose_number", "consent", ["guardian_id", "purpose", "number"]
    )
    # What somebody agreed to is evidence: not even a mistake in this service can change it.
    op.execute(
        """
        CREATE FUNCTION refuse_to_change_consents() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the ledger of consents is append-only';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER consent_is_append_only BEFORE UPDATE OR DELETE ON consent
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_consents()
        """
    )
    op.create_table(
        "preference",
        _column("guardian_id", _ID),
        _column("version", sa.Integer),
        _column("channels", ARRAY(_CODE)),
        sa.Column("quiet_from", sa.Time),
        sa.Column("quiet_until", sa.Time),
        _column("digest", sa.Boolean),
        sa.PrimaryKeyConstraint("guardian_id", name="pk_preference"),
    )


def _create_messages() -> None:
    op.create_table(
        "letter",
        _column("letter_id", _ID),
        _column("guardian_id", _ID),
        _column("channel", _CODE),
        sa.Column("slot", _MOMENT),
        _column("state", _CODE),
        _column("queued_at", _MOMENT),
        _column("not_before", _MOMENT),
        _column("expires_at", _MOMENT),
        _column("attempts", sa.SmallInteger),
        _column("crashes", sa.SmallInteger),
        sa.Column("leased_until", _MOMENT),
        sa.Column("reason", sa.String),
        sa.Column("parts", sa.SmallInteger),
        sa.Column("cost", sa.Integer),
        sa.Column("ended_at", _MOMENT),
        sa.PrimaryKeyConstraint("letter_id", name="pk_letter"),
        sa.UniqueConstraint(
            "guardian_id", "channel", "slot", name="uq_letter_guardian_id_channel_slot"
        ),
    )
    op.create_index(
        "ix_letter_due", "letter", ["not_before"], postgresql_where=sa.text("state = 'queued'")
    )
    op.create_index(
        "ix_letter_leased",
        "letter",
        ["leased_until"],
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index("ix_letter_ended_at", "letter", ["ended_at"])
    op.create_table(
        "message",
        _column("message_id", _ID),
        _column("event_id", sa.String),
        _column("guardian_id", _ID),
        _column("channel", _CODE),
        _column("template", sa.String),
        _column("template_version", sa.SmallInteger),
        _column("letter_id", _ID),
        _column("school_id", _ID),
        _column("purpose", _CODE),
        _column("pupil_ids", ARRAY(_ID)),
        sa.Column("content", JSONB),
        _column("left_out", sa.Boolean),
        sa.PrimaryKeyConstraint("message_id", name="pk_message"),
        sa.UniqueConstraint(
            "event_id",
            "guardian_id",
            "channel",
            "template",
            name="uq_message_event_id_guardian_id_channel_template",
        ),
    )
    op.create_index("ix_message_letter_id", "message", ["letter_id"])
    op.create_index("ix_message_guardian_id_message_id", "message", ["guardian_id", "message_id"])
    op.create_index("ix_message_school_id_message_id", "message", ["school_id", "message_id"])
    op.create_index("ix_message_pupil_ids", "message", ["pupil_ids"], postgresql_using="gin")
    op.create_table(
        "attempt",
        _column("letter_id", _ID),
        _column("number", sa.SmallInteger),
        _column("repeat", sa.Boolean),
        _column("started_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("outcome", _CODE),
        sa.Column("code", sa.String),
        sa.PrimaryKeyConstraint("letter_id", "number", name="pk_attempt"),
    )
    op.create_table(
        "receipt",
        sa.Column("number", sa.BigInteger, primary_key=True),
        _column("letter_id", _ID),
        _column("action", sa.String),
        _column("status", sa.String),
        _column("received_at", _MOMENT),
    )
    op.create_index("ix_receipt_letter_id", "receipt", ["letter_id"])


def _create_webhooks() -> None:
    op.create_table(
        "webhook",
        _column("webhook_id", _ID),
        _column("version", sa.Integer),
        _column("owner", sa.String),
        _column("url", sa.String),
        _column("types", ARRAY(sa.Text)),
        _column("description", sa.String),
        _column("state", _CODE),
        sa.Column("reason", sa.String),
        _column("registered_at", _MOMENT),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_webhook"),
    )
    op.create_index("ix_webhook_owner", "webhook", ["owner"])
    op.create_table(
        "webhook_secret",
        _column("webhook_id", _ID),
        _column("number", sa.Integer),
        _column("wrapped_key", sa.String),
        _column("key_id", sa.String),
        _column("made_at", _MOMENT),
        sa.Column("ends_at", _MOMENT),
        sa.PrimaryKeyConstraint("webhook_id", "number", name="pk_webhook_secret"),
    )
    op.create_table(
        "webhook_document",
        _column("event_id", sa.String),
        _column("type", sa.String),
        _column("body", sa.LargeBinary),
        _column("received_at", _MOMENT),
        sa.PrimaryKeyConstraint("event_id", name="pk_webhook_document"),
    )
    op.create_index("ix_webhook_document_received_at", "webhook_document", ["received_at"])
    op.create_table(
        "webhook_delivery",
        _column("webhook_id", _ID),
        _column("event_id", sa.String),
        _column("type", sa.String),
        _column("state", _CODE),
        _column("queued_at", _MOMENT),
        _column("due", _MOMENT),
        _column("attempts", sa.SmallInteger),
        _column("step", sa.SmallInteger),
        sa.Column("leased_until", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name="pk_webhook_delivery"),
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["webhook_id", "due"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_webhook_delivery_leased",
        "webhook_delivery",
        ["leased_until"],
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index("ix_webhook_delivery_ended_at", "webhook_delivery", ["ended_at"])
    op.create_table(
        "webhook_attempt",
        _column("webhook_id", _ID),
        _column("event_id", sa.String),
        _column("number", sa.SmallInteger),
        _column("started_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("outcome", _CODE),
        sa.Column("status", sa.SmallInteger),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", "number", name="pk_webhook_attempt"),
    )
