"""The address of the database as people may see it."""

import sqlalchemy as sa

_SECRETS = ("password", "sslpassword")
_HIDDEN = "***"


def shown(url: str) -> str:
    """Return the address without its passwords: neither the one before the host nor those in the
    query, which libpq reads too (PostgreSQL 18, §32.1.2)."""
    parsed = sa.make_url(url)
    secrets = {name: _HIDDEN for name in parsed.query if name.lower() in _SECRETS}
    return parsed.update_query_dict(secrets).render_as_string(hide_password=True)
