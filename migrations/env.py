"""Run the migrations on the connection the caller hands over (see app/store/schema.py)."""

from alembic import context
from sqlalchemy.dialects.postgresql.base import PGDialect

from app.store import statistics_tables, webhook_tables
from app.store.schema import differs, owns
from app.store.tables import Xid8

# The modules make every table known.
(metadata,) = {statistics_tables.METADATA, webhook_tables.METADATA}
# SQLAlchemy does not know the type when it reads a database's tables.
PGDialect.ischema_names["xid8"] = Xid8
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=owns,
    compare_server_default=differs,
)
with context.begin_transaction():
    context.run_migrations()
