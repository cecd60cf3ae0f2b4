"""What goes wrong on a driver's own cursor, told as SQLAlchemy tells it, so that nobody above has
two kinds of errors to know; and without the values of the row, which PostgreSQL quotes in what it
adds to a message (`DETAIL: Key (email)=(…)`), whichever way the statement went."""

from typing import Any

import sqlalchemy as sa


def translated(connection: sa.Connection, statement: str, error: Exception) -> BaseException:
    """Return the error as SQLAlchemy raises it; a connection that broke is not used again."""
    dialect, driver_module = connection.dialect, connection.dialect.dbapi
    if driver_module is None or not isinstance(error, driver_module.Error):
        return error
    _shorten(error)
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


def without_values(context: sa.engine.ExceptionContext) -> None:
    """Keep the values of a row out of an error and of what SQLAlchemy made of it."""
    _shorten(context.original_exception)
    told = context.sqlalchemy_exception
    if told is not None:
        told.args = tuple(_first_line(one) for one in told.args)


def _shorten(error: BaseException) -> None:
    error.args = tuple(_first_line(one) for one in error.args)


def _first_line(about: Any) -> Any:
    """Choice: the first line alone, which is the message; DETAIL, CONTEXT and the statement with
    its position follow it, and each may quote what was sent."""
    return about.partition("\n")[0] if isinstance(about, str) else about
