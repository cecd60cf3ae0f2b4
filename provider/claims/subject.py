"""Who `sub` is for a client (OpenID Connect Core §8). Public subjects: the same for
every client, random, and never given to another account."""

from provider.model.account import Account
from provider.model.client import Client
from provider.parts import Metadata, Part


class PublicSubject(Part):
    """The subject type `public`."""

    def metadata(self, issuer: str) -> Metadata:
        """Return the subject type."""
        del issuer
        return {"subject_types_supported": ["public"]}


def subject_of(account_id: str, client: Client) -> str:
    """Return the name of an account towards a client."""
    del client
    return account_id


def is_subject(subject: str, account: Account, client: Client) -> bool:
    """Return whether `subject` names this account towards the client."""
    return subject_of(account.id, client) == subject
