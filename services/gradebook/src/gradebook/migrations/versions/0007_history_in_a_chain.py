"""Saves as links of a chain: from where, in which order, with which hash; checkpoints over it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.add_column("cell_change", sa.Column("save_id", _ID, nullable=True))
    op.create_table(
        "score_save",
        sa.Column("sheet_id", _ID, nullable=False),
        sa.Column("save_id", _ID, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(cache=1), nullable=False),
        sa.Column("device", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("number", sa.BigInteger),
        sa.Column("hash", sa.LargeBinary),
        sa.Column("reason_digest", sa.LargeBinary),
        sa.Column("reason_salt", sa.LargeBinary),
        sa.PrimaryKeyConstraint("sheet_id", "save_id", name="pk_score_save"),
    )
    op.create_index(
        "ix_score_save_waiting",
        "score_save",
        ["id"],
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_index("uq_score_save_number", "score_save", ["number"], unique=True)
    # Once: its place in the chain. Later only the salt goes, with the words that it kept secret.
    op.execute(
        """
        CREATE FUNCTION refuse_but_chaining_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.number IS NULL AND NEW.number IS NOT NULL THEN
                OLD.number := NEW.number;
                OLD.hash := NEW.hash;
                OLD.reason_digest := NEW.reason_digest;
                OLD.reason_salt := NEW.reason_salt;
            ELSIF NEW.reason_salt IS NULL THEN
                OLD.reason_salt := NULL;
            END IF;
            IF NEW IS DISTINCT FROM OLD THEN
                RAISE EXCEPTION 'the history of scores is append-only';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER score_save_is_append_only BEFORE UPDATE ON score_save
        FOR EACH ROW EXECUTE FUNCTION refuse_but_chaining_once()
        """
    )
    op.execute(
        """
        CREATE TRIGGER score_save_is_never_deleted BEFORE DELETE ON score_save
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
        """
    )
    op.create_table(
        "chain_node",
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name="pk_chain_node"),
    )
    op.create_table(
        "chain_checkpoint",
        sa.Column("size", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_chain_checkpoint"),
    )
