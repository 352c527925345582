"""The register, the ledger that the database guards, fees, receipts, channels, and delivery."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.clock import business_day, now
from chassis.migrations import create_delivery

revision = "0001"
down_revision = None

_ID = sa.Uuid(as_uuid=False)
_CODE = sa.String(32)
_MOMENT = sa.DateTime(timezone=True)
_MONEY = sa.BigInteger


def upgrade() -> None:
    create_delivery(op.execute, business_day(now()))
    _create_register()
    _create_ledger()
    _guard_ledger()
    _create_fees()
    _create_receipts()
    _create_channels()


def _create_register() -> None:
    op.create_table(
        "school",
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("ownership", _CODE, nullable=False),
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
        sa.Column("reference", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("pupil_id", name="pk_pupil"),
        sa.UniqueConstraint("reference", name="uq_pupil_reference"),
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
    op.create_table(
        "school_class",
        sa.Column("class_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("grade", _CODE, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("class_id", name="pk_school_class"),
    )
    op.create_table(
        "placement",
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("class_id", _ID),
        sa.PrimaryKeyConstraint("pupil_id", "school_year", name="pk_placement"),
    )
    op.create_index("ix_placement_class_id", "placement", ["class_id"])


def _create_ledger() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("holder_id", _ID),
        sa.PrimaryKeyConstraint("account_id", name="pk_ledger_account"),
        sa.UniqueConstraint(
            "school_id",
            "kind",
            "holder_id",
            name="uq_ledger_account_school_id_kind_holder_id",
            postgresql_nulls_not_distinct=True,
        ),
        sa.UniqueConstraint(
            "account_id", "school_id", name="uq_ledger_account_account_id_school_id"
        ),
    )
    op.create_table(
        "ledger_transaction",
        sa.Column("transaction_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("booked_at", _MOMENT, nullable=False),
        sa.Column("booked_by", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_ledger_transaction"),
        sa.UniqueConstraint(
            "transaction_id", "school_id", name="uq_ledger_transaction_transaction_id_school_id"
        ),
    )
    op.create_index(
        "ix_ledger_transaction_school_id_day", "ledger_transaction", ["school_id", "day"]
    )
    op.create_table(
        "ledger_entry",
        sa.Column("entry_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("transaction_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("debit", _MONEY, nullable=False),
        sa.Column("credit", _MONEY, nullable=False),
        sa.Column("charge_id", _ID),
        sa.Column("payment_id", _ID),
        sa.PrimaryKeyConstraint("entry_id", name="pk_ledger_entry"),
        # An entry is of the school of its transaction and of its account: no money crosses.
        sa.ForeignKeyConstraint(
            ["transaction_id", "school_id"],
            ["ledger_transaction.transaction_id", "ledger_transaction.school_id"],
            name="fk_ledger_entry_transaction_id_school_id",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "school_id"],
            ["ledger_account.account_id", "ledger_account.school_id"],
            name="fk_ledger_entry_account_id_school_id",
        ),
        sa.CheckConstraint(
            "debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)",
            name="ck_ledger_entry_one_side",
        ),
    )
    for column in ("transaction_id", "account_id", "charge_id", "payment_id"):
        op.create_index(f"ix_ledger_entry_{column}", "ledger_entry", [column])


def _guard_ledger() -> None:
    """Let the database refuse what no program may do, whichever program it is."""
    op.execute(
        """
        CREATE FUNCTION refuse_to_change_the_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in ("ledger_account", "ledger_transaction", "ledger_entry"):
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_ledger()"
        )
    # Checked when the transaction commits, over all its entries: none can be added to it later,
    # because that would be checked, too.
    op.execute(
        """
        CREATE FUNCTION check_that_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE lines bigint; debits numeric; credits numeric;
        BEGIN
            SELECT count(*), coalesce(sum(debit), 0), coalesce(sum(credit), 0)
              INTO lines, debits, credits
              FROM ledger_entry WHERE transaction_id = NEW.transaction_id;
            IF lines < 2 OR debits <> credits THEN
                RAISE EXCEPTION 'transaction % of % entries does not balance: debit %, credit %',
                    NEW.transaction_id, lines, debits, credits USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for table in ("ledger_transaction", "ledger_entry"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_balances AFTER INSERT ON {table}"
            " DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION check_that_entries_balance()"
        )
    # Two transactions that lower the same sum wait for each other here, so that each sees what the
    # other has done (the sum is a statement of its own, with its own snapshot).
    op.execute(
        """
        CREATE FUNCTION check_that_nothing_is_overdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE of_kind text; balance numeric;
        BEGIN
            SELECT kind INTO of_kind FROM ledger_account WHERE account_id = NEW.account_id;
            IF of_kind = 'receivable' THEN
                IF NEW.charge_id IS NULL THEN
                    RAISE EXCEPTION 'an entry of a receivable names no charge'
                        USING ERRCODE = 'check_violation';
                END IF;
                IF NEW.credit = 0 THEN RETURN NULL; END IF;
                PERFORM pg_advisory_xact_lock(hashtextextended(NEW.charge_id::text, 0));
                SELECT sum(debit - credit) INTO balance
                  FROM ledger_entry WHERE charge_id = NEW.charge_id;
            ELSIF of_kind = 'prepayment' THEN
                IF NEW.payment_id IS NULL THEN
                    RAISE EXCEPTION 'an entry of a prepayment names no payment'
                        USING ERRCODE = 'check_violation';
                END IF;
                IF NEW.debit = 0 THEN RETURN NULL; END IF;
                PERFORM pg_advisory_xact_lock(hashtextextended(NEW.payment_id::text, 0));
                SELECT sum(credit - debit) INTO balance FROM ledger_entry
                 WHERE payment_id = NEW.payment_id AND account_id = NEW.account_id;
            ELSIF of_kind = 'suspense' THEN
                IF NEW.debit = 0 THEN RETURN NULL; END IF;
                PERFORM pg_advisory_xact_lock(hashtextextended(NEW.account_id::text, 0));
                SELECT sum(credit - debit) INTO balance
                  FROM ledger_entry WHERE account_id = NEW.account_id;
            ELSE
                RETURN NULL;
            END IF;
            IF balance < 0 THEN
                RAISE EXCEPTION '% would be overdrawn by %', of_kind, -balance
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER ledger_entry_is_covered AFTER INSERT ON ledger_entry"
        " DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION check_that_nothing_is_overdrawn()"
    )


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
