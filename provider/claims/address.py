"""The scope `address` (OpenID Connect Core §5.1.1, §5.4)."""

from provider.roles import Scope


class Address(Scope):
    """Reveals the postal address, an object."""

    scope = "address"
    claims = ("address",)
