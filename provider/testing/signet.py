"""The provider as a test has it: everything a person, an operator or time can do to an
application that relies on it, one method each. Made by `running`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from provider.context import Context, Provider
from provider.credentials import access_token
from provider.keys.lifecycle import NOTICED_AFTER, SIGN
from provider.logout import delivery, ending
from provider.logout.delivery import Courier
from provider.model.audience import Audience
from provider.store import accounts, audiences, authorizations
from provider.store import keys as stored_keys
from provider.testing import minting, people
from provider.testing.application import Applications, Tokens, claims_of
from provider.testing.clients import Client, add_client
from provider.testing.clock import SettableClock
from provider.testing.minting import Kind, Signer
from provider.testing.operating import operating
from provider.testing.people import PASSWORD, User
from provider.testing.server import Server

_NOTICED_AFTER = 1
"""Seconds within which every process follows what an operator did: what it keeps in memory, such
as status lists, is read anew by its clock."""


class Signet:
    """A provider that answers at `issuer` and lives by `clock`, which stands still until moved.
    `provider` is its inside, for what has no method here.

    What ends or changes something moves the clock by the second within which it is noticed.
    """

    def __init__(self, provider: Provider, server: Server, clock: SettableClock) -> None:
        self.provider = provider
        self.issuer = provider.issuer
        self.clock = clock
        self._server = server
        self._courier: Courier | None = None
        self._applications = Applications(provider.metadata, provider.entropy)
        self._strangers: tuple[Client, User] | None = None

    # -- who there is ---------------------------------------------------------

    def add_user(
        self,
        username: str = "alex",
        *,
        password: str = PASSWORD,
        email: str | None = None,
        **claims: Any,
    ) -> User:
        """Add a person with these standard claims.

        The address is `username@example.com` unless `email` says otherwise. Raises ValueError
        where the name or address is taken.
        """
        email = email or f"{username}@example.com"
        told = {"email_verified": True, **claims}
        with operating(self.provider) as ctx:
            account = people.add_account(
                ctx, username, email=email, claims=told, password=password
            )
        return User(username, password, account.id, email, told)

    def add_client(self, name: str = "An application", **metadata: Any) -> Client:
        """Register a client, by default a confidential one that may ask for every scope.

        `metadata`: registered names (`redirect_uris`, `scope`, `backchannel_logout_uri`,
        `token_endpoint_auth_method="none"`), and what an operator decides (`resources`,
        `consent`, `access_token_lifetime`). Raises NotRegistrable where the provider would.
        """
        with operating(self.provider) as ctx:
            return add_client(ctx, name, metadata)

    def add_audience(self, identifier: str, **wishes: Any) -> None:
        """Say what an API wants of its tokens, by the fields of an Audience, such as
        `token_format="opaque"`. Raises TypeError, or ValueError where it has a record."""
        with self._noticed() as ctx:
            if not audiences.add(ctx.tx, Audience(identifier=identifier, **wishes), ctx.now):
                raise ValueError(f"{identifier} has a record")

    # -- what applications do -------------------------------------------------

    def sign_in(
        self,
        client: Client,
        user: User,
        *,
        scope: str = "openid",
        resource: str | Sequence[str] = (),
        acr: str | None = None,
        amr: Sequence[str] = (),
        authenticated: int = 0,
        **parameters: str,
    ) -> Tokens:
        """Sign a person in and return the tokens, through `/authorize` and `/token`.

        The person proved who they are by `acr` and `amr`, `authenticated` seconds ago, in a
        session that is put in place. `parameters` of the authorization request are sent as they
        are. Raises Refused where the provider refuses, or would show a page.
        """
        stated: dict[str, Any] = {"acr": acr} if acr else {}
        if amr:
            stated["amr"] = tuple(amr)
        with operating(self.provider) as ctx:
            account = accounts.find(ctx.tx, user.sub)
            if account is None:
                raise ValueError(f"{user.username} is no user of this provider")
            cookie = people.begin_session(ctx, account, age=authenticated, **stated)
        asked = {"scope": scope, "resource": resource, **parameters}
        return self._applications.sign_in(client, cookie, asked)

    def refresh(self, tokens: Tokens, **parameters: str) -> Tokens:
        """Return the successors of tokens. Raises Refused."""
        return self._applications.refresh(tokens, parameters)

    def client_credentials(
        self, client: Client, *, scope: str = "", resource: str | Sequence[str] = ()
    ) -> Tokens:
        """Return an access token of the client's own. Raises Refused."""
        asked = {"scope": scope or (), "resource": resource}
        return self._applications.client_credentials(client, asked)

    def mint(
        self,
        kind: Kind = "access_token",
        *,
        user: User | None = None,
        client: Client | None = None,
        scope: str | None = None,
        audience: str | Sequence[str] | None = None,
        lifetime: int | None = None,
        signed_by: Signer = "provider",
        alg: str | None = None,
        typ: str | None = None,
        **claims: Any,
    ) -> str:
        """Return any token: a genuine one, with what is said here changed and signed anew.

        `lifetime`: seconds from now, negative for one that has expired. `signed_by`: see
        `minting.Signer`. `claims` replace those of the token; None leaves one out. Without
        `user` or `client` they are somebody's.
        """
        somebody = self._somebody()
        tokens = self.sign_in(client or somebody[0], user or somebody[1])
        changes = dict(claims)
        if scope is not None:
            changes.setdefault("scope", scope or None)
        if audience is not None:
            changes.setdefault("aud", audience if isinstance(audience, str) else list(audience))
        genuine = claims_of(str(tokens.body[kind]))
        now = self.clock.now()
        said = minting.changed(genuine, changes, now=now, lifetime=lifetime)
        return minting.mint(self.provider, said, kind=kind, signed_by=signed_by, alg=alg, typ=typ)

    # -- what ends ------------------------------------------------------------

    def revoke(self, token: Tokens | str) -> None:
        """End everything that was authorized together with an access token, as an operator does.

        Raises ValueError for a token that is not live, or descends from no authorization.
        """
        presented = token if isinstance(token, str) else token.access_token
        with self._noticed() as ctx:
            read = access_token.read(ctx, presented)
            authorization = (
                authorizations.find(ctx.tx, read.authorization_id)
                if read and read.authorization_id
                else None
            )
            if authorization is None:
                raise ValueError("no live access token of this provider and of a person")
            ending.end_authorization(ctx, authorization, "revoked_by_administrator")

    def revoke_token(self, tokens: Tokens) -> None:
        """Give back the access token alone, at the revocation endpoint (RFC 7009)."""
        self._applications.give_back(tokens.client, tokens.access_token)
        self.clock.advance(_NOTICED_AFTER)

    def sign_out(self, user: User) -> None:
        """End every session of a person; clients that asked for it are told."""
        with self._noticed() as ctx:
            ending.end_sessions(ctx, user.sub, reason="revoked_by_administrator")

    def disable(self, user: User) -> None:
        """Keep a person from signing in, and end everything they have."""
        with self._noticed() as ctx:
            accounts.set_disabled(ctx.tx, user.sub, ctx.now)
            ending.end_account(ctx, user.sub, "account_disabled")

    def enable(self, user: User) -> None:
        """Let a person sign in again. What had ended stays ended."""
        with self._noticed() as ctx:
            accounts.set_disabled(ctx.tx, user.sub, None)

    def lock(self, user: User) -> None:
        """Suspend everything a person has, until they are unlocked. Nothing ends."""
        with self._noticed() as ctx:
            ending.lock_account(ctx, user.sub)

    def unlock(self, user: User) -> None:
        """Let a locked person, and everything they had, go on."""
        with self._noticed() as ctx:
            ending.unlock_account(ctx, user.sub)

    def deliver_logouts(self) -> None:
        """Tell clients now of sessions that ended, instead of within a second; every attempt that
        is due has been made when this returns."""
        self._end_courier()
        while delivery.deliver_due(self.provider):
            pass
        self._begin_courier()

    # -- what time and operators do -------------------------------------------

    def rotate_keys(self, *, remove: bool = False) -> None:
        """Let new keys sign, two seconds from now, and move the clock there.

        The old ones stay published until what they signed has expired; with `remove` they are
        gone at once, and what they signed is no longer valid.
        """
        with operating(self.provider) as ctx:
            before = [key for key in stored_keys.all_keys(ctx.tx) if key.purpose == SIGN]
            ctx.keyring.rotate(ctx.tx, ctx.now, immediately=True)
        self.clock.advance(NOTICED_AFTER)
        if remove:
            with operating(self.provider) as ctx:
                for key in before:
                    ctx.keyring.retire(ctx.tx, ctx.now, key.kid)

    def stop(self) -> None:
        """Let nobody reach the provider, nor hear of it: connections are refused."""
        self._end_courier()
        self._server.stop()

    def start(self) -> None:
        """Let the provider be reached again."""
        self._server.start()
        self._begin_courier()

    def _begin_courier(self) -> None:
        if self._courier is None:
            self._courier = Courier(self.provider)
            self._courier.start()

    def _end_courier(self) -> None:
        if self._courier is not None:
            self._courier.stop()
            self._courier = None

    @contextmanager
    def _noticed(self) -> Iterator[Context]:
        """Do something as an operator, and let the time pass in which it is noticed."""
        with operating(self.provider) as ctx:
            yield ctx
        self.clock.advance(_NOTICED_AFTER)

    def _somebody(self) -> tuple[Client, User]:
        if self._strangers is None:
            self._strangers = self.add_client("Somebody's"), self.add_user("somebody")
        return self._strangers
