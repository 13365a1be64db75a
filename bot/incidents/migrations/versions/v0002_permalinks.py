"""Evidence knows where it was said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the permalink; what was kept before has none."""
    op.add_column("evidence", sa.Column("permalink", sa.Text))
