"""The scope `phone` (OpenID Connect Core §5.4)."""

from provider.roles import Scope


class Phone(Scope):
    """Reveals the telephone number and whether it was verified."""

    scope = "phone"
    claims = ("phone_number", "phone_number_verified")
