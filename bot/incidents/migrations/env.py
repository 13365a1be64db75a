"""What Alembic runs: the migrations, on the connection that is given to it."""

from __future__ import annotations

from alembic import context

from bot.incidents.schema import META

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=META,
    render_as_batch=connection.dialect.name == "sqlite",
    # the tables of the jobs' engine live beside ours, and are its own business
    include_object=lambda thing, name, kind, *_: kind != "table" or name in META.tables,
)
with context.begin_transaction():
    context.run_migrations()
