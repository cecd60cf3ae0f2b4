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


def _status_place() -> tuple[sa.Column[Any], ...]:
    """Where access tokens stand in a status list."""
    return sa.Column("status_list", sa.Integer), sa.Column("status_index", sa.Integer)


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
    sa.Column("registration_digest", Digest, index=True, unique=True),
    sa.Column("previous_registration_digest", Digest, index=True),
    sa.Column("previous_registration_until", Seconds),
    *_status_place(),
    sa.Column("registered_by", sa.Text),
    sa.Column("used_at", Seconds),
    sa.Column("version", sa.BigInteger),
    sa.Index("ix_client_status_list", "status_list"),
    sa.Index(
        "ix_client_registered_by_used_at_created_at", "registered_by", "used_at", "created_at"
    ),
)

client_secret = sa.Table(
    "client_secret",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _client_id(nullable=False, index=True),
    sa.Column("digest", Digest, nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, index=True),
)

registration_token = sa.Table(
    "registration_token",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", Digest, nullable=False, unique=True),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("uses_left", sa.Integer),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
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
    sa.Column("locked_at", Seconds),
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
    sa.Index(
        "ix_session_idle_expires_at",
        "idle_expires_at",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

session_client = sa.Table(
    "session_client",
    metadata,
    sa.Column(
        "session_id", sa.Text, sa.ForeignKey("session.id", ondelete="CASCADE"), primary_key=True
    ),
    _client_id(primary_key=True, index=True),
    sa.Column("first_at", Seconds, nullable=False),
)

logout_delivery = sa.Table(
    "logout_delivery",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _client_id(nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sid", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Seconds, index=True),
    sa.Column("delivered_at", Seconds),
    sa.Column("last_problem", sa.Text),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
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
    sa.Column("shown", sa.JSON(none_as_null=True)),
    sa.Column("single_use_digest", Digest),
    sa.Column("single_use_until", Seconds),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
    sa.Column("finished_at", Seconds),
)

consent = sa.Table(
    "consent",
    metadata,
    _account_id(primary_key=True),
    _client_id(primary_key=True, index=True),
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
    sa.Column("claims", sa.JSON),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
    sa.Column("ended_at", Seconds),
    sa.Column("ended_reason", sa.Text),
    *_status_place(),
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
    sa.Index("ix_authorization_status_list", "status_list"),
)

status_list = sa.Table(
    "status_list",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seed", sa.LargeBinary(32), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("closed_at", Seconds),
)

token_status = sa.Table(
    "token_status",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("changed_at", Seconds, nullable=False, index=True),
    sa.Column("expires_at", Seconds, nullable=False, index=True),
)

audience = sa.Table(
    "audience",
    metadata,
    sa.Column("identifier", sa.Text, primary_key=True),
    sa.Column("signing_alg", sa.Text),
    sa.Column("access_token_lifetime", sa.Integer),
    sa.Column("status_list", sa.Boolean),
    sa.Column("scope", sa.Text),
    sa.Column("token_format", sa.Text),
    sa.Column("created_at", Seconds, nullable=False),
    sa.Column("updated_at", Seconds, nullable=False),
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

refusal = sa.Table(
    "refusal",
    metadata,
    sa.Column("digest", Digest, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, index=True),
    sa.Column("client_id", sa.Text),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("networks", sa.JSON, nullable=False),
    sa.Column("began_at", Seconds, nullable=False),
    sa.Column("last_at", Seconds, nullable=False),
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

schema_support = sa.Table(
    "schema_support",
    metadata,
    sa.Column("oldest_revision", sa.Text, primary_key=True),
)

change_count = sa.Table(
    "change_count",
    metadata,
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)
