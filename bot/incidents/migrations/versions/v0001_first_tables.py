"""The first tables: threads, their evidence and incidents, replies, and who works on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "facts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Float, nullable=False),
    )
    op.create_table(
        "clicks",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_clicks_at", "clicks", ["at"])
    op.create_table(
        "drafts",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("draft", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_drafts_at", "drafts", ["at"])
    op.create_table(
        "evidence",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("ts", sa.Text, primary_key=True),
        sa.Column("thread_ts", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("edited", sa.Text, nullable=False),
        sa.Column("kept_at", sa.Float, nullable=False),
    )
    op.create_index("evidence_of_thread", "evidence", ["channel", "thread_ts"])
    op.create_table(
        "executors",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("beats", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("host", sa.Text),
        sa.Column("package", sa.Text),
        sa.Column("server", sa.Text),
        sa.Column("share", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("thread_ts", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("evidence_at", sa.Float, nullable=False),
    )
    op.create_index("incidents_of_package", "incidents", ["scope", "host", "package"])
    op.create_index("incidents_of_thread", "incidents", ["channel", "thread_ts"])
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at"])
    op.create_table(
        "places",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("is_public", sa.Boolean, nullable=False),
    )
    op.create_table(
        "replies",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("wanted_version", sa.BigInteger, nullable=False),
        sa.Column("shown_version", sa.BigInteger),
        sa.Column("ts", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("since", sa.Float, nullable=False),
    )
    op.create_table(
        "set_aside",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("over", sa.Boolean, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "threads",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("ts", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("report", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
    )
    op.create_index("ix_threads_changed_at", "threads", ["changed_at"])
    op.create_table(
        "incident_threads",
        sa.Column(
            "incident", sa.Text, sa.ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("thread_ts", sa.Text, primary_key=True),
        sa.Column("since", sa.Float, nullable=False),
    )
    op.create_index("incidents_touched", "incident_threads", ["channel", "thread_ts"])
