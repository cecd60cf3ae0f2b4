"""What the demo's database holds: keys, one account with every standard claim, and two
clients. Made where missing, so a second start finds everything as it was."""

from dataclasses import replace
from typing import Any

from provider.ambient import identifier
from provider.authenticators.password import hash_password, is_right
from provider.cli.demo_folder import APPLICATION, EXPORT, USERNAME, Folder
from provider.cli.operating import operating
from provider.context import Context
from provider.credentials import client_secret, opaque
from provider.model.account import Account
from provider.model.client import Client, ClientPolicy
from provider.settings import Settings
from provider.store import accounts, clients, migration


def fill(settings: Settings, folder: Folder, *, app: str, api: str) -> None:
    """Bring the database to its schema, and make the keys, the account and the clients."""
    migration.migrate(settings.database_url)
    with operating(settings) as ctx:
        ctx.keyring.ensure(ctx.tx, ctx.now)
        _ensure_account(ctx, folder.secret("password"))
        _ensure_client(ctx, _application(app, api), folder.secret("client_secret"))
        _ensure_client(ctx, _export(api), folder.secret("export_secret"))


def _ensure_account(ctx: Context, password: str) -> None:
    found = accounts.find_by_login(ctx.tx, USERNAME)
    if found is None:
        account = Account(
            id=identifier(ctx.entropy),
            username=USERNAME,
            email="demo@example.com",
            password_hash=hash_password(password),
            claims=_claims(ctx.now),
        )
        accounts.add(ctx.tx, account, ctx.now)
    elif not is_right(found.password_hash, password):
        accounts.set_password_hash(ctx.tx, found.id, hash_password(password), ctx.now)


def _ensure_client(ctx: Context, wanted: Client, secret: str) -> None:
    found = clients.find(ctx.tx, wanted.client_id)
    if found is None:
        clients.add(ctx.tx, wanted, ctx.now)
    elif found.to_metadata() != wanted.to_metadata():
        clients.replace(ctx.tx, wanted, ctx.now)
    if found is None or not client_secret.is_right(found, secret, ctx.now):
        _, kept = client_secret.new(ctx.entropy, ctx.provider.vault, wanted, ctx.now)
        clients.add_secret(ctx.tx, wanted.client_id, replace(kept, digest=opaque.digest(secret)))


def _application(app: str, api: str) -> Client:
    return Client(
        client_id=APPLICATION,
        client_name="Fieldnotes",
        redirect_uris=(f"{app}/callback",),
        post_logout_redirect_uris=(f"{app}/signed-out",),
        # implicit stands for the ID token beside the code of the hybrid flow; that it leads to
        # plain http is for this machine's own addresses only.
        grant_types=("authorization_code", "refresh_token", "implicit"),
        response_types=("code", "code id_token"),
        scope="openid profile email offline_access notes:read notes:write",
        frontchannel_logout_uri=f"{app}/frontchannel-logout",
        frontchannel_logout_session_required=True,
        backchannel_logout_uri=f"{app}/backchannel-logout",
        backchannel_logout_session_required=True,
        client_uri=app,
        logo_uri=f"{app}/static/fieldnotes.svg",
        policy_uri=f"{app}/privacy",
        tos_uri=f"{app}/terms",
        policy=ClientPolicy(resources=(api,), require_pkce=True),
    )


def _export(api: str) -> Client:
    return Client(
        client_id=EXPORT,
        client_name="Fieldnotes export",
        grant_types=("client_credentials",),
        response_types=(),
        scope="notes:read",
        policy=ClientPolicy(resources=(api,)),
    )


def _claims(now: int) -> dict[str, Any]:
    """Every standard claim of OpenID Connect Core §5.1, of nobody."""
    return {
        "name": "Demo Account",
        "given_name": "Demo",
        "family_name": "Account",
        "middle_name": "Example",
        "nickname": "Demo",
        "preferred_username": USERNAME,
        "profile": "https://example.com/demo",
        "picture": "https://example.com/demo.png",
        "website": "https://example.com/",
        "gender": "unspecified",
        "birthdate": "2000-01-01",
        "zoneinfo": "Etc/UTC",
        "locale": "en",
        "updated_at": now,
        "email": "demo@example.com",
        "email_verified": True,
        "phone_number": "+12025550123",
        "phone_number_verified": True,
        "address": {
            "formatted": "1 Example Street\nSampleton, EX 00000\nUtopia",
            "street_address": "1 Example Street",
            "locality": "Sampleton",
            "region": "EX",
            "postal_code": "00000",
            "country": "Utopia",
        },
    }
