"""The tables. The search index (``message_words``) differs by database and lives in the migrations alone."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from tickets.columns import MailText, UtcTime

REVISION = "0004"
"""The Alembic revision whose tables these are."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

customer = Table(
    "customer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("policy", String(64), nullable=False),
    Column("name", MailText, nullable=False),
    Column("facts", JSON, nullable=False),
    UniqueConstraint("policy", "name"),
)

customer_domain = Table(
    "customer_domain",
    metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
    Column("domain", String(255), primary_key=True),
    Index(None, "domain"),
)

contact = Table(
    "contact",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer_id", ForeignKey("customer.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("policy", String(64), nullable=False),
    Column("address", String(320), nullable=False),
    Column("name", MailText, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("left_on", Date, nullable=True),
    UniqueConstraint("policy", "address"),
)

ticket = Table(
    "ticket",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("policy", String(64), nullable=False),
    Column("conversation", String(64), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("review_reasons", JSON, nullable=False),
    Column("subject", MailText, nullable=False),
    Column("sender_name", MailText, nullable=False),
    Column("sender_address", MailText, nullable=False),
    Column("customer_id", ForeignKey("customer.id"), nullable=True),
    Column("severity", String(64), nullable=False),
    Column("scope", String(64), nullable=False),
    Column("issue_type", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("sources", JSON, nullable=False),
    Column("corrected", JSON, nullable=False),
    Column("clauses", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=True),
    Column("verdict", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("previous", ForeignKey("ticket.number", name="fk_ticket_previous"), nullable=True),
    Column("answered_at", UtcTime, nullable=True),
    Column("answered_by", MailText, nullable=True),
    Column("paused_at", UtcTime, nullable=True),
    Column("charge_state", String(16), nullable=True),
    Column("origin", ForeignKey("ticket.number", name="fk_ticket_origin"), nullable=True, index=True),
    Column("erased_at", UtcTime, nullable=True),
    Index("ix_ticket_queue", "state", "severity", "due_at", "created_at"),
    Index("ix_ticket_history", "customer_id", "created_at"),
    Index("ix_ticket_created_at", "created_at"),
    sqlite_autoincrement=True,
)
Index(
    "uq_ticket_open_conversation",
    ticket.c.conversation,
    unique=True,
    sqlite_where=text("state <> 'closed'"),
    postgresql_where=text("state <> 'closed'"),
)
Index(
    "ix_ticket_due",
    ticket.c.due_at,
    sqlite_where=text("state <> 'closed' AND answered_at IS NULL AND due_at IS NOT NULL"),
    postgresql_where=text("state <> 'closed' AND answered_at IS NULL AND due_at IS NOT NULL"),
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("policy", String(64), nullable=False),
    Column("ticket", ForeignKey("ticket.number"), nullable=True),
    Column("conversation", String(64), nullable=True, index=True),
    Column("disposition", String(16), nullable=False),
    Column("reason", MailText, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("mailbox", MailText, nullable=True),
    Column("digest", String(64), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("sameness", String(64), nullable=False, index=True),
    Column("message_id", MailText, nullable=True),
    Column("sender_name", MailText, nullable=False),
    Column("sender_address", MailText, nullable=False),
    Column("subject", MailText, nullable=False),
    Column("sent_at", UtcTime, nullable=True),
    Column("received_at", UtcTime, nullable=False),
    Column("text", MailText, nullable=False),
    Column("new_text", MailText, nullable=False),
    Column("quoted", MailText, nullable=False),
    Column("signature", MailText, nullable=False),
    Column("html", MailText, nullable=True),
    Column("attachments", JSON, nullable=False),
    Column("defects", JSON, nullable=False),
    Column("spans", JSON, nullable=False, server_default="[]"),
    Column("forwarded", JSON(none_as_null=True), nullable=True),
    Column("step", String(32), nullable=True),
    Column("program_version", String(64), nullable=True),
    Column("thread_index", String(32), nullable=True, index=True),
    Column("sender_key", String(320), nullable=False, server_default=""),
    Index(None, "sender_key", "received_at"),
    Index("ix_message_ticket", "ticket", "id"),
    Index("ix_message_disposition", "disposition", "id"),
    # A hash index, since a hostile msg-id may be longer than a PostgreSQL B-tree entry can be.
    Index("ix_message_message_id", "message_id", postgresql_using="hash"),
    sqlite_autoincrement=True,
)
Index(
    "uq_message_original",
    message.c.sameness,
    unique=True,
    sqlite_where=text("disposition IN ('ticket', 'reply', 'set_aside')"),
    postgresql_where=text("disposition IN ('ticket', 'reply', 'set_aside')"),
)
Index(
    "ix_message_set_aside",
    message.c.kind,
    message.c.id,
    sqlite_where=text("disposition = 'set_aside'"),
    postgresql_where=text("disposition = 'set_aside'"),
)

raw_mail = Table(
    "raw_mail",
    metadata,
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("compressed", LargeBinary, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("mailbox", String(255), nullable=False),
    Column("folder", String(1024), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    UniqueConstraint("mailbox", "folder", "uidvalidity", "uid"),
    Index("ix_delivery_digest", "digest"),
)
Index(
    "ix_delivery_unacknowledged",
    delivery.c.mailbox,
    delivery.c.folder,
    sqlite_where=text("NOT acknowledged"),
    postgresql_where=text("NOT acknowledged"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("mailbox", String(255), primary_key=True),
    Column("folder", String(1024), primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
)

participant = Table(
    "participant",
    metadata,
    Column("conversation", String(64), primary_key=True),
    Column("address", String(320), primary_key=True),
)

awaited = Table(
    "awaited",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("conversation", String(64), primary_key=True),
    Column("sender", String(320), nullable=False),
)

correction_batch = Table(
    "correction_batch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", ForeignKey("ticket.number"), nullable=False, index=True),
    Column("before", JSON, nullable=False),
    Column("undone", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

correction = Table(
    "correction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch", ForeignKey("correction_batch.id"), nullable=False, index=True),
    Column("ticket", ForeignKey("ticket.number"), nullable=False, index=True),
    Column("label", String(32), nullable=False),
    Column("from_value", String(64), nullable=False),
    Column("from_source", String(16), nullable=False),
    Column("to_value", String(64), nullable=False),
    Column("why", MailText, nullable=False),
    Column("agent", MailText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("blind", Boolean, nullable=True),
    Column("seconds", Float, nullable=True),
    Column("bulk", Boolean, nullable=False, server_default=false()),
    Column("taken_back_at", UtcTime, nullable=True),
    sqlite_autoincrement=True,
)

dispute = Table(
    "dispute",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", ForeignKey("ticket.number"), nullable=False, index=True),
    Column("label", String(32), nullable=False),
    Column("first", ForeignKey("correction.id"), nullable=False),
    Column("second", ForeignKey("correction.id"), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime, nullable=True),
    Column("settled_by", MailText, nullable=True),
    Column("settlement", ForeignKey("correction.id"), nullable=True),
    sqlite_autoincrement=True,
)
Index(
    "uq_dispute_open",
    dispute.c.ticket,
    dispute.c.label,
    unique=True,
    sqlite_where=text("settled_at IS NULL"),
    postgresql_where=text("settled_at IS NULL"),
)

audit = Table(
    "audit",
    metadata,
    Column("ticket", ForeignKey("ticket.number"), primary_key=True),
    Column("policy", String(64), nullable=False),
    Column("drawn_at", UtcTime, nullable=False),
    Column("share", Float, nullable=False),
    Column("model_version", MailText, nullable=False),
    Column("said", JSON, nullable=False),
    Column("promised", JSON, nullable=False),
    Column("answered_at", UtcTime, nullable=True),
    Column("answered_by", MailText, nullable=True),
    Column("answers", JSON(none_as_null=True), nullable=True),
    Index(None, "policy", "drawn_at"),
)
Index(
    "ix_audit_open",
    audit.c.drawn_at,
    sqlite_where=text("answered_at IS NULL"),
    postgresql_where=text("answered_at IS NULL"),
)

autonomy_hold = Table(
    "autonomy_hold",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("policy", String(64), nullable=False, index=True),
    Column("label", String(32), nullable=False),
    Column("value", String(64), nullable=False, server_default=""),
    Column("since", UtcTime, nullable=False),
    Column("reason", MailText, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("lifted_at", UtcTime, nullable=True),
    Column("lifted_by", MailText, nullable=True),
    Column("why", MailText, nullable=True),
    sqlite_autoincrement=True,
)
Index(
    "uq_autonomy_hold_standing",
    autonomy_hold.c.policy,
    autonomy_hold.c.label,
    autonomy_hold.c.value,
    unique=True,
    sqlite_where=text("lifted_at IS NULL"),
    postgresql_where=text("lifted_at IS NULL"),
)

training_run = Table(
    "training_run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("policy", String(64), nullable=False, index=True),
    Column("actor", MailText, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("step", MailText, nullable=False),
    Column("share", Float, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("started_at", UtcTime, nullable=True),
    Column("beat_at", UtcTime, nullable=True),
    Column("ended_at", UtcTime, nullable=True),
    Column("champion", MailText, nullable=True),
    Column("version", MailText, nullable=True),
    Column("reasons", JSON, nullable=False),
    Column("cancelled_by", MailText, nullable=True),
    Column("error", MailText, nullable=True),
    sqlite_autoincrement=True,
)
Index(
    "uq_training_run_waiting",
    training_run.c.policy,
    unique=True,
    sqlite_where=text("state = 'waiting'"),
    postgresql_where=text("state = 'waiting'"),
)
Index(
    "uq_training_run_running",
    training_run.c.state,
    unique=True,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("ticket", ForeignKey("ticket.number"), nullable=True),
    Column("actor", MailText, nullable=False),
    Column("details", JSON, nullable=False),
    Index("ix_event_ticket", "ticket", "id"),
    sqlite_autoincrement=True,
)

user_account = Table(
    "user_account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", MailText, nullable=False, unique=True),
    Column("role", String(32), nullable=False),
    Column("password_hash", String(512), nullable=False),
)

policy_version = Table(
    "policy_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("policy", String(64), nullable=False),
    Column("version", String(32), nullable=False),
    Column("effective", Date, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("content", MailText, nullable=False),
    Column("author", MailText, nullable=False),
    Column("reason", MailText, nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("policy", "version"),
    sqlite_autoincrement=True,
)

pause = Table(
    "pause",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", ForeignKey("ticket.number"), nullable=False, index=True),
    Column("began_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=True),
)

deadline_notice = Table(
    "deadline_notice",
    metadata,
    Column("ticket", ForeignKey("ticket.number"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("due_at", UtcTime, primary_key=True),
    Column("at", UtcTime, nullable=False),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event", ForeignKey("event.id"), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("target", MailText, nullable=False),
    Column("next_try", UtcTime, nullable=True),
    Column("tries", Integer, nullable=False),
    Column("error", MailText, nullable=False),
    Column("done_at", UtcTime, nullable=True),
    sqlite_autoincrement=True,
)
Index(
    "ix_notification_next_try",
    notification.c.next_try,
    sqlite_where=text("next_try IS NOT NULL"),
    postgresql_where=text("next_try IS NOT NULL"),
)
Index(
    "ix_notification_given_up",
    notification.c.id,
    sqlite_where=text("next_try IS NULL AND done_at IS NULL"),
    postgresql_where=text("next_try IS NULL AND done_at IS NULL"),
)

quota_use = Table(
    "quota_use",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", ForeignKey("ticket.number"), nullable=False),
    Column("customer_id", ForeignKey("customer.id"), nullable=False, index=True),
    Column("quota", String(64), nullable=False),
    Column("fact", String(64), nullable=False),
    Column("used_at", UtcTime, nullable=False),
    Column("returned_at", UtcTime, nullable=True),
)
Index(
    "uq_quota_use_standing",
    quota_use.c.ticket,
    quota_use.c.quota,
    unique=True,
    sqlite_where=text("returned_at IS NULL"),
    postgresql_where=text("returned_at IS NULL"),
)

work_order = Table(
    "work_order",
    metadata,
    Column("ticket", ForeignKey("ticket.number"), primary_key=True),
    Column("procedure", String(64), nullable=False),
    Column("state", String(32), nullable=False),
    Column("estimate", JSON(none_as_null=True), nullable=True),
    Column("changed_at", UtcTime, nullable=False),
)

work_entry = Table(
    "work_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", ForeignKey("ticket.number"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("activity", MailText, nullable=False),
    Column("note", MailText, nullable=False),
    Column("agent", MailText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("removed_at", UtcTime, nullable=True),
    sqlite_autoincrement=True,
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("user_account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", MailText, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime, nullable=True),
)
