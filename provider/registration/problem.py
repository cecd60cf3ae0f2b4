"""Why a client can not be registered (RFC 7591 §3.2.2): one sentence for the operator, and the
registered code and the field for a client that registers itself. Raised by the rules."""

import re
import string

METADATA = "invalid_client_metadata"
REDIRECT_URI = "invalid_redirect_uri"
STATEMENT = "invalid_software_statement"
UNAPPROVED = "unapproved_software_statement"

_OF_A_CREDENTIAL = string.ascii_letters + string.digits + "_~+=-"
_WORD = re.compile(r"[A-Za-z0-9_~+=-]{24,}")
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
        """The sentence, shortened, and without what could be a credential in the wrong place.

        It is cut before it is looked through, since whoever sent it chose its length; of a word
        that the cut went through nothing is left.
        """
        sentence = str(self)
        if len(sentence) > _LONGEST:
            sentence = sentence[:_LONGEST].rstrip(_OF_A_CREDENTIAL) + "…"
        return _WORD.sub(_hidden, sentence)


def _hidden(word: re.Match[str]) -> str:
    """Return a long word as it is where it is of small letters alone, else a mark."""
    is_plain = not any("A" <= one <= "Z" or one.isdigit() for one in word[0])
    return word[0] if is_plain else "…"
