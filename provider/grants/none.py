"""`response_type=none` (OAuth 2.0 Multiple Response Type Encoding Practices §4): the person
signs in and agrees, and the client is told so. Nothing is issued."""

from typing import ClassVar

from authlib.oauth2.rfc6749.grants import BaseGrant

from provider.grants.authorizing import Authorizing


class Nothing(Authorizing, BaseGrant):
    """No grant type of its own: there is nothing to redeem."""

    RESPONSE_TYPES: ClassVar[set[str]] = {"none"}
