"""What an API answers instead of data: `Refused` for the client, `Unavailable` for an outage.

Both have `status`, `headers` and `body`, which an integration sends as they are. The words in
them are fixed sentences of RFC 6750 §3.1, RFC 9449 §7.1 and RFC 9470 §3; what was found in the
token, and what was expected, stands only in `reason`, for the log of the API's developer.
Choice: a failure inside one token never says more to the client than its registered code,
because whoever presents a forged token would learn from it (RFC 6750 §5.3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]
"""Names and values in order; a name may come twice (RFC 9110 §11.6.1)."""

DESCRIPTIONS = {
    "invalid_request": "The request is malformed",
    "invalid_token": "The access token is not valid here, or no longer",
    "insufficient_scope": "The access token does not allow this",
    "insufficient_user_authentication": "The sign-in does not meet what is asked for here",
    "invalid_dpop_proof": "The DPoP proof does not prove possession for this request",
    "use_dpop_nonce": "A DPoP proof with the nonce of this answer is asked for",
}
"""The whole of what a client is told in words, by registered error code."""

STATUSES = {"invalid_request": 400, "insufficient_scope": 403}
"""Every other error, and none at all, is answered with 401."""


@dataclass(frozen=True)
class Challenge:
    """One WWW-Authenticate challenge: a scheme and its parameters (RFC 9110 §11.3)."""

    scheme: str
    parameters: Mapping[str, str]

    def __str__(self) -> str:
        quoted = (f'{name}="{_quotable(value)}"' for name, value in self.parameters.items())
        return f"{self.scheme} {', '.join(quoted)}".strip()


class Answer(Exception):
    """What is sent instead of data: `status`, `headers` and the JSON object `body`.

    Integrations catch this one class. `reason` is for the log, never for the client.
    """

    def __init__(
        self, status: int, headers: Headers, body: Mapping[str, str], reason: str
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers
        self.body = dict(body)
        self.reason = reason


class Refused(Answer):
    """The token, the proof or the request does not do.

    `error` is the registered code, empty where no credential was presented (RFC 6750 §3.1).
    """

    def __init__(
        self, error: str, reason: str, challenges: Sequence[Challenge], headers: Headers = ()
    ) -> None:
        told = {"error": error, "error_description": DESCRIPTIONS[error]} if error else {}
        fields = tuple(("WWW-Authenticate", str(challenge)) for challenge in challenges)
        super().__init__(
            STATUSES.get(error, 401),
            (*fields, *headers, ("Cache-Control", "no-store")),
            told,
            reason,
        )
        self.error = error


class Unavailable(Answer):
    """The issuer cannot be asked, which says nothing about the token: 503, never 401.

    `retry_after` is in seconds.
    """

    def __init__(self, reason: str, retry_after: int = 5) -> None:
        headers = (("Retry-After", str(retry_after)), ("Cache-Control", "no-store"))
        told = {
            "error": "temporarily_unavailable",
            "error_description": "The access token cannot be checked now",
        }
        super().__init__(503, headers, told, reason)
        self.retry_after = retry_after


class Invalid(Exception):
    """Something inside a token or proof does not do; the text says what, for the log.

    Raised below the verifier, which alone knows the challenges and turns it into `Refused`.
    """


def shown(value: object) -> str:
    """Return a value found in foreign input as a short line for the log."""
    text = ascii(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _quotable(value: str) -> str:
    printable = "".join(char if " " <= char <= "~" else "?" for char in value)
    return printable.replace("\\", "\\\\").replace('"', '\\"')
