"""What goes wrong on a driver's own cursor, told as SQLAlchemy tells it, so that nobody above has
two kinds of errors to know."""

from typing import Any

import sqlalchemy as sa


def translated(connection: sa.Connection, statement: str, error: Exception) -> BaseException:
    """Return the error as SQLAlchemy raises it; a connection that broke is not used again."""
    dialect, driver_module = connection.dialect, connection.dialect.dbapi
    if driver_module is None or not isinstance(error, driver_module.Error):
        return error
    driver: Any = connection.connection.dbapi_connection
    is_broken = dialect.is_disconnect(error, driver, None)
    if is_broken:
        connection.invalidate(error)
    return sa.exc.DBAPIError.instance(
        statement,
        None,
        error,
        driver_module.Error,
        connection_invalidated=is_broken,
        dialect=dialect,
    )
