"""The switchboard: every specification we speak, with the parts that speak it, one block
each. What exists is said here and reviewed; what is on is said by the profile. Nobody
else asks whether something is on: a part that is off is not there."""

from provider.authenticators.password import Password
from provider.authorization.claims_parameter import ClaimsParameter
from provider.authorization.front_channel import FrontChannelIdToken
from provider.authorization.pkce import CodeChallenge
from provider.authorization.prompt import Prompt
from provider.authorization.request_object import RequestObject
from provider.authorization.request_object_proof import (
    SecretRequestObject,
    SignedRequestObject,
    UnsignedRequestObject,
)
from provider.authorization.request_uri import RequestUri
from provider.authorization.response import ISSUER_IDENTIFICATION
from provider.authorization.signing_algorithm import SigningAlgorithm
from provider.authorization.unsupported import NoRegistration
from provider.authorization_server import AuthorizationServer
from provider.claims.address import Address
from provider.claims.custom import CustomScope
from provider.claims.email import Email
from provider.claims.offline_access import OfflineAccess
from provider.claims.openid import OpenId
from provider.claims.phone import Phone
from provider.claims.profile import Profile
from provider.claims.subject import SubjectTypes
from provider.client_auth.assertion import Assertion
from provider.client_auth.client_secret_basic import ClientSecretBasic
from provider.client_auth.client_secret_jwt import ClientSecretJwt
from provider.client_auth.client_secret_post import ClientSecretPost
from provider.client_auth.none import NoAuthentication
from provider.client_auth.private_key_jwt import PrivateKeyJwt
from provider.credentials.browser_state import BrowserState
from provider.credentials.encrypting import EncryptedAnswers
from provider.credentials.signing import OwnKeys, SecretAsKey, Unsigned
from provider.endpoints.authorization import Authorization
from provider.endpoints.check_session_iframe import CheckSessionIframe
from provider.endpoints.client_configuration import ClientConfiguration
from provider.endpoints.end_session import EndSession
from provider.endpoints.introspection import Introspection
from provider.endpoints.jwks import Jwks
from provider.endpoints.metadata import Metadata, well_known_paths
from provider.endpoints.registration import Registration
from provider.endpoints.revocation import Revocation
from provider.endpoints.status_list import StatusList
from provider.endpoints.status_list_aggregation import StatusListAggregation
from provider.endpoints.token import Token
from provider.endpoints.userinfo import UserInfo
from provider.grants.authorization_code import AuthorizationCode
from provider.grants.client_credentials import ClientCredentials
from provider.grants.hybrid import Hybrid
from provider.grants.implicit import Implicit
from provider.grants.none import Nothing
from provider.grants.refresh_token import RefreshToken
from provider.interaction.logout import end_session
from provider.interaction.rendering import form_post, languages
from provider.keys.encryption import ALGORITHMS, ENCODINGS
from provider.logout.back_channel import BackChannel
from provider.parts import CERTIFICATION, OPENID, Fact, Feature
from provider.response_modes.form_post import FormPost
from provider.response_modes.fragment import Fragment
from provider.response_modes.query import Query
from provider.roles import Grant
from provider.settings import Settings

PROTOCOL_CLAIMS = ("iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash")


def features(settings: Settings, server: AuthorizationServer) -> tuple[Feature, ...]:
    """Return the features that the settings switch on, by their profile or by themselves."""
    return tuple(
        one
        for one in known(settings, server)
        if settings.profile in one.profiles and one.switched_on
    )


def known(settings: Settings, server: AuthorizationServer) -> tuple[Feature, ...]:
    """Return all features, on or off."""
    return (
        Feature(
            "Authorization server",
            "RFC 6749 (OAuth 2.0)",
            (
                Authorization(server),
                Token(server),
                Grant(AuthorizationCode),
                Grant(RefreshToken),
                Grant(ClientCredentials),
                Query(),
            ),
        ),
        Feature(
            "Client authentication",
            "RFC 6749 section 2.3, OpenID Connect Core section 9",
            (ClientSecretBasic(), ClientSecretPost(), NoAuthentication()),
        ),
        Feature(
            "Client authentication by signed assertion",
            "RFC 7523, RFC 10070",
            (Assertion(), PrivateKeyJwt()),
        ),
        Feature(
            "Client authentication by an assertion under the client secret",
            "OpenID Connect Core section 9, RFC 7523",
            (ClientSecretJwt(),),
            profiles=OPENID,
        ),
        Feature("Proof key for code exchange, S256 only", "RFC 7636", (CodeChallenge(),)),
        Feature(
            "Issuer identification",
            "RFC 9207",
            (ISSUER_IDENTIFICATION,),
            carried_by=("authorization/response",),
        ),
        Feature("Form post response mode", "OAuth 2.0 Form Post", (FormPost(form_post),)),
        Feature(
            "Sign-in with OpenID Connect",
            "OpenID Connect Core 1.0",
            (
                Password(),
                Prompt(),
                SigningAlgorithm(),
                NoRegistration(),
                ClaimsParameter(),
                SubjectTypes(),
                OpenId(),
                Profile(),
                Email(),
                Address(),
                Phone(),
                OfflineAccess(),
                UserInfo(),
                Fact(
                    claims_supported=list(PROTOCOL_CLAIMS),
                    ui_locales_supported=languages(),
                    display_values_supported=["page"],
                ),
            ),
        ),
        Feature(
            "Implicit and hybrid flows, and the response type none",
            "OpenID Connect Core sections 3.2 and 3.3, OAuth 2.0 Multiple Response Types",
            (
                Grant(Implicit),
                Grant(Hybrid),
                Grant(Nothing),
                Fragment(),
                FrontChannelIdToken(),
            ),
            carried_by=("grants/authorizing", "model/response_type"),
            profiles=OPENID,
        ),
        Feature(
            "Signed authorization requests",
            "RFC 9101 (JAR), OpenID Connect Core section 6",
            (RequestUri(), RequestObject(), SignedRequestObject()),
        ),
        Feature(
            "Authorization requests under the client secret",
            "OpenID Connect Core section 6.1, RFC 7518 section 3.2",
            (SecretRequestObject(),),
            profiles=OPENID,
        ),
        Feature(
            "Encrypted request objects",
            "OpenID Connect Core section 6.1, RFC 9101 section 6.1",
            (
                Fact(
                    request_object_encryption_alg_values_supported=list(ALGORITHMS),
                    request_object_encryption_enc_values_supported=list(ENCODINGS),
                ),
            ),
            carried_by=("authorization/request_object", "keys/encryption"),
        ),
        Feature(
            "Unsigned request objects",
            "OpenID Connect Core section 6.1",
            (UnsignedRequestObject(),),
            profiles=CERTIFICATION,
        ),
        Feature(
            "Tokens and answers signed by our own keys",
            "OpenID Connect Core section 10.1, RFC 7518 section 3",
            (OwnKeys(settings.keys),),
            carried_by=("keys/keyring", "keys/purposes"),
        ),
        Feature(
            "ID tokens and answers under the client secret",
            "OpenID Connect Core sections 10.1 and 16.19, RFC 7518 section 3.2",
            (SecretAsKey(),),
            carried_by=("keys/shared_secret",),
            profiles=OPENID,
        ),
        Feature(
            "Unsigned ID tokens from the token endpoint",
            "OpenID Connect Core section 2, RFC 7519 section 6",
            (Unsigned(),),
            carried_by=("keys/unsecured",),
            profiles=CERTIFICATION,
        ),
        Feature(
            "API scopes",
            "RFC 6749 section 3.3",
            (Fact(scopes_supported=list(settings.scopes)),),
            carried_by=("settings/values", "authorization/scope"),
        ),
        Feature(
            "Claims of your own, by scope",
            "OpenID Connect Core section 5.1.2",
            tuple(
                CustomScope(scope, hook.function, hook.claims)
                for scope, hook in settings.claims_hooks.items()
            ),
            carried_by=("claims/custom",),
        ),
        Feature(
            "Signed access tokens",
            "RFC 9068",
            carried_by=("credentials/access_token", "keys/purposes"),
        ),
        Feature(
            "Resource indicators",
            "RFC 8707",
            carried_by=("authorization/resource",),
        ),
        Feature(
            "Refresh token rotation with safe repeats",
            "RFC 9700 section 4.14",
            carried_by=("credentials/refresh_token", "store/refresh_tokens"),
        ),
        Feature(
            "Redirects of native applications",
            "RFC 8252",
            carried_by=("model/redirect_uri",),
        ),
        Feature("Token revocation", "RFC 7009", (Revocation(server),)),
        Feature(
            "Status lists of access tokens",
            "draft-ietf-oauth-status-list-21 (Token Status List)",
            (StatusList(), StatusListAggregation()),
            carried_by=("credentials/token_status", "status_list/board", "status_list/places"),
        ),
        Feature("Token introspection", "RFC 7662", (Introspection(server),)),
        Feature(
            "Signed introspection answers",
            "RFC 9701",
            carried_by=("endpoints/introspection", "credentials/signing"),
        ),
        Feature(
            "Clients register themselves, where `registration.mode` says so",
            "RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration 1.0",
            (Registration(), ClientConfiguration()),
            carried_by=("registration/rules", "registration/document", "registration/statement"),
            switched_on=settings.registration.mode != "off",
        ),
        Feature(
            "Encrypted answers",
            "RFC 7516, OpenID Connect Core section 10.2, RFC 9701",
            (EncryptedAnswers(),),
            carried_by=("keys/encryption",),
        ),
        Feature("Sign-out", "OpenID Connect RP-Initiated Logout 1.0", (EndSession(end_session),)),
        Feature(
            "Sign-out told to clients through the browser",
            "OpenID Connect Front-Channel Logout 1.0",
            (
                Fact(
                    frontchannel_logout_supported=True,
                    frontchannel_logout_session_supported=True,
                ),
            ),
            carried_by=("logout/front_channel", "interaction/logout", "credentials/sid"),
        ),
        Feature(
            "Sign-out told to clients directly",
            "OpenID Connect Back-Channel Logout 1.0",
            (BackChannel(),),
            carried_by=("logout/delivery", "credentials/sid"),
        ),
        Feature(
            "Session state that clients watch in the browser",
            "OpenID Connect Session Management 1.0",
            (CheckSessionIframe(), BrowserState()),
            profiles=OPENID,
        ),
        Feature(
            "Discovery",
            "OpenID Connect Discovery 1.0, RFC 8414",
            tuple(Metadata(path) for path in well_known_paths(settings.issuer_path)),
        ),
        Feature("Published keys", "RFC 7517", (Jwks(),)),
    )
