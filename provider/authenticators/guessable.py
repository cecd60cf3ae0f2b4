"""Passwords that everybody tries first (NIST SP 800-63B-4 §3.1.1.2: a blocklist, and no rules of
composition). Asked by `password.problem`. Choice: a rule instead of a list of millions, because a
password must have 15 characters anyway and the leaked ones of that length are nearly all made of
the same few pieces: common words, rows of the keyboard, years, one piece again and again. What is
left after these are taken out has to be long enough to be a secret."""

import re

LEAST = 6
"""Characters that have to be left."""

_WORDS = (
    "password", "passwort", "passw0rd", "passwd", "passphrase", "pass", "letmein", "welcome",
    "iloveyou", "trustno", "administrator", "admin", "root", "login", "master", "secret",
    "access", "default", "changeme", "change", "guest", "user", "test", "hello", "whatever",
    "football", "baseball", "basketball", "soccer", "hockey", "superman", "batman", "starwars",
    "pokemon", "dragon", "monkey", "shadow", "sunshine", "princess", "flower", "summer", "winter",
    "spring", "autumn", "january", "february", "march", "april", "june", "july", "august",
    "september", "october", "november", "december", "monday", "tuesday", "wednesday", "thursday",
    "friday", "saturday", "sunday", "love", "forever", "always", "michael", "jennifer", "jordan",
    "charlie", "thomas", "daniel", "jessica", "ashley", "computer", "internet", "google",
    "facebook", "microsoft", "samsung", "liverpool", "chelsea", "arsenal", "chocolate", "cookie",
    "cheese", "butterfly", "killer", "hunter", "ranger", "freedom", "company", "server", "system",
    "correcthorsebatterystaple", "tobeornottobe", "signet", "this", "that", "the", "is", "my",
    "your", "you", "me", "and", "for", "please", "not", "new", "old", "very", "strong", "safe",
    "secure", "long",
)  # fmt: skip
_ROWS = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "1234567890",
    "0123456789", "abcdefghijklmnopqrstuvwxyz", "qazwsxedcrfvtgbyhnujm", "1qaz2wsx3edc4rfv5tgb",
    "1q2w3e4r5t6y7u8i9o0p", "zaq12wsxcde34rfv", "!@#$%^&*()",
)  # fmt: skip
_SHORTEST_RUN = 4
_LOOKS_LIKE = str.maketrans("0134578@$!|+", "oleastbasilt")
_REPEATED = re.compile(r"(.)\1{2,}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NO_LETTER_OR_DIGIT = re.compile(r"[\W_]+")


def is_guessable(password: str, names: tuple[str, ...] = ()) -> bool:
    """Return whether a password is one of the first to be tried.

    `names`: what belongs to the account, which counts as common.
    """
    written = password.casefold()
    own = (_NO_LETTER_OR_DIGIT.sub("", one.casefold()) for name in names for one in _parts(name))
    words = sorted({*_WORDS, *(one for one in own if len(one) > 2)}, key=len, reverse=True)
    meant = _YEAR.sub("", written).translate(_LOOKS_LIKE)
    if not _NO_LETTER_OR_DIGIT.sub("", written):
        meant = written
    texts = (_NO_LETTER_OR_DIGIT.sub("", one) or one for one in (written, meant))
    return any(_left(text[: _period(text)], words) < LEAST for text in texts)


def _parts(name: str) -> tuple[str, ...]:
    local, _, domain = name.partition("@")
    return name, local, domain.partition(".")[0], *re.split(r"[\W_]+", local)


def _left(text: str, words: list[str]) -> int:
    """Return how many characters are left without rows, years and common words."""
    for row in _ROWS:
        for line in (row * 2, row[::-1] * 2):
            text = _without_runs(text, line)
    text = _REPEATED.sub("\1", _YEAR.sub("\1", text))
    for word in words:
        text = text.replace(word, "\1")
    return len(text.replace("\1", ""))


def _without_runs(text: str, line: str) -> str:
    """Take out what also stands in a line, in pieces of at least four characters."""
    kept, at = [], 0
    while at < len(text):
        end = at + _SHORTEST_RUN
        if text[at:end] in line and end <= len(text):
            while end < len(text) and text[at : end + 1] in line:
                end += 1
            kept.append("\1")
            at = end
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


def _period(text: str) -> int:
    """Return the length of the piece that a text is a repetition of; its own if it is none."""
    for length in range(1, len(text) // 2 + 1):
        if all(text[at] == text[at - length] for at in range(length, len(text))):
            return length
    return len(text)
