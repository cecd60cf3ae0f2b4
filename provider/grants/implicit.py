"""The implicit flow (OpenID Connect Core §3.2): the ID token, and where asked an access
token, straight from the authorization endpoint.

Stricter: there is no `response_type=token`; an access token without an ID token can be
put in the place of another (RFC 9700 §2.1.2)."""

from typing import ClassVar

from authlib.oauth2.rfc6749.grants import BaseGrant

from provider.grants.authorizing import Authorizing


class Implicit(Authorizing, BaseGrant):
    """`grant_type=implicit`, which is registered by clients and never sent."""

    GRANT_TYPE = "implicit"
    RESPONSE_TYPES: ClassVar[set[str]] = {"id_token", "id_token token"}
