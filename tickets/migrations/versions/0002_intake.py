"""What the intake knows more: folded spans, failed steps, Thread-Index, the sender's folded address, follow-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("message", sa.Column("spans", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("message", sa.Column("forwarded", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("message", sa.Column("step", sa.String(length=32), nullable=True))
    op.add_column("message", sa.Column("program_version", sa.String(length=64), nullable=True))
    op.add_column("message", sa.Column("thread_index", sa.String(length=32), nullable=True))
    op.add_column("message", sa.Column("sender_key", sa.String(length=320), nullable=False, server_default=""))
    op.execute("UPDATE message SET sender_key = substr(lower(sender_address), 1, 320)")
    op.execute("UPDATE message SET step = 'fetching' WHERE disposition = 'quarantined' AND reason LIKE 'too large:%'")
    op.create_index("ix_message_thread_index", "message", ["thread_index"])
    op.create_index("ix_message_sender_key_received_at", "message", ["sender_key", "received_at"])
    set_aside = sa.text("disposition = 'set_aside'")
    op.create_index(
        "ix_message_set_aside", "message", ["kind", "id"], sqlite_where=set_aside, postgresql_where=set_aside
    )
    op.execute("ALTER TABLE raw_mail RENAME COLUMN deflated TO compressed")
    op.create_table(
        "awaited",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("key", "conversation", name="pk_awaited"),
    )
    # Written out, since SQLite takes a foreign key only together with its column.
    op.execute(
        "ALTER TABLE ticket ADD COLUMN previous INTEGER CONSTRAINT fk_ticket_previous REFERENCES ticket (number)"
    )
