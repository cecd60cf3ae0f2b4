"""Who `sub` is for a client (OpenID Connect Core §8). Public subjects: the same for every
client, random, and never given to another account. Pairwise ones: another in each sector,
so that two sectors can not tell that they know the same person; the operator can."""

from urllib.parse import urlsplit

from provider.context import Context
from provider.model.client import Client
from provider.parts import Metadata, Part

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SubjectTypes(Part):
    """The subject types `public` and `pairwise`."""

    def metadata(self, issuer: str) -> Metadata:
        """Return both."""
        del issuer
        return {"subject_types_supported": ["public", "pairwise"]}


def subject_of(ctx: Context, account_id: str, client: Client) -> str:
    """Return the name of an account towards a client."""
    if client.subject_type != "pairwise":
        return account_id
    return ctx.keyring.pairwise_subject(account_id, sector_of(client), ctx.now)


def is_subject(ctx: Context, subject: str, account_id: str, client: Client) -> bool:
    """Return whether `subject` names this account towards the client."""
    return subject_of(ctx, account_id, client) == subject


def account_of(ctx: Context, subject: str, client: Client) -> str | None:
    """Return the id of the account that `subject` means towards a client, or None.

    A public subject is the id itself, whether or not there is such an account.
    """
    if client.subject_type != "pairwise":
        return subject
    return ctx.keyring.account_of(subject, sector_of(client), ctx.now)


def sector_of(client: Client) -> str:
    """Return the sector of a client: the host of its `sector_identifier_uri`, which was read when
    it registered, or the one host of its redirect URIs (OpenID Connect Core §8.1).

    Choice: where redirect URIs have no such host, or it is the loopback, which belongs to
    nobody, the client is a sector of its own.
    """
    if named := urlsplit(client.sector_identifier_uri or "").hostname:
        return named
    hosts = {_host(uri) for uri in client.redirect_uris}
    (host,) = hosts if len(hosts) == 1 else (None,)
    return host or f"client {client.client_id}"


def _host(uri: str) -> str | None:
    parts = urlsplit(uri)
    is_web = parts.scheme in ("https", "http") and parts.hostname not in _LOOPBACK
    return parts.hostname if is_web else None
