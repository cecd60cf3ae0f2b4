"""That an answer is one to what its page showed. Every form of ours that decides something states
what it shows; the statement travels in the form, bound to form and browser like its `csrf_token`,
and is compared with what the page would show now. So an answer names the showing that it answers,
however often and in however many tabs the page was shown, and where something has changed in
between (a client may widen what it asks for at any moment, RFC 7592 §2.2) nothing is decided and
the page is shown anew.

Choice: what takes away (to decline, to cancel, to stay signed in) is never held up by a change:
who goes on changing its name could else not be turned away. A form without the statement is of an
older version that serves beside this one, and counts as one that showed something else."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

from provider.context import Context
from provider.interaction import csrf

CHANGED = "changed"
"""What `why` says in the address of a page that is shown anew."""


def statement(ctx: Context, form: str, what: Mapping[str, Any], browser: str | None = None) -> str:
    """Return the value of the field `shown` of a form that shows `what`, for this browser or one
    just made known."""
    return csrf.token(ctx, _named(form, what), browser)


def is_what(ctx: Context, form: str, what: Mapping[str, Any]) -> bool:
    """Return whether the answer at hand is one to a page that showed just this."""
    return csrf.is_right(ctx, _named(form, what), ctx.request.form.get("shown"))


def _named(form: str, what: Mapping[str, Any]) -> str:
    digest = sha256(orjson.dumps(what, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{form} shows {digest}"
