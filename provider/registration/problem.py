"""Why a client can not be registered (RFC 7591 §3.2.2): one sentence for the operator, and the
registered code and the field for a client that registers itself. Raised by the rules."""

import re

METADATA = "invalid_client_metadata"
REDIRECT_URI = "invalid_redirect_uri"
STATEMENT = "invalid_software_statement"
UNAPPROVED = "unapproved_software_statement"

_COULD_BE_SECRET = re.compile(r"(?=[a-z_~+=-]*[A-Z0-9])[A-Za-z0-9_~+=-]{24,}")
_LONGEST = 300


class NotRegistrable(Exception):
    """The client can not be registered as described. The sentence may quote what was sent;
    `field` is the registered name at fault, for those who must not be quoted to."""

    def __init__(self, sentence: str, field: str, code: str = METADATA) -> None:
        super().__init__(sentence)
        self.field = field
        self.code = code

    @property
    def for_the_log(self) -> str:
        """The sentence, shortened, and without what could be a credential in the wrong place."""
        return _COULD_BE_SECRET.sub("…", str(self))[:_LONGEST]
