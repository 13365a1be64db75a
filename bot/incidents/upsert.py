"""Writing a row that may be there already, in the words of both databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    connection: sa.Connection, table: sa.Table, row: Mapping[str, Any], *, replace: bool = True
) -> bool:
    """Insert a row; where its key is taken, replace the rest or leave it. True: it was written."""
    insert: Any = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(
        table
    )
    keys = [column.name for column in table.primary_key]
    statement = insert.values(dict(row))
    rest = {name: statement.excluded[name] for name in row if name not in keys}
    if replace and rest:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=rest)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    # the count of rows is not to be had from every driver after ON CONFLICT
    return connection.execute(statement.returning(*table.primary_key)).first() is not None
