"""Tokens of ours whose signature was found right, by their digest, so that the next look at one
costs no signature: an API that introspects asks about the same token again and again. What a
token says is checked at every look. Asked by `keyring`; forgotten when a key comes or goes."""

from hashlib import sha256

from provider.keys.purposes import Purpose
from provider.keys.verification import VerificationKeys, VerifiedJwt, read_genuine

_KEPT = 1024
"""Tokens that are kept at most."""


class Remembered:
    """The tokens that some keys verified. Safe to use from several threads."""

    def __init__(self, keys: VerificationKeys) -> None:
        self.keys = keys
        self._genuine: dict[tuple[str, bytes], VerifiedJwt] = {}

    def read(self, token: str, purpose: Purpose) -> VerifiedJwt:
        """Return the content of a genuine token of this kind. Raises InvalidJwt."""
        name = purpose.name, sha256(token.encode("utf-8", "surrogatepass")).digest()
        found = self._genuine.get(name)
        if found is None:
            found = read_genuine(token, purpose, self.keys)
            if len(self._genuine) >= _KEPT:
                self._genuine.clear()
            self._genuine[name] = found
        return found
