"""Request objects as certification makes them: `response_type`, `client_id`, `scope` and
`redirect_uri` are always sent outside as well."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.specs.conformance.suite import Module, Outcome
from tests.support import jwt, wire
from tests.support.relying_party import Attempt

OUTSIDE = ("response_type", "client_id", "scope", "redirect_uri")


def unsigned(claims: Mapping[str, Any]) -> str:
    """Return an unsecured JWT with the least possible header."""
    header, payload = json.dumps({"alg": "none"}), json.dumps(claims)
    return f"{jwt.encode(header.encode())}.{jwt.encode(payload.encode())}."


def signed(claims: Mapping[str, Any]) -> str:
    """Return a JWT signed by the client."""
    return jwt.sign(jwt.key_for("RS256"), dict(claims), typ=None)


def about(module: Module, attempt: Attempt) -> dict[str, Any]:
    """Return the claims of a request object for a whole request."""
    party = module.party
    return {**attempt.parameters, "iss": party.client_id, "aud": party.issuer}


def outside(attempt: Attempt, **more: str) -> Attempt:
    """Return the request with what stands outside the JWT alone, and `more`."""
    sent = {name: attempt.parameters[name] for name in OUTSIDE} | more
    return replace(attempt, url=f"{attempt.url.partition('?')[0]}?{wire.encode(sent)}")


def finished(module: Module, attempt: Attempt) -> Outcome:
    """Do the whole flow of a request; `receive` checks that state and nonce come back."""
    return module.finish(attempt, asked=module.send(attempt).pass_pages())
