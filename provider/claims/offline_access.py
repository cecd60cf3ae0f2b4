"""The scope `offline_access` (OpenID Connect Core §11): access that outlives the session.

Choice: without it a client with the refresh token grant still gets refresh tokens, and
they end with the session in which they began."""

from provider.roles import Scope


class OfflineAccess(Scope):
    """Reveals nothing."""

    scope = "offline_access"
