"""Ways of obtaining tokens, one file per `grant_type`. Authlib selects the class and
validates what RFC 6749 says of it; the class adds our rules and ends by stating an
authorization, which `issuing` turns into tokens."""
