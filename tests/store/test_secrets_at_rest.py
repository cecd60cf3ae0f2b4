import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from provider.ambient import SystemEntropy, identifier
from provider.credentials import client_secret, opaque
from provider.keys.keyring import Keyring
from provider.keys.lifecycle import KeyPolicy
from provider.keys.rotation import open_key
from provider.keys.vault import Vault
from provider.model.client import Client
from provider.store import (
    accounts,
    authorization_codes,
    authorization_requests,
    authorizations,
    clients,
    keys,
    refresh_tokens,
    revoked_tokens,
    seen_jtis,
    sessions,
    throttles,
)
from provider.store.schema import metadata
from provider.store.unit_of_work import Engine, transaction
from tests.store.arrange import (
    DAY,
    HOUR,
    KEEP,
    NOW,
    a_secret,
    add_account,
    add_authorization,
    add_client,
    add_session,
)
from tests.support.clock import SettableClock

ENTROPY = SystemEntropy()
POLICY = KeyPolicy(keep_after=DAY, derivation_keep_after=DAY)
MASTER_KEY = b"the master key of this test only"

SECRET_WORDS = {"code", "cookie", "handle", "password", "secret", "token", "jti", "browser"}
NOT_SECRET = {
    "code_challenge", "code_expires_at", "code_redeemed_at", "access_token_lifetime",
    "token_format",
}  # fmt: skip
KEPT_OTHERWISE = {"password_hash", "password_changed_at"}


def _spellings(value: str) -> set[bytes]:
    """Return what would give `value` away: it, its random part, and that in other codes."""
    content = value.split("_", 2)[2] if value.startswith("signet_") else value
    raw = content.encode()
    decoded = urlsafe_b64decode(content + "=" * (-len(content) % 4))
    return {
        raw,
        decoded,
        decoded.hex().encode(),
        raw.hex().encode(),
        urlsafe_b64encode(raw).rstrip(b"="),
    }


def _dump(engine: Engine) -> bytes:
    """Return every value of every table, found by asking the database for its tables."""
    found = sa.MetaData()
    found.reflect(engine)
    values: list[bytes] = []
    with transaction(engine, read_only=True) as tx:
        for table in found.sorted_tables:
            for row in tx.execute(sa.select(table)):
                values.extend(_bytes(value) for value in row)
    return b"\n".join(values)


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value + b"\n" + value.hex().encode()
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@pytest.fixture
def vault() -> Vault:
    return Vault([MASTER_KEY], ENTROPY)


@pytest.fixture
def lived(engine: Engine, vault: Vault) -> dict[str, str]:
    """A database after a life, and the plain values of it by what they are."""
    values = {
        "code": opaque.new(ENTROPY, opaque.CODE),
        "handle": opaque.new(ENTROPY, opaque.HANDLE),
        "session cookie": opaque.new(ENTROPY, opaque.SESSION),
        "renewed cookie": opaque.new(ENTROPY, opaque.SESSION),
        "browser cookie": opaque.new(ENTROPY, opaque.BROWSER),
        "jti of an access token": identifier(ENTROPY),
        "jti of an assertion": identifier(ENTROPY),
        "name that was guessed": identifier(ENTROPY),
        "master key": urlsafe_b64encode(MASTER_KEY).decode(),
    }
    digests = {name: opaque.digest(value) for name, value in values.items()}
    app, signs = (Client(client_id=name, client_name=name) for name in ("app", "signs"))
    signs = replace(signs, id_token_signed_response_alg="HS256")
    values["client secret"], secret = client_secret.new(ENTROPY, vault, app, NOW)
    values["next client secret"], next_secret = client_secret.new(ENTROPY, vault, app, NOW)
    values["secret that is a key"], sealed = client_secret.new(ENTROPY, vault, signs, NOW)
    assert (secret.sealed, bool(sealed.sealed)) == (None, True)
    keyring = Keyring(partial(transaction, engine), vault, SettableClock(NOW), ENTROPY, POLICY)
    with transaction(engine) as tx:
        keyring.ensure(tx, NOW)
        add_client(tx, secrets=(secret,))
        clients.add_secret(tx, "app", next_secret)
        clients.expire_secrets(tx, "app", except_id=next_secret.id, expires_at=NOW + DAY)
        add_client(tx, "signs", secrets=(sealed,))
        add_account(tx)
        authorization_requests.add(
            tx, digest=digests["handle"], browser_digest=digests["browser cookie"],
            client_id="app",
            parameters={"scope": "openid"}, now=NOW, expires_at=NOW + HOUR,
        )  # fmt: skip
        session = add_session(tx)
        sessions.renew(tx, session, digests["session cookie"])
        sessions.renew(tx, session, digests["renewed cookie"])
        accounts.remember_browser(
            tx, "alice", digests["browser cookie"], now=NOW, expires_at=NOW + DAY
        )
        name = identifier(ENTROPY)
        add_authorization(tx, name, code=digests["code"])
    with transaction(engine) as tx:
        client = clients.find(tx, "app")
        assert client is not None
        for generation in range(3):
            kid = keyring.active_derivation_kid(NOW)
            mac = keyring.derive_with(kid, name.encode() + bytes([generation]))
            assert mac is not None
            values[f"refresh token {generation}"] = urlsafe_b64encode(mac).decode()
            if generation == 0:
                authorization_codes.redeem(
                    tx, digests["code"], client, now=NOW, keep_for=KEEP,
                    derivation_kid=kid, idle_lifetime=DAY,
                )  # fmt: skip
            else:
                refresh_tokens.rotate(
                    tx, name, client, generation=generation - 1,
                    derivation_kid=kid, now=NOW, idle_lifetime=DAY,
                )  # fmt: skip
        revoked_tokens.add(tx, digests["jti of an access token"], NOW + HOUR)
        seen_jtis.use(tx, digests["jti of an assertion"], NOW + HOUR)
        throttles.count_failure(
            tx, digests["name that was guessed"], now=NOW, expires_at=NOW + HOUR
        )
        found = authorizations.find(tx, name)
        assert found is not None
        assert found.family is not None
        assert found.family.generation == 2
    return values


def test_no_opaque_value_can_be_read_from_the_database(
    engine: Engine, lived: dict[str, str]
) -> None:
    dump = _dump(engine)
    assert opaque.digest(lived["code"]) in dump
    given_away = {
        name for name, value in lived.items() for spelling in _spellings(value) if spelling in dump
    }
    assert given_away == set()


def test_no_key_can_be_read_from_the_database(
    engine: Engine, vault: Vault, lived: dict[str, str]
) -> None:
    dump = _dump(engine)
    with transaction(engine) as tx:
        stored = keys.all_keys(tx)
    assert {key.purpose for key in stored} == {"sign", "derive", "encrypt", "subject"}
    opened = [open_key(vault, key) for key in stored]
    assert [key for key in opened if isinstance(key, bytes) and key in dump] == []
    assert b"PRIVATE" not in dump
    private = {"d", "p", "q", "dp", "dq", "qi", "k"}
    assert [key.kid for key in stored if private & set(key.public or {})] == []


def test_no_opaque_value_can_be_read_from_the_files_of_sqlite(
    sqlite_url: str, request: pytest.FixtureRequest
) -> None:
    plain = "signet_secret_" + "x" * 43
    engine = sa.create_engine(sqlite_url)
    folder = Path(str(engine.url.database)).parent
    with transaction(engine) as tx:
        add_client(tx, secrets=(a_secret("1", digest=opaque.digest(plain)),))
        files = [file.read_bytes() for file in folder.iterdir() if file.is_file()]
    engine.dispose()
    assert all(plain.encode() not in content for content in files)


def test_what_is_secret_has_a_column_for_its_digest_only() -> None:
    suspicious = {
        f"{table.name}.{column.name}": column
        for table in metadata.sorted_tables
        for column in table.columns
        if SECRET_WORDS & set(column.name.split("_")) and column.name not in NOT_SECRET
    }
    kept = {name for name in suspicious if name.rpartition(".")[2] not in KEPT_OTHERWISE}
    assert kept == {
        "authorization.code_digest",
        "authorization_request.browser_digest",
        "known_browser.browser_digest",
    }


def test_a_column_for_a_digest_holds_32_bytes() -> None:
    digests = [
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("digest")
    ]
    assert len(digests) >= 8
    for column in digests:
        assert isinstance(column.type, sa.LargeBinary)
        assert column.type.length == sha256().digest_size
