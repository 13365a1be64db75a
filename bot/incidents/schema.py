"""The tables: incidents, the replies that stand for them, who works on them, and the agents."""

from __future__ import annotations

import sqlalchemy as sa

META = sa.MetaData()

# a timestamp of Slack's is text, as Slack gives it; every other time is seconds since 1970

FACTS = sa.Table(
    "facts",
    META,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
)

PLACES = sa.Table(
    "places",
    META,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("is_public", sa.Boolean, nullable=False),
)

THREADS = sa.Table(
    "threads",
    META,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("ts", sa.Text, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),  # grows with every change of the row
    sa.Column("version", sa.BigInteger, nullable=False),  # of what the reply says
    sa.Column("report", sa.Text),  # JSON
    sa.Column("state", sa.Text, nullable=False),  # JSON: what else a thread knows
    sa.Column("changed_at", sa.Float, nullable=False, index=True),
)

EVIDENCE = sa.Table(
    "evidence",
    META,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("ts", sa.Text, primary_key=True),  # of the message
    sa.Column("thread_ts", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # capped and redacted
    sa.Column("files", sa.Text, nullable=False),  # JSON: Slack's file objects
    sa.Column("edited", sa.Text, nullable=False),
    sa.Column("permalink", sa.Text),
    sa.Column("server", sa.Text),  # whose agent reported it
    sa.Column("kept_at", sa.Float, nullable=False),
    sa.Index("evidence_of_thread", "channel", "thread_ts"),
)

INCIDENTS = sa.Table(
    "incidents",
    META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("scope", sa.Text, nullable=False),  # "" where all may read it, else the channel
    sa.Column("host", sa.Text),  # the server's first label, without case; None: not joined
    sa.Column("package", sa.Text),  # in upper case
    sa.Column("server", sa.Text),
    sa.Column("share", sa.Text),
    sa.Column("subject", sa.Text, nullable=False),  # tells those of one thread apart
    sa.Column("channel", sa.Text, nullable=False),  # of the thread with the reply
    sa.Column("thread_ts", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("finding", sa.Text, nullable=False),  # JSON, without the quotes
    sa.Column("opened_at", sa.Float, nullable=False, index=True),
    sa.Column("evidence_at", sa.Float, nullable=False),
    sa.Index("incidents_of_package", "scope", "host", "package"),
    sa.Index("incidents_of_thread", "channel", "thread_ts"),
)

TOUCHES = sa.Table(
    "incident_threads",
    META,
    sa.Column(
        "incident", sa.Text, sa.ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("thread_ts", sa.Text, primary_key=True),
    sa.Column("since", sa.Float, nullable=False),
    sa.Index("incidents_touched", "channel", "thread_ts"),
)

REPLIES = sa.Table(
    "replies",
    META,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("wanted", sa.Text, nullable=False),  # JSON: the newest answer
    sa.Column("wanted_version", sa.BigInteger, nullable=False),
    sa.Column("shown_version", sa.BigInteger),  # None: nothing was recorded as shown
    sa.Column("ts", sa.Text),  # of our message
    sa.Column("state", sa.Text, nullable=False),  # wanted, posting, posted, gone, unsure
    sa.Column("owner", sa.Text),  # the executor that posts
    sa.Column("since", sa.Float, nullable=False),
)

CLICKS = sa.Table(
    "clicks",
    META,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False, index=True),
)

DRAFTS = sa.Table(
    "drafts",
    META,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("draft", sa.Text, nullable=False),  # JSON
    sa.Column("at", sa.Float, nullable=False, index=True),
)

EXECUTORS = sa.Table(
    "executors",
    META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("beats", sa.BigInteger, nullable=False),  # whoever sees it stand still is sure
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
)

HOLDS = sa.Table(
    "holds",
    META,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
)

ASIDE = sa.Table(
    "set_aside",
    META,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),  # never what was pasted
    sa.Column("reference", sa.Text),
    sa.Column("over", sa.Boolean, nullable=False),  # false: it is still tried
    sa.Column("at", sa.Float, nullable=False),
)

AGENTS = sa.Table(
    "agents",
    META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False, index=True),  # the name without case
    sa.Column("aliases", sa.Text, nullable=False),  # JSON
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("enrolled_at", sa.Float, nullable=False),
    sa.Column("revoked_at", sa.Float),
    sa.Column("last_seen", sa.Float),
)

CODES = sa.Table(
    "codes",
    META,
    sa.Column("hash", sa.Text, primary_key=True),  # the code itself is kept nowhere
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
    sa.Column("used_at", sa.Float),
)

CONNECTIONS = sa.Table(
    "connections",
    META,
    sa.Column("agent", sa.Text, primary_key=True),
    sa.Column("executor", sa.Text, nullable=False),  # that holds the socket
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("blind", sa.Text, nullable=False),  # JSON
    sa.Column("trouble", sa.Text),  # why it was turned away, and there is no socket
)

QUESTIONS = sa.Table(
    "questions",
    META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("executor", sa.Text, nullable=False, index=True),  # that is to ask the agent
    sa.Column("frame", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),  # that there is for the answer
    sa.Column("asked_at", sa.Float, nullable=False),  # by the clock of the database
    sa.Column("taken", sa.Boolean, nullable=False),
    sa.Column("outcome", sa.Text),  # answered, or why not
    sa.Column("answer", sa.Text),  # a frame where it was answered, else words
)

PUSHES = sa.Table(
    "pushes",
    META,
    sa.Column("agent", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False, index=True),
)
