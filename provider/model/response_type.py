"""Response types (RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices §3
to §5): words in no order, each naming something that the authorization endpoint returns.
Known to whoever reads a request and to whoever registers a client."""

_GRANT_TYPES = {"code": "authorization_code", "token": "implicit", "id_token": "implicit"}


def canonical(response_type: str) -> str:
    """Return the words in the one order in which we compare them."""
    return " ".join(sorted(_words(response_type)))


def returned(response_type: str | None) -> frozenset[str]:
    """Return the words."""
    return frozenset(_words(response_type or ""))


def _words(response_type: str) -> list[str]:
    """Spaces separate them and nothing else (RFC 6749 §3.1.1)."""
    return [word for word in response_type.split(" ") if word]


def carries_tokens(response_type: str | None) -> bool:
    """Return whether tokens are in the response, which the query must not carry (§5)."""
    return not returned(response_type).isdisjoint({"token", "id_token"})


def grant_types(response_type: str) -> frozenset[str]:
    """Return what a client that uses it registers beside it (OpenID Connect Dynamic Client
    Registration §2)."""
    words = returned(response_type)
    return frozenset(_GRANT_TYPES[word] for word in words if word in _GRANT_TYPES)
