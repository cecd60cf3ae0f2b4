"""How the database came to be: one file per step in `versions`, run by Alembic through
`provider.store.migration`. The names of the files are their order, so that a start can
tell without Alembic whether the database is at the newest step."""

import re
from functools import cache
from importlib.resources import files

_STEP = re.compile(r"(\d{4})_\w+\.py", re.ASCII)


@cache
def revisions() -> tuple[str, ...]:
    """Return every revision, oldest first."""
    names = (entry.name for entry in files("migrations.versions").iterdir())
    return tuple(sorted(step[1] for name in names if (step := _STEP.fullmatch(name))))
