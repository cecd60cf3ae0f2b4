"""How what a client receives is signed (OpenID Connect Core §10.1): by our own keys, by the
client's secret, or not at all. The one place that decides it, for ID tokens, UserInfo,
introspection answers and access tokens; which of the families are on is for `features` to
say. A client whose registered algorithm is not to be had gets an error, never another one.
Choice: that error is `unauthorized_client`, because what has to change is its registration."""

from collections.abc import Mapping
from typing import Any

from provider.context import Context
from provider.credentials import client_secret
from provider.errors import UnauthorizedClient
from provider.keys import shared_secret, unsecured
from provider.keys.assertion import claimed_audience
from provider.keys.purposes import (
    ACCESS_TOKEN,
    ID_TOKEN,
    ID_TOKEN_HINT,
    ID_TOKEN_HINT_BY_SECRET,
    INTROSPECTION,
    USERINFO,
    Purpose,
    under,
)
from provider.keys.verification import InvalidJwt
from provider.model.client import Client
from provider.parts import Metadata, Parts
from provider.roles import Signer
from provider.settings import Keys
from provider.store import clients

_LISTS = {
    "id_token_signing_alg_values_supported": ID_TOKEN,
    "userinfo_signing_alg_values_supported": USERINFO,
    "introspection_signing_alg_values_supported": INTROSPECTION,
}


def sign_for(
    ctx: Context, client: Client, purpose: Purpose, claims: Mapping[str, Any], alg: str | None
) -> str:
    """Return a JWT of this purpose for a client; without `alg` in the purpose's default one.

    Raises UnauthorizedClient.
    """
    alg = purpose.algorithms[0] if alg is None else alg
    return signer_for(ctx, client, purpose, alg).sign(ctx, client, purpose, claims, alg)


def signer_for(ctx: Context, client: Client, purpose: Purpose, alg: str) -> Signer:
    """Return what can sign so for this client. Raises UnauthorizedClient."""
    signer = _find(ctx.provider.parts, client, purpose, alg, ctx.now)
    if signer is None:
        raise UnauthorizedClient(
            "The signing algorithm registered for the client is not offered here.",
            reason=f"{purpose.name} can not be signed with {alg}",
        )
    return signer


def unavailable(parts: Parts, client: Client, now: int) -> list[str]:
    """Return the algorithms a client is to be served with and can not be, for the operator."""
    wanted = (
        (ACCESS_TOKEN, client.policy.access_token_alg),
        (ID_TOKEN, client.id_token_signed_response_alg),
        (USERINFO, client.userinfo_signed_response_alg),
        (INTROSPECTION, client.introspection_signed_response_alg),
    )
    return [
        f"{purpose.name} {alg}"
        for purpose, alg in wanted
        if alg is not None and _find(parts, client, purpose, alg, now) is None
    ]


def recognise(ctx: Context, token: str) -> dict[str, Any] | None:
    """Return the claims of an ID token of ours, even an expired one, else None."""
    found = (signer.recognise(ctx, token) for signer in ctx.provider.parts.playing(Signer))
    return next((claims for claims in found if claims is not None), None)


def _find(parts: Parts, client: Client, purpose: Purpose, alg: str, now: int) -> Signer | None:
    for signer in parts.playing(Signer):
        if alg in signer.algorithms(purpose) and signer.serves(client, now):
            return signer
    return None


class _Listed(Signer):
    def metadata(self, issuer: str) -> Metadata:
        """Return the algorithms of each kind that is listed."""
        del issuer
        offered = {name: self.algorithms(purpose) for name, purpose in _LISTS.items()}
        return {name: algorithms for name, algorithms in offered.items() if algorithms}


class OwnKeys(_Listed):
    """Our published keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def algorithms(self, purpose: Purpose) -> list[str]:
        """Return those there are keys for, and of ID tokens those the operator chose."""
        is_id_token = purpose is ID_TOKEN
        chosen = self._keys.id_token_algorithms if is_id_token else self._keys.algorithms
        return purpose.supported(chosen)

    def sign(
        self, ctx: Context, client: Client, purpose: Purpose, claims: Mapping[str, Any], alg: str
    ) -> str:
        """Sign with the key of the day."""
        del client
        return ctx.keyring.sign(purpose, claims, ctx.now, alg=alg)

    def recognise(self, ctx: Context, token: str) -> dict[str, Any] | None:
        """Return the claims of an ID token that one of our keys signed."""
        try:
            return ctx.keyring.verify(token, ID_TOKEN_HINT, issuer=ctx.issuer, now=ctx.now).claims
        except InvalidJwt:
            return None


class SecretAsKey(_Listed):
    """The newest secret of the client."""

    def algorithms(self, purpose: Purpose) -> list[str]:
        """Return HS256, where it is of use for this kind."""
        row = under(purpose, "secret")
        return list(row.algorithms) if row else []

    def serves(self, client: Client, now: int) -> bool:
        """Return whether there is a secret to sign with, which a public client never has."""
        return client_secret.has_key(client, now)

    def sign(
        self, ctx: Context, client: Client, purpose: Purpose, claims: Mapping[str, Any], alg: str
    ) -> str:
        """Sign with the secret made last."""
        del alg
        row = under(purpose, "secret") or purpose
        return shared_secret.sign(row, claims, client_secret.values(ctx, client)[-1])

    def recognise(self, ctx: Context, token: str) -> dict[str, Any] | None:
        """Return the claims of an ID token under a live secret of the client it is for.

        Only where that client is registered for it, so that nobody's public key is ever
        taken for a secret (RFC 8725 §2.1).
        """
        audience = claimed_audience(token)
        client = clients.find(ctx.tx, audience) if audience else None
        (alg,) = ID_TOKEN_HINT_BY_SECRET.algorithms
        if client is None or client.id_token_signed_response_alg != alg:
            return None
        try:
            return shared_secret.verify_with(
                client_secret.values(ctx, client),
                token,
                ID_TOKEN_HINT_BY_SECRET,
                now=ctx.now,
                issuer=ctx.issuer,
                audience=client.client_id,
            ).claims
        except InvalidJwt:
            return None


class Unsigned(_Listed):
    """Nobody: for ID tokens alone. Never recognised when one comes back."""

    def algorithms(self, purpose: Purpose) -> list[str]:
        """Return `none`, for ID tokens."""
        row = under(purpose, "nobody")
        return list(row.algorithms) if row else []

    def sign(
        self, ctx: Context, client: Client, purpose: Purpose, claims: Mapping[str, Any], alg: str
    ) -> str:
        """Write it down as it is."""
        del ctx, client, alg
        return unsecured.write(under(purpose, "nobody") or purpose, claims)
