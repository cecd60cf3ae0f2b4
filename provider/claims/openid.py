"""The scope `openid`: this is a sign-in (OpenID Connect Core §3.1.2.1)."""

from provider.roles import Scope


class OpenId(Scope):
    """Reveals the subject, which every answer carries anyway."""

    scope = "openid"
    claims = ("sub",)
