"""The register, the ledger that the database guards, and the tables of delivery."""

import sqlalchemy as sa
from alembic import op

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
            "account_id", "school_id", "kind", name="uq_ledger_account_account_id_school_id_kind"
        ),
    )
    op.create_table(
        "ledger_transaction",
        sa.Column("transaction_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("lines", sa.SmallInteger, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("booked_at", _MOMENT, nullable=False),
        sa.Column("booked_by", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_ledger_transaction"),
        sa.UniqueConstraint(
            "transaction_id",
            "school_id",
            "lines",
            name="uq_ledger_transaction_transaction_id_school_id_lines",
        ),
        sa.CheckConstraint("lines >= 2", name="ck_ledger_transaction_double"),
    )
    op.create_index(
        "ix_ledger_transaction_school_id_day", "ledger_transaction", ["school_id", "day"]
    )
    op.create_table(
        "ledger_entry",
        sa.Column("entry_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("transaction_id", _ID, nullable=False),
        sa.Column("school_id", _ID, nullable=False),
        sa.Column("lines", sa.SmallInteger, nullable=False),
        sa.Column("line", sa.SmallInteger, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.Column("debit", _MONEY, nullable=False),
        sa.Column("credit", _MONEY, nullable=False),
        sa.Column("charge_id", _ID),
        sa.Column("payment_id", _ID),
        sa.PrimaryKeyConstraint("entry_id", name="pk_ledger_entry"),
        # An entry is of the school of its transaction and of its account: no money crosses.
        sa.ForeignKeyConstraint(
            ["transaction_id", "school_id", "lines"],
            [
                "ledger_transaction.transaction_id",
                "ledger_transaction.school_id",
                "ledger_transaction.lines",
            ],
            name="fk_ledger_entry_transaction_id_school_id_lines",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "school_id", "kind"],
            ["ledger_account.account_id", "ledger_account.school_id", "ledger_account.kind"],
            name="fk_ledger_entry_account_id_school_id_kind",
        ),
        # A transaction has so many places and no more: once it is whole nothing can be added.
        sa.UniqueConstraint("transaction_id", "line", name="uq_ledger_entry_transaction_id_line"),
        sa.CheckConstraint("line BETWEEN 1 AND lines", name="ck_ledger_entry_place"),
        sa.CheckConstraint(
            "debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)",
            name="ck_ledger_entry_one_side",
        ),
        sa.CheckConstraint(
            "kind <> 'receivable' OR charge_id IS NOT NULL",
            name="ck_ledger_entry_receivable_of_charge",
        ),
        sa.CheckConstraint(
            "kind <> 'prepayment' OR payment_id IS NOT NULL",
            name="ck_ledger_entry_prepayment_of_payment",
        ),
    )
    for column in ("account_id", "charge_id", "payment_id"):
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
    # Checked once, when the transaction commits: then all its places are taken, for ever.
    op.execute(
        """
        CREATE FUNCTION check_that_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE found bigint; debits numeric; credits numeric;
        BEGIN
            SELECT count(*), coalesce(sum(debit), 0), coalesce(sum(credit), 0)
              INTO found, debits, credits
              FROM ledger_entry WHERE transaction_id = NEW.transaction_id;
            IF found <> NEW.lines OR debits <> credits THEN
                RAISE EXCEPTION 'transaction % does not balance: % of % lines, debit %, credit %',
                    NEW.transaction_id, found, NEW.lines, debits, credits
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER ledger_transaction_balances AFTER INSERT ON ledger_transaction"
        " DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION check_that_entries_balance()"
    )
    # Two transactions that lower the same sum wait for each other here, so that each sees what the
    # other has done (the sum is a statement of its own, with its own snapshot).
    op.execute(
        """
        CREATE FUNCTION check_that_nothing_is_overdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            lowered uuid := CASE NEW.kind
                WHEN 'receivable' THEN NEW.charge_id
                WHEN 'prepayment' THEN NEW.payment_id
                ELSE NEW.account_id END;
            balance numeric;
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended(lowered::text, 0));
            IF NEW.kind = 'receivable' THEN
                SELECT sum(debit - credit) INTO balance
                  FROM ledger_entry WHERE charge_id = lowered;
            ELSIF NEW.kind = 'prepayment' THEN
                SELECT sum(credit - debit) INTO balance
                  FROM ledger_entry WHERE payment_id = lowered AND account_id = NEW.account_id;
            ELSE
                SELECT sum(credit - debit) INTO balance
                  FROM ledger_entry WHERE account_id = lowered;
            END IF;
            IF balance < 0 THEN
                RAISE EXCEPTION '% would be overdrawn by %', NEW.kind, -balance
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER ledger_entry_is_covered AFTER INSERT ON ledger_entry"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ("
        "NEW.kind = 'receivable' AND NEW.credit > 0"
        " OR NEW.kind IN ('prepayment', 'suspense') AND NEW.debit > 0"
        ") EXECUTE FUNCTION check_that_nothing_is_overdrawn()"
    )
