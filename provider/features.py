"""The switchboard: every specification we speak, with the parts that speak it, one block
each. What exists is said here and reviewed; what is on is said by the profile. Nobody
else asks whether something is on: a part that is off is not there."""

from provider.authenticators.password import Password
from provider.authorization.front_channel import FrontChannelIdToken
from provider.authorization.pkce import CodeChallenge
from provider.authorization.prompt import Prompt
from provider.authorization.response import ISSUER_IDENTIFICATION
from provider.authorization.unsupported import NoRequestObject
from provider.authorization_server import AuthorizationServer
from provider.claims.address import Address
from provider.claims.email import Email
from provider.claims.offline_access import OfflineAccess
from provider.claims.openid import OpenId
from provider.claims.phone import Phone
from provider.claims.profile import Profile
from provider.claims.subject import PublicSubject
from provider.client_auth.client_secret_basic import ClientSecretBasic
from provider.client_auth.client_secret_post import ClientSecretPost
from provider.client_auth.none import NoAuthentication
from provider.client_auth.private_key_jwt import PrivateKeyJwt
from provider.endpoints.authorization import Authorization
from provider.endpoints.end_session import EndSession
from provider.endpoints.introspection import Introspection
from provider.endpoints.jwks import Jwks
from provider.endpoints.metadata import Metadata, well_known_paths
from provider.endpoints.revocation import Revocation
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
from provider.keys.purposes import ID_TOKEN, INTROSPECTION, USERINFO
from provider.parts import Fact, Feature, Grant
from provider.response_modes.form_post import FormPost
from provider.response_modes.fragment import Fragment
from provider.response_modes.query import Query
from provider.settings import Settings

PROTOCOL_CLAIMS = ("iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash")


def features(settings: Settings, server: AuthorizationServer) -> tuple[Feature, ...]:
    """Return the features that the settings' profile switches on."""
    return tuple(one for one in known(settings, server) if settings.profile in one.profiles)


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
            (PrivateKeyJwt(),),
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
                NoRequestObject(),
                PublicSubject(),
                OpenId(),
                Profile(),
                Email(),
                Address(),
                Phone(),
                OfflineAccess(),
                UserInfo(),
                Fact(
                    id_token_signing_alg_values_supported=ID_TOKEN.supported(
                        settings.keys.id_token_algorithms
                    ),
                    userinfo_signing_alg_values_supported=USERINFO.supported(
                        settings.keys.algorithms
                    ),
                    claims_supported=list(PROTOCOL_CLAIMS),
                    ui_locales_supported=languages(),
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
                Fact(claims_supported=["c_hash"]),
            ),
            carried_by=("grants/authorizing", "model/response_type"),
            profiles=("openid",),
        ),
        Feature(
            "API scopes",
            "RFC 6749 section 3.3",
            (Fact(scopes_supported=list(settings.scopes)),),
            carried_by=("settings/values", "authorization/scope"),
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
        Feature("Token introspection", "RFC 7662", (Introspection(server),)),
        Feature(
            "Signed introspection answers",
            "RFC 9701",
            (
                Fact(
                    introspection_signing_alg_values_supported=INTROSPECTION.supported(
                        settings.keys.algorithms
                    )
                ),
            ),
            carried_by=("endpoints/introspection", "keys/purposes"),
        ),
        Feature("Sign-out", "OpenID Connect RP-Initiated Logout 1.0", (EndSession(end_session),)),
        Feature(
            "Discovery",
            "OpenID Connect Discovery 1.0, RFC 8414",
            tuple(Metadata(path) for path in well_known_paths(settings.issuer_path)),
        ),
        Feature("Published keys", "RFC 7517", (Jwks(),)),
    )
