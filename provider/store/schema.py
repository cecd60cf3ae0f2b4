"""The tables, as SQLAlchemy Core knows them; migrations build them and a test
compares the two. Times are whole seconds since the epoch. Opaque values are kept
as digests only, private keys only sealed. An authorization is one row, and so are
its code and its refresh token family: a rotation writes no new row."""

from typing import Any

import sqlalchemy as sa

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)

Seconds = sa.BigInteger
Digest = sa.LargeBinary(32)


def _client_id(**options: Any) -> sa.Column[str]:
    return sa.Column(
        "client_id", sa.Text, sa.ForeignKey("client.client_id", ondelete="CASCADE"), **options
    )


def _account_id(**options: Any) -> sa.Column[str]:
    return sa.Column(
        "account_id", sa.Text, sa.ForeignKey("account.id", ondelete="CASCADE"), **options
    )


client = sa.Table(
    "client",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("updated_at", Seconds, nullable=False),
    sa.Column("disabled_at", Seconds),
)

client_secret = sa.Table(
    "client_secret",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _client_id(nullable=False, index=True),
    sa.Column("digest", Digest, nullable=False),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, index=True),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("username", sa.Text, nullable=False, unique=True),
    sa.Column("email", sa.Text, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("claims", sa.JSON, nullable=False),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("updated_at", Seconds, nullable=False),
    sa.Column("password_changed_at", Seconds, nullable=False),
    sa.Column("disabled_at", Seconds),
)

known_browser = sa.Table(
    "known_browser",
    metadata,
    _account_id(primary_key=True),
    sa.Column("browser_digest", Digest, primary_key=True),
    sa.Column("first_seen_at", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", Digest, nullable=False, unique=True),
    _account_id(nullable=False, index=True),
    sa.Column("auth_time", Seconds, nullable=False),
    sa.Column("acr", sa.Text, nullable=False),
    sa.Column("amr", sa.JSON, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("last_seen_at", Seconds, nullable=False),
    sa.Column("idle_expires_at", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
    sa.Column("ended_at", Seconds),
    sa.Column("ended_reason", sa.Text),
)

authorization_request = sa.Table(
    "authorization_request",
    metadata,
    sa.Column("digest", Digest, primary_key=True),
    sa.Column("browser_digest", Digest, nullable=False),
    _client_id(nullable=False, index=True),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("authenticated_session_id", sa.Text),
    sa.Column("consented_session_id", sa.Text),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
    sa.Column("finished_at", Seconds),
)

consent = sa.Table(
    "consent",
    metadata,
    _account_id(primary_key=True),
    _client_id(primary_key=True),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("resource", sa.JSON, nullable=False),
    sa.Column("granted_at", Seconds, nullable=False),
)

authorization = sa.Table(
    "authorization",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _client_id(nullable=False, index=True),
    _account_id(nullable=False),
    sa.Column("session_id", sa.Text, index=True),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("resource", sa.JSON, nullable=False),
    sa.Column("auth_time", Seconds, nullable=False),
    sa.Column("acr", sa.Text, nullable=False),
    sa.Column("amr", sa.JSON, nullable=False),
    sa.Column("confirmation", sa.JSON),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
    sa.Column("ended_at", Seconds),
    sa.Column("ended_reason", sa.Text),
    # its authorization code
    sa.Column("code_digest", Digest, unique=True),
    sa.Column("code_expires_at", Seconds),
    sa.Column("code_redeemed_at", Seconds),
    sa.Column("redirect_uri", sa.Text),
    sa.Column("code_challenge", sa.Text),
    sa.Column("nonce", sa.Text),
    # its refresh token family
    sa.Column("derivation_kid", sa.Text),
    sa.Column("generation", sa.Integer),
    sa.Column("rotated_at", Seconds),
    sa.Column("idle_expires_at", Seconds),
    sa.Column("absolute_expires_at", Seconds),
    sa.Index("ix_authorization_account_id_client_id", "account_id", "client_id"),
)

revoked_token = sa.Table(
    "revoked_token",
    metadata,
    sa.Column("digest", Digest, primary_key=True),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
)

seen_jti = sa.Table(
    "seen_jti",
    metadata,
    sa.Column("digest", Digest, primary_key=True),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
)

throttle = sa.Table(
    "throttle",
    metadata,
    sa.Column("digest", Digest, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("blocked_until", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
)

key = sa.Table(
    "key",
    metadata,
    sa.Column("kid", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("alg", sa.Text, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("public", sa.JSON),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("activates_at", Seconds, nullable=False),
    sa.Column("retires_at", Seconds),
    sa.Column("expires_at", Seconds, index=True),
    sa.UniqueConstraint("purpose", "alg", "ordinal"),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", Seconds, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text),
    sa.Column("client_id", sa.Text),
    sa.Column("authorization_id", sa.Text),
    sa.Column("session_id", sa.Text),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
    sa.Index("ix_event_account_id_at", "account_id", "at"),
)
