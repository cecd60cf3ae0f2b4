"""Passwords (NIST SP 800-63B-4 §3.1.1): Argon2id with its parameters in the hash, NFKC
before hashing, nothing cut off, upgraded at the next sign-in when the parameters grow.
An unknown account costs as much time as a wrong password and reads the same."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import (
    HashingError,
    InvalidHashError,
    VerificationError,
    VerifyMismatchError,
)

from provider.authenticators.guessable import is_guessable
from provider.errors import TemporarilyUnavailable
from provider.parts import Metadata, Part

MIN_LENGTH, MAX_LENGTH = 15, 1024
"""A password that is the only factor needs 15 characters (SP 800-63B-4 §3.1.1.2)."""

ACR = "urn:signet:acr:password"
AMR = ("pwd",)

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Password(Part):
    """The authenticator; `amr` is `pwd` (RFC 8176 §2)."""

    def metadata(self, issuer: str) -> Metadata:
        """Return the authentication context it reaches."""
        del issuer
        return {"acr_values_supported": [ACR]}


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password, parameters and salt included.

    Raises TemporarilyUnavailable where there is no memory for it.
    """
    try:
        return _HASHER.hash(_normalised(password))
    except HashingError as error:
        raise TemporarilyUnavailable(reason=f"Argon2: {error}") from error


def is_right(password_hash: str | None, password: str) -> bool:
    """Return whether the password is right; without a hash none is.

    Raises TemporarilyUnavailable where it can not be compared, for want of memory.
    """
    normalised = _normalised(password)
    if len(normalised) > MAX_LENGTH:  # none that was set is as long, and it costs as much
        password_hash = None
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), normalised[:MAX_LENGTH])
    except (VerifyMismatchError, InvalidHashError):
        return False
    except VerificationError as error:
        raise TemporarilyUnavailable(reason=f"Argon2: {error}") from error
    return bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Return whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def problem(password: str, *, names: tuple[str, ...] = ()) -> str | None:
    """Say why a new password is not acceptable, or return None. No composition rules.

    `names`: what belongs to the account, which must not be the password.
    """
    normalised = _normalised(password)
    if len(normalised) < MIN_LENGTH:
        return f"It must have at least {MIN_LENGTH} characters. A few words make a good one."
    if len(normalised) > MAX_LENGTH:
        return f"It must have at most {MAX_LENGTH} characters."
    if len(set(normalised.casefold())) < 5:
        return "It repeats a few characters only."
    if normalised.casefold() in {name.casefold() for name in names}:
        return "It is the name or address of the account."
    if is_guessable(normalised, names):
        return "It is made of words, rows or names that are tried first. Take others."
    return None


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys_hash() -> str:
    return hash_password("the password of no account")
