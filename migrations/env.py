"""Alembic's entry point. Runs on the connection `provider.store.migration` hands over;
called by Alembic's own command line it opens the configured database itself."""

from alembic import context

from provider.settings import load
from provider.store.migration import migration_connection
from provider.store.schema import metadata


def _run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is None:
        with migration_connection(load().database_url) as opened:
            context.config.attributes["connection"] = opened
            _run()
        return
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run()
