"""Fee items and charges, payments and their reversals, channels and what VNPAY reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

_ID = sa.Uuid(as_uuid=False)
_CODE = sa.String(32)
_MOMENT = sa.DateTime(timezone=True)
_MONEY = sa.BigInteger


def upgrade() -> None:
    _create_fees()
    _create_receipts()
    _create_channels()


def _create_fees() -> None:
    op.create_table(
        "fee_item",
        sa.Column("fee_item_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("legal_basis", sa.String, nullable=False),
        sa.Column("mandatory", sa.Boolean, nullable=False),
        sa.Column("on_behalf", sa.Boolean, nullable=False),
        sa.Column("unit", _CODE, nullable=False),
        sa.Column("amount", _MONEY, nullable=False),
        sa.Column("ceiling", _MONEY),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("exemptions", JSONB, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("fee_item_id", name="pk_fee_item"),
        sa.UniqueConstraint(
            "school_id", "school_year", "name", name="uq_fee_item_school_id_school_year_name"
        ),
    )
    op.create_table(
        "charge",
        sa.Column("charge_id", _ID, nullable=False),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("fee_item_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("exemption", _CODE),
        sa.Column("gross", _MONEY, nullable=False),
        sa.Column("reduction", _MONEY, nullable=False),
        sa.Column("agreed_on", sa.Date),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("charge_id", name="pk_charge"),
    )
    op.create_index(
        "ux_charge_standing",
        "charge",
        ["fee_item_id", "pupil_id", "period"],
        unique=True,
        postgresql_where=sa.text("NOT cancelled"),
    )
    op.create_index("ix_charge_pupil_id_school_id", "charge", ["pupil_id", "school_id"])
    op.create_table(
        "charge_change",
        sa.Column("charge_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("exemption", _CODE),
        sa.Column("gross", _MONEY, nullable=False),
        sa.Column("reduction", _MONEY, nullable=False),
        sa.Column("reason_code", _CODE),
        sa.Column("reason", sa.String),
        sa.Column("changed_by", sa.String, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("charge_id", "version", name="pk_charge_change"),
    )


def _create_receipts() -> None:
    op.create_table(
        "payment",
        sa.Column("payment_id", _ID, nullable=False),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("method", _CODE, nullable=False),
        sa.Column("amount", _MONEY, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("receipt_year", sa.Integer, nullable=False),
        sa.Column("receipt_number", sa.Integer, nullable=False),
        sa.Column("external_id", sa.String),
        sa.Column("unmatched_id", _ID),
        sa.Column("note", sa.String),
        sa.Column("recorded_by", sa.String, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("reversed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name="pk_payment"),
        sa.UniqueConstraint(
            "school_id",
            "receipt_year",
            "receipt_number",
            name="uq_payment_school_id_receipt_year_receipt_number",
        ),
    )
    op.create_index(
        "ux_payment_external",
        "payment",
        ["school_id", "method", "external_id"],
        unique=True,
        postgresql_where=sa.text("NOT reversed"),
    )
    op.create_index("ix_payment_school_id_day", "payment", ["school_id", "day"])
    op.create_index("ix_payment_pupil_id_school_id", "payment", ["pupil_id", "school_id"])
    op.create_table(
        "receipt_series",
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("receipt_year", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("school_id", "receipt_year", name="pk_receipt_series"),
    )
    op.create_table(
        "reversal",
        sa.Column("reversal_id", _ID, nullable=False),
        sa.Column("payment_id", _ID, nullable=False),
        sa.Column("state", _CODE, nullable=False),
        sa.Column("reason_code", _CODE, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("requested_by", sa.String, nullable=False),
        sa.Column("requested_at", _MOMENT, nullable=False),
        sa.Column("decided_by", sa.String),
        sa.Column("decided_at", _MOMENT),
        sa.Column("decision_reason", sa.String),
        sa.PrimaryKeyConstraint("reversal_id", name="pk_reversal"),
    )
    op.create_index("ix_reversal_payment_id", "reversal", ["payment_id"])
    op.create_index(
        "ux_reversal_requested",
        "reversal",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_table(
        "unmatched_money",
        sa.Column("unmatched_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("method", _CODE, nullable=False),
        sa.Column("external_id", sa.String, nullable=False),
        sa.Column("amount", _MONEY, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("why", _CODE, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("payment_id", _ID),
        sa.PrimaryKeyConstraint("unmatched_id", name="pk_unmatched_money"),
        sa.UniqueConstraint(
            "school_id",
            "method",
            "external_id",
            name="uq_unmatched_money_school_id_method_external_id",
        ),
    )


def _create_channels() -> None:
    op.create_table(
        "channel",
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("channel", _CODE, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("bank_bin", sa.String),
        sa.Column("account", sa.String),
        sa.Column("terminal", sa.String),
        sa.Column("secret", sa.String),
        sa.Column("key_id", sa.String),
        sa.Column("return_url", sa.String),
        sa.PrimaryKeyConstraint("school_id", "channel", name="pk_channel"),
    )
    op.create_index("ux_channel_terminal", "channel", ["terminal"], unique=True)
    op.create_table(
        "vnpay_request",
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("amount", _MONEY, nullable=False),
        sa.Column("state", _CODE, nullable=False),
        sa.Column("transaction", sa.String),
        sa.Column("payment_id", _ID),
        sa.Column("requested_by", sa.String, nullable=False),
        sa.Column("requested_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_vnpay_request"),
    )
    op.create_index("ix_vnpay_request_pupil_id", "vnpay_request", ["pupil_id"])
    op.create_table(
        "vnpay_report",
        sa.Column("report_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("terminal", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("transaction", sa.String, nullable=False),
        sa.Column("response", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("amount", _MONEY, nullable=False),
        sa.Column("query", sa.String, nullable=False),
        sa.Column("reply", _CODE, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("report_id", name="pk_vnpay_report"),
        sa.UniqueConstraint(
            "terminal",
            "reference",
            "transaction",
            "response",
            "status",
            "amount",
            name="uq_vnpay_report_said",
        ),
    )
