"""What makes retraining trustworthy: how a label was given, disputes, the audit sample, holds, training runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("erased_at", MOMENT, nullable=True))
    op.add_column("correction", sa.Column("blind", sa.Boolean(), nullable=True))
    op.add_column("correction", sa.Column("seconds", sa.Float(), nullable=True))
    op.add_column("correction", sa.Column("bulk", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("correction", sa.Column("taken_back_at", MOMENT, nullable=True))
    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("second", sa.Integer(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settlement", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name="fk_dispute_ticket"),
        sa.ForeignKeyConstraint(["first"], ["correction.id"], name="fk_dispute_first"),
        sa.ForeignKeyConstraint(["second"], ["correction.id"], name="fk_dispute_second"),
        sa.ForeignKeyConstraint(["settlement"], ["correction.id"], name="fk_dispute_settlement"),
        sa.PrimaryKeyConstraint("id", name="pk_dispute"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_dispute_ticket", "dispute", ["ticket"])
    unsettled = sa.text("settled_at IS NULL")
    op.create_index(
        "uq_dispute_open",
        "dispute",
        ["ticket", "label"],
        unique=True,
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )
    op.create_table(
        "audit",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("promised", sa.JSON(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name="fk_audit_ticket"),
        sa.PrimaryKeyConstraint("ticket", name="pk_audit"),
    )
    op.create_index("ix_audit_policy_drawn_at", "audit", ["policy", "drawn_at"])
    unanswered = sa.text("answered_at IS NULL")
    op.create_index("ix_audit_open", "audit", ["drawn_at"], sqlite_where=unanswered, postgresql_where=unanswered)
    op.create_table(
        "autonomy_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_autonomy_hold"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_autonomy_hold_policy", "autonomy_hold", ["policy"])
    standing = sa.text("lifted_at IS NULL")
    op.create_index(
        "uq_autonomy_hold_standing",
        "autonomy_hold",
        ["policy", "label", "value"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "training_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("beat_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("champion", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_training_run"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_training_run_policy", "training_run", ["policy"])
    for name, column, state in (
        ("uq_training_run_waiting", "policy", "waiting"),
        ("uq_training_run_running", "state", "running"),
    ):
        condition = sa.text(f"state = '{state}'")
        op.create_index(name, "training_run", [column], unique=True, sqlite_where=condition, postgresql_where=condition)
