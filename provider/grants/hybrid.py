"""The hybrid flow (OpenID Connect Core §3.3): a code, and tokens beside it at once. The code
is redeemed by the authorization code grant like any other; its replay ends the tokens of
both endpoints, which descend from one authorization."""

from typing import ClassVar

from authlib.oauth2.rfc6749.grants import BaseGrant

from provider.grants.authorizing import Authorizing


class Hybrid(Authorizing, BaseGrant):
    """The response types with a code and more; a client registers `implicit` for them too."""

    GRANT_TYPE = "implicit"
    RESPONSE_TYPES: ClassVar[set[str]] = {"code id_token", "code token", "code id_token token"}
