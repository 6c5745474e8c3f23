"""What was promised and what came of it: versions of policies, clocks, quotas, work, notifications, tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("answered_at", MOMENT, nullable=True))
    op.add_column("ticket", sa.Column("answered_by", sa.Text(), nullable=True))
    op.add_column("ticket", sa.Column("paused_at", MOMENT, nullable=True))
    op.add_column("ticket", sa.Column("charge_state", sa.String(length=16), nullable=True))
    # Written out, since SQLite takes a foreign key only together with its column.
    op.execute("ALTER TABLE ticket ADD COLUMN origin INTEGER CONSTRAINT fk_ticket_origin REFERENCES ticket (number)")
    awaiting_answer = sa.text("state <> 'closed' AND answered_at IS NULL AND due_at IS NOT NULL")
    op.create_index(
        "ix_ticket_due", "ticket", ["due_at"], sqlite_where=awaiting_answer, postgresql_where=awaiting_answer
    )
    op.create_index("ix_ticket_origin", "ticket", ["origin"])
    op.add_column("contact", sa.Column("left_on", sa.Date(), nullable=True))
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_version"),
        sa.UniqueConstraint("policy", "version", name="uq_policy_version_policy_version"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name="fk_pause_ticket"),
        sa.PrimaryKeyConstraint("id", name="pk_pause"),
    )
    op.create_index("ix_pause_ticket", "pause", ["ticket"])
    op.create_table(
        "deadline_notice",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name="fk_deadline_notice_ticket"),
        sa.PrimaryKeyConstraint("ticket", "kind", "due_at", name="pk_deadline_notice"),
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("next_try", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["event"], ["event.id"], name="fk_notification_event"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sqlite_autoincrement=True,
    )
    pending = sa.text("next_try IS NOT NULL")
    op.create_index(
        "ix_notification_next_try", "notification", ["next_try"], sqlite_where=pending, postgresql_where=pending
    )
    given_up = sa.text("next_try IS NULL AND done_at IS NULL")
    op.create_index(
        "ix_notification_given_up", "notification", ["id"], sqlite_where=given_up, postgresql_where=given_up
    )
    op.create_table(
        "quota_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("quota", sa.String(length=64), nullable=False),
        sa.Column("fact", sa.String(length=64), nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.Column("returned_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name="fk_quota_use_ticket"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_quota_use_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quota_use"),
    )
    standing = sa.text("returned_at IS NULL")
    op.create_index(
        "uq_quota_use_standing",
        "quota_use",
        ["ticket", "quota"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_index("ix_quota_use_customer_id", "quota_use", ["customer_id"])
    op.create_table(
        "work_order",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("estimate", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name="fk_work_order_ticket"),
        sa.PrimaryKeyConstraint("ticket", name="pk_work_order"),
    )
    op.create_table(
        "work_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name="fk_work_entry_ticket"),
        sa.PrimaryKeyConstraint("id", name="pk_work_entry"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_work_entry_ticket", "work_entry", ["ticket"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_api_token_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("digest", name="uq_api_token_digest"),
    )
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"])
