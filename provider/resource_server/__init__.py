"""What an API needs to verify Signet's access tokens: without asking Signet, and without waiting
for a revoked token to expire.

`Verifier` (or `AsyncVerifier`) is made once per process and told every request; it returns an
`AccessToken` or raises `Refused` or `Unavailable`, which know their status, headers and body.
`require` says what an operation asks for. RFC 9068 and RFC 6750, Token Status Lists
(draft-ietf-oauth-status-list-21), RFC 9449, RFC 8705, RFC 7662, RFC 9470, RFC 9728.

Needs cryptography, joserfc and urllib3. It imports nothing else of `provider`, and nobody there
imports it.
"""

from provider.resource_server.access_token import AccessToken
from provider.resource_server.async_verifier import AsyncVerifier
from provider.resource_server.options import Dpop, Introspection, StatusPolicy
from provider.resource_server.presented import PresentedRequest
from provider.resource_server.refusal import Answer, Refused, Unavailable
from provider.resource_server.requirement import Requirement, require
from provider.resource_server.verifier import Verifier

__all__ = [
    "AccessToken",
    "Answer",
    "AsyncVerifier",
    "Dpop",
    "Introspection",
    "PresentedRequest",
    "Refused",
    "Requirement",
    "StatusPolicy",
    "Unavailable",
    "Verifier",
    "require",
]
