"""The words of a correction can be forgotten, with the person whom they may name."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Of a line of history nothing changes but that its words go; it is still never deleted.
    op.execute(
        """
        CREATE FUNCTION refuse_but_forgetting_words() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            OLD.reason := NULL;
            IF NEW IS DISTINCT FROM OLD THEN
                RAISE EXCEPTION 'the history of scores is append-only';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute("DROP TRIGGER cell_change_is_append_only ON cell_change")
    op.execute(
        """
        CREATE TRIGGER cell_change_is_never_deleted BEFORE DELETE ON cell_change
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()
        """
    )
    op.execute(
        """
        CREATE TRIGGER cell_change_is_append_only BEFORE UPDATE ON cell_change
        FOR EACH ROW EXECUTE FUNCTION refuse_but_forgetting_words()
        """
    )
