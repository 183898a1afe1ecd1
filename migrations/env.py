"""Run the migrations on the connection the caller hands over (see app/store/schema.py)."""

from alembic import context

from app.store.schema import owns
from app.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_name=owns,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
