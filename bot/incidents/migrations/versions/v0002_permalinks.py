"""Evidence knows where it was said, or which server reported it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; what was kept before has neither."""
    op.add_column("evidence", sa.Column("permalink", sa.Text))
    op.add_column("evidence", sa.Column("server", sa.Text))
